"""What is made of a wish for a picture: few sizes, few qualities, the format by Accept."""

from __future__ import annotations

import itertools

import pytest

from mam.media.stills import MAX_NUMBER, SIZES, Pointer, accepted, film_still, snap, wanted


@pytest.mark.parametrize(
    ("asked", "made"),
    [(1, 64), (64, 64), (65, 128), (1280, 1280), (1281, 1600), (3841, 3840), (99_999, 3840)],
)
def test_sides_are_rounded_up_to_a_size_that_is_made(asked: int, made: int) -> None:
    assert snap(asked) == made
    assert (wanted(w=asked).width, wanted(w=asked).height) == (made, None)
    assert (wanted(h=asked).width, wanted(h=asked).height) == (None, made)


@pytest.mark.parametrize(
    ("box", "made"),
    [
        ((300, 200), (320, 213)),
        ((200, 300), (213, 320)),
        ((480, 270), (480, 270)),
        ((1000, 1000), (1280, 1280)),
        ((99_999, 1), (3840, 80)),
    ],
)
def test_a_box_keeps_its_shape(box: tuple[int, int], made: tuple[int, int]) -> None:
    found = wanted(w=box[0], h=box[1], fit="cover")
    assert (found.width, found.height, found.fit) == (*made, "cover")


def test_strangers_choose_among_few_pictures() -> None:
    # Given every width, and boxes of every shape of one size
    names = {wanted(w=side).name for side in range(1, 5000)}
    boxes = {wanted(w=1280, h=side, fit="cover").name for side in range(1, 1281)}
    qualities = {wanted(w=100, q=q).quality for q in range(1, 101)}
    # Then few different pictures come of them
    assert len(names) == len(SIZES)
    assert len(boxes) == 48
    assert len(qualities) == 6


def test_one_side_alone_needs_no_fit() -> None:
    assert wanted(w=640, fit="cover").name == wanted(w=640).name == wanted(w=600, fit="fill").name


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("image/avif,image/webp,image/apng,*/*;q=0.8", "avif"),
        ("image/webp, image/*", "webp"),
        ("IMAGE/WebP;q=0.5", "webp"),
        ("image/avif;q=0, image/webp;q=0.000", "jpeg"),
        ("image/*, */*", "jpeg"),
        ("", "jpeg"),
        (";,;q=,\x00", "jpeg"),
    ],
)
def test_the_format_is_the_best_that_is_named(accept: str, chosen: str) -> None:
    assert accepted(accept) == chosen
    found = wanted(w=64, accept=accept)
    assert (found.format, found.negotiated) == (chosen, True)
    assert not wanted(w=64, f="jpeg", accept=accept).negotiated


def test_every_number_within_bounds_is_taken() -> None:
    for w, h, q in itertools.product((1, MAX_NUMBER), repeat=3):
        found = wanted(w=w, h=h, q=q, fit="fill", f="avif")
        assert found.width in range(1, 3841)
        assert found.height in range(1, 3841)
        assert found.quality in (40, 90)


def test_the_pointer_names_pages_that_are_there() -> None:
    pointer = Pointer.parse(Pointer("g-1", 2).text().encode())
    assert pointer is not None
    assert [pointer.source(page) for page in (1, 2, 3)] == ["g-1/picture-1.jpg", "g-1/picture-2.jpg", None]


@pytest.mark.parametrize(
    ("digest", "known"), [("0f" * 32, "0f" * 32), ("", ""), ("../x", ""), ("0F" * 32, "")]
)
def test_a_pointer_says_the_hash_of_its_first_picture_or_nothing(digest: str, known: str) -> None:
    pointer = Pointer.parse(Pointer("g-1", 2, digest=digest).text().encode())
    assert pointer is not None
    assert [pointer.known(page) for page in (1, 2)] == [known, ""]


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{}", b"\xff", b'{"generation": "../x", "pages": 1}', b'{"generation": "g", "pages": "1"}'],
)
def test_a_pointer_of_another_form_points_nowhere(text: bytes) -> None:
    assert Pointer.parse(text) is None


def test_the_still_of_a_film_lies_beside_its_rungs() -> None:
    assert film_still(b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ng1/720/index.m3u8\n") == "g1/poster.jpg"
    assert film_still(b"#EXTM3U\n") is None
    assert film_still(b"../x/y\n") is None
