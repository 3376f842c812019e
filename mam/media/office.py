"""Office files as PDF: by the office suite that is installed, behind the walls of every reader.

Finds LibreOffice by its command on PATH; without one there are no pages. What it writes is an untrusted PDF,
to be read like any other. Promises B1-B6, B8, B14.
"""

from __future__ import annotations

import shutil
from functools import lru_cache
from pathlib import Path

from mam.errors import SourceError
from mam.media import office_worker
from mam.media.images import python_home
from mam.media.limits import MIB, Limits
from mam.media.process import run_contained
from mam.media.walls import Room, Sandbox

LIMITS = Limits(
    memory=1536 * MIB,
    cpu_seconds=60,
    wall_seconds=120,
    output_bytes=64 * MIB,
    stdout_bytes=MIB,
    open_files=256,
)
"""A small file takes a second of processor time and 240 MB; its own parts are many files."""

SETTINGS = Path("/etc/libreoffice")
"""Where Debian keeps the parts of the suite that say which filters there are."""


@lru_cache
def find_suite() -> Path | None:
    """The folder of the installed suite's programs; None where there is none."""
    for name in ("soffice", "libreoffice"):
        found = shutil.which(name)
        folder = Path(found).resolve().parent if found else None
        if folder is not None and any((folder / one).is_file() for one in office_worker.LIBRARIES):
            return folder
    return None


def make_pdf(sandbox: Sandbox, suite: Path, source: Path, folder: Path, *, limits: Limits = LIMITS) -> Path:
    """Write the first page of an office file as a PDF into `folder` (empty); its path.

    Raises `SourceError` where the suite cannot read it, or over a limit.
    """
    script = Path(office_worker.__file__)
    python, home = python_home()
    program = [str(python), "-I", "-S", str(script), str(suite), sandbox.source_path(source), "1"]
    read_only = (home, script, suite.parent, *([SETTINGS] if SETTINGS.is_dir() else []))
    room = Room(source=source, out=folder, read_only=read_only, environment={"SAL_USE_VCLPLUGIN": "svp"})
    outcome = run_contained(sandbox, program, room, limits)
    if outcome.returncode == office_worker.UNUSABLE:
        raise SourceError("The office suite that is installed here does not start.", code="source_rejected")
    made = folder / "page.pdf"
    if outcome.returncode != 0 or not made.is_file() or made.is_symlink():
        raise SourceError("The office suite cannot read this file.", code="source_corrupt")
    return made
