"""Pictures and films made of shapes, for tests of fingerprints: as different as their numbers."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image, ImageDraw

from mam.media.fingerprint import SIDE, Film, Frames, hash_film


def picture(seed: int, width: int = 640, height: int = 360, moment: float = 0.0) -> Image.Image:
    """Shapes in colours; some of them move with `moment` (seconds)."""
    chance = random.Random(seed)  # noqa: S311 - pictures, not secrets
    colour = lambda: tuple(chance.randrange(256) for _ in range(3))  # noqa: E731
    image = Image.new("RGB", (width, height), colour())
    draw = ImageDraw.Draw(image)
    for _ in range(chance.randrange(6, 24)):
        speed = chance.uniform(-0.1, 0.1) * width
        x, y = chance.randrange(width) + speed * moment, chance.randrange(height)
        wide, high = chance.randrange(20, width // 2), chance.randrange(20, height // 2)
        shape = draw.ellipse if chance.random() < 0.5 else draw.rectangle
        shape((x - wide / 2, y - high / 2, x + wide / 2, y + high / 2), fill=colour())
    return image


def grey(image: Image.Image) -> Frames:
    """As fingerprints are made of."""
    return np.asarray(image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX))


def jpeg(image: Image.Image, quality: int = 40) -> Image.Image:
    """Written and read again."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue()))


def shots(seed: int, seconds: float, step: float = 0.25, start: float = 0.0) -> Frames:
    """A film of shots of 2 s each, sampled every `step` seconds from `start` on."""
    moments = np.arange(start, start + seconds - 1e-6, step)
    return np.stack([grey(picture(1000 * seed + int(at // 2), 320, 180, at % 2)) for at in moments])


def film(frames: Frames, step: float = 0.25) -> Film:
    """The fingerprint of those pictures."""
    return Film(hash_film(frames), step, len(frames) * step)


def held(frame: Frames, seconds: float, step: float = 0.25) -> Frames:
    """One picture that stands for so long."""
    return np.repeat(frame[np.newaxis], round(seconds / step), axis=0)


def black(seconds: float, step: float = 0.25) -> Frames:
    """A leader with nothing on it."""
    return held(np.zeros((SIDE, SIDE), np.uint8), seconds, step)


def letterboxed(frames: Frames) -> Frames:
    """The same in a black frame."""
    out = np.zeros_like(frames)
    for number, frame in enumerate(frames):
        out[number, 16:112] = np.asarray(Image.fromarray(frame).resize((SIDE, 96)))
    return out


def recoded(frames: Frames, quality: int = 30) -> Frames:
    """The same, compressed hard and a little brighter."""
    made = [
        jpeg(Image.fromarray(np.clip(frame * 1.08 + 4, 0, 255).astype(np.uint8)), quality) for frame in frames
    ]
    return np.stack([np.asarray(one.convert("L")) for one in made])
