"""Files leave the box: a project's masters in a folder, each copy proven, with their media hash lists.

Writes below the target folder, one manifest row and audit rows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from mam.core import Mam
from mam.errors import StorageError
from mam.media import mhl, mhl_history
from mam.models import Version
from mam.services import access, audit, manifests, masters
from mam.services.copying import copy_proven
from mam.services.shapes import Shape
from mam.types import Actor

Step = Callable[[str, int], None]
"""Called with a path in the target folder and how many bytes of that file were copied since the last call."""


def export(mam: Mam, actor: Actor, project_id: str, target: Path, *, comment: str, step: Step) -> Shape:
    """Copy every master of the project into `target` and write its `ascmhl` folder; the new generation.

    Raises `ConflictError` where another file has the name of one of them, `ChecksumMismatchError` where a
    copy is not what came in, `StorageError` where the target cannot be written; what was copied stays.
    """
    access.require_project(mam, actor, "master.download", project_id)
    made = manifests.create(mam, actor, project_id, comment=comment)
    for version, path in manifests.listed_masters(project_id, made["number"]):
        _copy(mam, version, target, path, step)
    write_history(project_id, target)
    audit.record(
        mam,
        actor,
        "project.handed_off",
        kind="project",
        subject_id=project_id,
        project_id=project_id,
        data={"number": made["number"], "files": made["files"]},
    )
    return made


def write_history(project_id: str, target: Path) -> Path:
    """Write the project's `ascmhl` folder into `target`; the chain last, so that it never names too much."""
    folder = target / mhl.FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in manifests.history_files(project_id).items():
            mhl_history.write_whole(folder / name, data)
    except OSError as error:
        raise StorageError(f"{str(folder)!a} cannot be written: {error.strerror}.") from error
    return folder


def _copy(mam: Mam, version: Version, target: Path, path: str, step: Step) -> None:
    def opened() -> BinaryIO:
        return cast("BinaryIO", stack.enter_context(masters.opened(mam, version)))

    with ExitStack() as stack:
        copy_proven(opened, target, path, version.sha256, version.size, functools.partial(step, path))
