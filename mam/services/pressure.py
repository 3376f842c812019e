"""What a disk that fills up still takes: first a warning, then no new previews, then no new uploads.

Reading goes on at every stage, and what has begun may end. Looks at the disk of the store where its files are
of this machine, else at that of the data folder, where previews are made. Writes nothing.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mam.core import Mam
from mam.errors import StorageFullError, StorageUnreachableError
from mam.types import LocalPathStorage

STAGES = ("", "warn", "previews", "uploads")
"""From well to worst: each stops what the ones before it stop."""

SENTENCES = {
    "warn": "The disk is nearly full.",
    "previews": "The disk is nearly full: new previews wait until there is room.",
    "uploads": "The disk is full but for a reserve: new uploads are refused, previews wait, all can be read.",
}

_SHARES = {"warn": (0.10, 20 << 30), "previews": (0.03, 5 << 30), "uploads": (0.01, 1 << 30)}
"""Where the configuration says 0: a stage's part of the disk, and the most bytes that may be."""


def folder_of(mam: Mam) -> Path:
    """The folder whose disk fills up first."""
    folder = mam.config.store if isinstance(mam.storage, LocalPathStorage) else mam.config.data
    return folder if folder.exists() else mam.config.data


def thresholds(mam: Mam, total: int) -> dict[str, int]:
    """Bytes free below which each stage begins, on a disk of `total` bytes."""
    settings = mam.config.storage
    said = {
        "warn": settings.warn_bytes,
        "previews": settings.previews_bytes,
        "uploads": settings.uploads_bytes,
    }
    return {one: said[one] or min(int(total * share), most) for one, (share, most) in _SHARES.items()}


def stage(mam: Mam) -> str:
    """One of `STAGES`; "" where the disk cannot be asked, for then its own error says more."""
    try:
        usage = shutil.disk_usage(folder_of(mam))
    except OSError:
        return ""
    limits = thresholds(mam, usage.total)
    return next((one for one in reversed(STAGES[1:]) if usage.free < limits[one]), "")


def admit_upload(mam: Mam) -> None:
    """Pass while new uploads are taken. Raises `StorageFullError`."""
    if isinstance(mam.storage, LocalPathStorage) and stage(mam) == "uploads":
        raise StorageFullError(
            f"{SENTENCES['uploads']} Free some room; `mam doctor` and the page Storage say more."
        )


def admit_preview(mam: Mam) -> None:
    """Pass while previews are made; else the job waits, without an attempt being counted.

    Raises `StorageUnreachableError`, which jobs wait for.
    """
    found = stage(mam)
    if found in {"previews", "uploads"}:
        raise StorageUnreachableError(SENTENCES[found])
