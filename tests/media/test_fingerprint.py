"""Hashes of pictures and films: the same in other clothes is the same, anything else is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from looks import black, film, grey, held, jpeg, letterboxed, picture, recoded, shots
from PIL import Image, ImageEnhance

from mam.media.fingerprint import (
    ASKED,
    SIDE,
    Film,
    alike,
    compare,
    distance,
    film_keys,
    hash_film,
    hash_picture,
    near_picture_keys,
    pack,
    picture_keys,
    unpack,
)

SOME = 25


def _cropped(image: Image.Image) -> Image.Image:
    wide, high = image.size
    return image.crop((round(wide * 0.02), round(high * 0.02), round(wide * 0.98), round(high * 0.98)))


def _framed(image: Image.Image) -> Image.Image:
    out = Image.new("RGB", (image.width, image.height + 160))
    out.paste(image, (0, 80))
    return out


CLOTHES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg": lambda image: jpeg(image, 40),
    "small": lambda image: image.resize((160, 90)),
    "stretched": lambda image: image.resize((500, 500)),
    "cropped": _cropped,
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.25),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "framed": _framed,
    "all": lambda image: jpeg(_cropped(ImageEnhance.Brightness(image).enhance(1.1).resize((320, 180)))),
}


@pytest.mark.parametrize("name", sorted(CLOTHES))
def test_a_picture_in_other_clothes_is_the_same(name: str) -> None:
    missed = [
        seed
        for seed in range(SOME)
        if alike(hash_picture(grey(picture(seed))), hash_picture(grey(CLOTHES[name](picture(seed))))) is None
    ]
    assert missed == []


def test_other_pictures_are_not_the_same() -> None:
    """None of 19 900 pairs."""
    hashes = [hash_picture(grey(picture(seed))) for seed in range(200)]
    wrong = [
        (one, other)
        for one in range(200)
        for other in range(one)
        if alike(hashes[one], hashes[other]) is not None
    ]
    assert wrong == []


def test_what_shows_nothing_is_like_nothing() -> None:
    """Black, white, flat, faint noise, a ramp and test bars."""
    bars = np.repeat(np.array([235, 210, 170, 145, 105, 80, 41, 16], np.uint8), SIDE // 8)
    noise = np.random.default_rng(1).integers(100, 104, (SIDE, SIDE)).astype(np.uint8)
    smpte = np.tile(bars, (SIDE, 1))
    smpte[SIDE * 2 // 3 :] = bars[::-1]
    blank = [np.full((SIDE, SIDE), level, np.uint8) for level in (0, 16, 128, 255)]
    for frame in (*blank, noise, np.tile(bars, (SIDE, 1)), smpte, np.tile(bars, (SIDE, 1)).T):
        found = hash_picture(frame)
        assert found.tolist() == [0, 0]
        assert alike(found, found) is None


def test_a_picture_is_found_by_its_keys_up_to_eleven_bits() -> None:
    chance = np.random.default_rng(2)
    value = int(hash_picture(grey(picture(3)))[0])
    asked = set(near_picture_keys(value))
    for bits in range(12):
        for _ in range(50):
            turned = chance.choice(64, bits, replace=False)
            near = value ^ sum(1 << int(bit) for bit in turned)
            assert asked & set(picture_keys(near)), bits


def test_hashes_are_stored_whole() -> None:
    hashes = hash_film(shots(1, 2))
    assert np.array_equal(unpack(pack(hashes)), hashes)
    assert unpack(b"").tolist() == []
    assert int(distance(hashes[0], hashes[0])) == 0


# --- films --------------------------------------------------------------------------------------------------

ONE, OTHER = shots(1, 20), shots(2, 20)


@pytest.mark.parametrize(
    ("copy", "offset"),
    [
        pytest.param(lambda: film(ONE), 0.0, id="itself"),
        pytest.param(lambda: film(recoded(ONE)), 0.0, id="recoded"),
        pytest.param(lambda: film(letterboxed(recoded(ONE))), 0.0, id="letterboxed"),
        pytest.param(lambda: film(shots(1, 10, start=6.0)), 6.0, id="trimmed"),
        pytest.param(lambda: film(recoded(shots(1, 10, start=6.13))), 6.13, id="trimmed between samples"),
        pytest.param(lambda: film(shots(1, 20, 0.5), 0.5), 0.0, id="sampled more coarsely"),
        pytest.param(lambda: film(recoded(shots(1, 12, 1.0, start=5.4)), 1.0), 5.4, id="coarse and trimmed"),
        pytest.param(lambda: film(np.concatenate([black(10), ONE])), -10.0, id="with black before it"),
        pytest.param(
            lambda: film(np.concatenate([held(grey(picture(9)), 10), ONE])), -10.0, id="with a slate"
        ),
        pytest.param(lambda: film(np.concatenate([ONE, black(10)])), 0.0, id="with black after it"),
    ],
)
def test_a_film_in_other_clothes_is_the_same(copy: Callable[[], Film], offset: float) -> None:
    one, other = film(ONE), copy()
    there, back = compare(one, other), compare(other, one)
    assert there is not None
    assert back is not None
    assert there.score > 0.9
    assert there.offset == pytest.approx(offset, abs=0.3)
    assert back.offset == -there.offset
    assert set(film_keys(one.hashes)) & set(film_keys(other.hashes, ASKED))


@pytest.mark.parametrize("seconds", [4, 20])
@pytest.mark.parametrize("leader", ["black", "slate", "moving"])
def test_a_leader_fools_nobody(leader: str, seconds: int) -> None:
    """Two films with the same ten seconds before them are two films."""
    before = {"black": black(10), "slate": held(grey(picture(9)), 10), "moving": shots(9, 3)}[leader]
    count = seconds * 4
    one = film(np.concatenate([before, ONE[:count]]))
    other = film(np.concatenate([before, OTHER[:count]]))
    assert compare(one, other) is None
    if leader != "moving":  # a clip of what moves is a part of the film, however short
        assert compare(one, film(before)) is None


def test_other_films_are_not_the_same() -> None:
    """None of 153 pairs of 12 seconds."""
    films = [film(shots(seed, 12, 0.5), 0.5) for seed in range(20, 38)]
    assert [(a, b) for a in range(18) for b in range(a) if compare(films[a], films[b])] == []


def test_lengths_count_where_nothing_moves() -> None:
    still = held(grey(picture(4)), 8)
    assert compare(film(still), film(recoded(still))) is not None
    assert compare(film(still), film(still[:8])) is None
    assert compare(film(still), film(np.concatenate([still, ONE]))) is None


def test_blank_and_empty_films_are_like_nothing() -> None:
    empty = Film(np.zeros(0, np.uint64), 1.0, 0.0)
    for one in (empty, film(black(5))):
        for other in (empty, film(black(5)), film(ONE)):
            assert compare(one, other) is None
    assert film_keys(empty.hashes) == film_keys(film(black(5)).hashes) == []
