"""Decoded samples as a picture of libvips: rows of numbers with a meaning and a colour profile.

Copies nothing that is whole already. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_FORMATS = {"uint8": "uchar", "uint16": "ushort", "float32": "float"}
_GREY = 2  # bands of grey with transparency
_PLAIN = {"uint8": ("b-w", "srgb"), "uint16": ("grey16", "rgb16"), "float32": ("b-w", "scrgb")}
_LOWEST, _HIGHEST = 0.5, 99.5  # percentiles that are black and white where numbers are data, not light
_SAMPLES = 1_000_000
_REC709 = np.array((0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290))
_BRADFORD = np.array(((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296)))
_SAME = 0.001


def to_vips(pyvips: Any, samples: np.ndarray, *, meaning: str = "", profile: bytes = b"") -> Any:
    """Rows of samples (height, width, bands) of 8 or 16 bits or 32 bit floats as an image.

    `meaning` is libvips' interpretation where it is not plain grey or RGB; floats are linear light then.
    """
    rows = np.ascontiguousarray(samples if samples.ndim > _GREY else samples[:, :, None])
    height, width, bands = rows.shape
    grey, colour = _PLAIN[rows.dtype.name]
    image = pyvips.Image.new_from_memory(rows.data, width, height, bands, _FORMATS[rows.dtype.name])
    image = image.copy(interpretation=meaning or (grey if bands <= _GREY else colour))
    if profile:
        image.set_type(pyvips.GValue.blob_type, "icc-profile-data", profile)
    return image


def stretched(samples: np.ndarray) -> np.ndarray:
    """Numbers that are data rather than light (heights, depths, counts) as 8 bits, darkest to lightest."""
    finite = np.nan_to_num(samples.astype(np.float32, copy=False), posinf=0.0, neginf=0.0)
    some = finite.ravel()[:: max(1, finite.size // _SAMPLES)]
    low, high = (float(one) for one in np.percentile(some, (_LOWEST, _HIGHEST)))
    if high <= low:
        low, high = float(some.min()), float(some.max())
    scale = 255.0 / (high - low) if high > low else 0.0
    return ((np.clip(finite, low, high) - low) * scale).astype(np.uint8)


def is_light(samples: np.ndarray) -> bool:
    """Whether floats look like light: not below nothing, not far beyond the sun on chrome."""
    some = samples.ravel()[:: max(1, samples.size // _SAMPLES)]
    finite = some[np.isfinite(some)]
    if not finite.size:
        return True
    low, high = (float(one) for one in np.percentile(finite, (1, 90)))
    return low > -0.1 and high <= 16.0  # noqa: PLR2004 - four stops over white


def displayed(linear: np.ndarray) -> np.ndarray:
    """Linear light as 8 bits for an sRGB screen (IEC 61966-2-1); what is over white is white."""
    light = np.clip(np.nan_to_num(linear.astype(np.float32, copy=False), posinf=1.0, neginf=0.0), 0.0, 1.0)
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.power(light, 1 / 2.4) - 0.055)  # noqa: PLR2004
    return (curve * 255 + 0.5).astype(np.uint8)


def to_rec709(chromaticities: Sequence[float]) -> np.ndarray | None:
    """The matrix for rows of linear colours whose red, green, blue and white lie at these x and y (CIE 1931).

    None where they are the screen's already, and where they are none. SMPTE RP 177; whites are adapted by
    Bradford's method, so that white stays white.
    """
    theirs = np.asarray(chromaticities, np.float64).ravel()
    if theirs.shape != _REC709.shape or not np.isfinite(theirs).all():
        return None
    if (
        np.abs(theirs - _REC709).max() < _SAME
        or min(abs(theirs[7]), abs(np.linalg.det(_xyz(theirs)))) < _SAME
    ):
        return None
    try:
        (source, white), (screen, day) = (_primaries(one) for one in (theirs, _REC709))
        cones = np.diag((_BRADFORD @ day) / (_BRADFORD @ white))
        whole = np.linalg.inv(screen) @ np.linalg.inv(_BRADFORD) @ cones @ _BRADFORD @ source
    except np.linalg.LinAlgError:
        return None
    return np.asarray(whole.T, np.float32) if np.isfinite(whole).all() else None


def _xyz(chromaticities: np.ndarray) -> np.ndarray:
    """Red, green and blue as columns of x, y and z."""
    x, y = chromaticities[0:6:2], chromaticities[1:6:2]
    return np.array([x, y, 1 - x - y])


def _primaries(chromaticities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The matrix from linear colours to XYZ, and the white."""
    x, y = chromaticities[6:8]
    white = np.array([x / y, 1.0, (1 - x - y) / y])
    columns = _xyz(chromaticities)
    return columns * np.linalg.solve(columns, white), white
