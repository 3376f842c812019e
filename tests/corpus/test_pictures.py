"""The shared corpus's pictures and documents, damaged and hostile ones too, through a whole box."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import pyvips
from whole_box import Settled, WholeBox

MEDIA = Path(__file__).parents[3] / "shared" / "media"
MANIFEST = MEDIA / "MANIFEST.tsv"
LINES = MANIFEST.read_text().splitlines()[1:] if MANIFEST.exists() else []
ROWS = [line.split("\t") for line in LINES]
EXPECTED = {row[0]: row[4] for row in ROWS}
FACTS = {row[0]: row[-1] for row in ROWS}
SECONDS = 60

# A header alone, of 2**32-1 rows: accepted and kept, and there is nothing of it to show.
NO_PICTURE = {"image/psd-large-bytecounts.psd"}
LOCKED = {"document/r6-user-password.pdf"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not ROWS, reason="the shared corpus is not beside the checkout"),
]


def named(pattern: str) -> list[str]:
    return sorted(name for name in FACTS if re.fullmatch(pattern, name))


def large(settled: Settled, page: int = 1) -> pyvips.Image:
    """The picture that every size is made of."""
    key = f"{settled.version.id}/{settled.version.preview_generation}/picture-{page}.jpg"
    with settled.mam.storage.open("previews", key) as file:
        return pyvips.Image.new_from_buffer(file.read(), "").copy_memory()


@pytest.mark.parametrize("name", [one for one in named("image/.*") if one not in NO_PICTURE])
def test_every_picture_is_shown(whole_box: WholeBox, name: str) -> None:
    """Issue 3, item 1; promise B12: each has a clean picture of its size."""
    # When it goes in
    settled = whole_box.settle(MEDIA / name)
    # Then it has a poster and a picture that tells nothing but itself
    assert (settled.status, settled.code) == ("ready", "")
    assert settled.kind == ("document" if name.endswith(".pdf") else "image")
    assert settled.version.blurhash
    picture = large(settled)
    assert not [one for one in picture.get_fields() if one.startswith(("exif", "xmp", "iptc", "icc"))]
    # And the facts are those of the manifest, turned where EXIF says so
    size = re.search(r" ([1-9]\d*)x([1-9]\d*) ", FACTS[name])
    if size and settled.kind == "image":
        known = {int(size[1]), int(size[2])}
        assert {settled.media["width"], settled.media["height"]} == known
        scale = min(1.0, 3840 / max(known))
        assert abs(max(picture.width, picture.height) - max(known) * scale) <= 1


@pytest.mark.parametrize("name", sorted(NO_PICTURE & FACTS.keys()))
def test_a_header_without_a_picture_is_kept(whole_box: WholeBox, name: str) -> None:
    """Promise B14: it is accepted, and the note says that there is no picture."""
    settled = whole_box.settle(MEDIA / name)
    assert (settled.status, settled.kind) == ("unsupported", "image")
    assert "no picture" in settled.media["note"]


def test_all_orientations_equal_each_other(whole_box: WholeBox) -> None:
    """Promise B12: turned once, not twice."""
    upright = large(whole_box.settle(MEDIA / "image/hopper.jpg"))
    for turn in range(2, 9):
        turned = large(whole_box.settle(MEDIA / f"image/hopper_orientation_{turn}.jpg"))
        assert (turned.width, turned.height) == (upright.width, upright.height)
        assert (turned.cast("int") - upright.cast("int")).abs().avg() < 12


def test_pages_are_counted(whole_box: WholeBox) -> None:
    for name, pages in {"multipage_rgb.tif": 2, "sample.tif": 2, "zPug_3.heic": 3}.items():
        settled = whole_box.settle(MEDIA / "image" / name)
        assert settled.media["pages"] == pages
        assert large(settled, pages).width


@pytest.mark.parametrize("name", named("document/.*"))
def test_every_document_is_shown_or_says_why_not(whole_box: WholeBox, name: str) -> None:
    """Issue 3, item 1; promise B14."""
    settled = whole_box.settle(MEDIA / name)
    assert settled.kind == "document"
    if name.endswith(".pdf") and name not in LOCKED:
        assert settled.status == "ready"
        assert settled.media["pages"] >= 1
        assert large(settled, settled.media["pages"]).width > 500
    else:
        assert settled.status == "unsupported"
        assert settled.media["note"]


@pytest.mark.parametrize("name", named("corrupt/.*\\.(png|jpe?g|bin|fli)"))
def test_damage_ends_in_a_picture_or_a_reason(whole_box: WholeBox, name: str) -> None:
    """Promises B5, B11: any clear verdict, in time."""
    settled = whole_box.settle(MEDIA / name)
    assert settled.status in {"ready", "failed", "unsupported"}
    assert settled.status == "ready" or settled.code or settled.media["note"]
    assert settled.seconds < SECONDS


@pytest.mark.parametrize("name", named(r"hostile/(?!s_zero).*\.(png|jpe?g|gif|svg|pdf|docx|zip)"))
def test_hostile_pictures_and_archives_stay_harmless(whole_box: WholeBox, name: str) -> None:
    """Promises B1, B5, B8: refused with a reason, or shown without what they asked for; never tried again."""
    settled = whole_box.settle(MEDIA / name)
    assert settled.status in {"ready", "failed", "unsupported"}
    assert settled.status != "failed" or settled.code.startswith("source_")
    assert [job.attempts for job in settled.jobs if job.kind == "examine"] == [1]
    assert settled.seconds < SECONDS
    if EXPECTED[name].startswith("REJECT") and " or " not in EXPECTED[name]:
        assert settled.status == "failed"


def test_a_half_photo_is_shown_and_flagged(whole_box: WholeBox) -> None:
    settled = whole_box.settle(MEDIA / "hostile/s_jpeg_truncated.jpg")
    assert settled.status == "ready"
    assert "damaged" in settled.media["note"]
