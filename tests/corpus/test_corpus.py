"""Every film, sound, broken and hostile file of the corpus through a whole box ends as expected.

The corpus lies beside the checkout; its manifest names verdict and facts of each file. Pictures and documents
have a test of their own.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hostile import disguised
from media_helpers import Canary
from whole_box import Settled, WholeBox, largest_child

from mam.errors import EmptyFileError

CORPUS = Path(__file__).parents[3] / "shared" / "media"
FOLDERS = ("video", "audio", "gen_video", "gen_audio", "corrupt", "hostile", "other")
CANARY_PORT = 39_997  # the corpus' hostile files point there, on loopback
MOST_SECONDS = 120  # the promise says 60 on an idle machine
MOST_MEMORY = 2 << 30
CODES = {"source_corrupt", "source_rejected", "source_timeout", "source_too_large", "source_encrypted"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not beside this checkout"),
]


def rows() -> list[dict[str, str]]:
    """The manifest's rows of these folders."""
    manifest = CORPUS / "MANIFEST.tsv"
    lines = manifest.read_text(encoding="utf-8").splitlines() if manifest.exists() else []
    table = [dict(zip(lines[0].split("\t"), line.split("\t"), strict=False)) for line in lines[1:]]
    return [row for row in table if row["file"].split("/")[0] in FOLDERS and not row["file"].endswith("/")]


def names() -> list[str]:
    """Awkward names, as they lie on disk."""
    folder = CORPUS / "names"
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".json") if folder.exists() else []


@pytest.fixture(scope="module")
def nobody_calls() -> Iterator[None]:
    """The port that the hostile files point at listens, and hears nothing."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", CANARY_PORT))
        server.listen()
        server.setblocking(False)
        yield
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.usefixtures("nobody_calls")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["file"])
def test_what_was_expected_of_a_file_happens(whole_box: WholeBox, row: dict[str, str]) -> None:
    """Promises B1, B2, B5-B9, B13, B14: verdict, facts, bounds; nothing hangs, nothing is retried."""
    # When the file goes in as any other
    try:
        done = whole_box.settle(CORPUS / row["file"])
    except EmptyFileError:
        assert row["expected"].startswith("REJECT")
        assert row["bytes"] == "0"
        return
    # Then it settled as expected, in bounds, with a reason where it has no preview
    assert done.status in expected(row["expected"]), (done.preview, row["expected"])
    assert_in_bounds(done)
    assert_has_a_reason(done)
    if done.status == "ready" and row["facts"] and row["expected"].startswith("ACCEPT:"):
        assert facts_of(done) == recorded(row["facts"])


def test_no_trap_opens_another_tenants_film(whole_box: WholeBox, tmp_path: Path) -> None:
    """Promises B1 and B2: every list of other files is refused at once; the film it names is never opened."""
    # Given a film of another tenant beside the uploads that tells when it is opened, and a port that listens
    canary = Canary(tmp_path / "original.ts", b"\x47" + bytes(187))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        traps = disguised(canary.path, server.getsockname()[1])
        # When films come in that name both
        for name, content in traps.items():
            (tmp_path / name).write_bytes(content)
            done = whole_box.settle(tmp_path / name)
            # Then each is refused, and nobody was asked
            assert (done.status, done.code) == ("failed", "source_rejected"), name
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not canary.sang()
    canary.path.read_bytes()
    assert canary.sang(), "the canary itself does not work"
    canary.close()


@pytest.mark.parametrize("name", names(), ids=ascii)
def test_an_awkward_name_is_only_a_name(whole_box: WholeBox, name: str) -> None:
    """Promise A13, B4: the film is shown whatever it is called."""
    done = whole_box.settle(CORPUS / "names" / name, name)
    assert done.status == "ready"
    assert_in_bounds(done)


def test_every_child_had_our_arguments(whole_box: WholeBox) -> None:
    """Promise B4: each reader of an upload is told our name for it, both whitelists, nothing of a user's."""
    whole_box.children.clear()
    done = whole_box.settle(CORPUS / "gen_video" / "sg_two_lang_audio.mkv", "-rf $(id) %03d.mkv")
    assert done.status == "ready"
    readers = [
        argv for argv in whole_box.children if any("/ffmpeg" in word or "/ffprobe" in word for word in argv)
    ]
    uploads = [argv for argv in readers if "file:/in/src" in argv]
    assert len(uploads) >= 3  # probe, encode, poster
    for argv in readers:
        inputs = [at for at, word in enumerate(argv) if word == "-i" and argv[at + 1].startswith("file:")]
        assert all(argv[at + 1] == "file:/in/src" for at in inputs), argv
        assert argv.count("-protocol_whitelist") >= len(inputs) <= argv.count("-format_whitelist"), argv
        assert not any("-rf $(id)" in word or "http" in word for word in argv), argv


def expected(verdict: str) -> set[str]:
    """The states that a manifest's verdict allows."""
    word = re.split(r"[:;,( ]", verdict, maxsplit=1)[0]
    if word == "ACCEPT" and " or STORE-ONLY" in verdict:
        return {"ready", "unsupported"}
    if word == "REJECT" and " or " in verdict:
        return {"failed", "ready"}
    allowed = {
        "ACCEPT": {"ready"},
        "STORE-ONLY": {"unsupported"},
        "REJECT": {"failed"},
        "ACCEPT-PARTIAL": {"ready", "failed"},
        "BOUNDED": {"ready", "failed", "unsupported"},
        "INERT": {"ready", "failed", "unsupported"},
    }
    return allowed[word]


def assert_in_bounds(done: Settled) -> None:
    assert done.seconds < MOST_SECONDS
    assert largest_child() < MOST_MEMORY
    assert {job.state for job in done.jobs} <= {"done"}, [
        (job.kind, job.state, job.error_code) for job in done.jobs
    ]
    assert all(job.attempts <= 1 for job in done.jobs)
    assert not psutil.Process().children(recursive=True) or all(
        "ffmpeg" not in child.name() and "ffprobe" not in child.name()
        for child in psutil.Process().children(True)
    )


def assert_has_a_reason(done: Settled) -> None:
    if done.status == "failed":
        assert done.code in CODES
        assert done.preview["error"]["detail"].endswith(".")
    if done.status == "unsupported":
        assert done.media["note"]


def recorded(facts: str) -> dict[str, object]:
    """The manifest's facts, as ffprobe was seen to tell them."""
    told: dict[str, object] = {"audio": [], "tc": None}
    for part in facts.split("; "):
        if part.startswith("v:"):
            codec, size, pixels, *rest = part[2:].split()
            told |= {"video": (codec, size, pixels)}
            told |= dict(word.split("=") for word in rest if not word.startswith(("avg", "tc")))
        elif part.startswith("a:"):
            told["audio"] = [*told["audio"], tuple(part[2:].split()[:2])]  # type: ignore[misc]
        elif part.startswith("fmt="):
            told |= dict(word.split("=") for word in part.split())
    told["dur"] = float(str(told["dur"]))
    timecode = re.search(r"tc=([\d:;]{11})", facts)
    return told | {"tc": timecode[1] if timecode else None}


def facts_of(done: Settled) -> dict[str, object]:
    """Our facts in the same words."""
    media, video = done.media, done.media["video"]
    told: dict[str, object] = {
        "fmt": media["format"],
        "dur": media["duration"],
        "tc": media["start_timecode"],
        "audio": [(track["codec"], f"{track['channels']}ch") for track in media["audio_tracks"]],
    }
    if video is None:
        return told
    told["video"] = (video["codec"], f"{video['coded_width']}x{video['coded_height']}", video["pixel_format"])
    told["r"] = media["frame_rate"]
    told |= {"field": video["field_order"]} if video["field_order"] != "progressive" else {}
    told |= {"trc": video["color"]["transfer"]} if video["hdr"] else {}
    turns = {90: "-90", 180: "-180", 270: "90"}
    return told | ({"rotation": turns[video["rotation"]]} if video["rotation"] else {})


def test_the_manifest_is_whole() -> None:
    """The files that the manifest names are there; a lost corpus does not pass for a good one."""
    found = rows()
    assert len(found) > 100
    assert all((CORPUS / row["file"]).exists() for row in found)
    json.loads((CORPUS / "hostile_names.json").read_text(encoding="utf-8"))
