"""Files leave the box: a project's masters in a folder, each copy proven, with their media hash lists.

A copy is hashed while it is written and its bytes are read back from the disk; only then it gets its name.
What lies there already is proven and left. Writes below the target folder, one manifest row and audit rows.
"""

from __future__ import annotations

import functools
import hmac
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mam.core import Mam
from mam.errors import ChecksumMismatchError, ConflictError, StorageError, ValidationError
from mam.media import mhl
from mam.media.checksums import PIECE, Hasher, hash_stream
from mam.models import Manifest, Version
from mam.services import access, audit, manifests
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
    paths: dict[str, list[str]] = Manifest.get_by_id(made["id"]).paths
    for version in Version.select().where(Version.id.in_(list(paths))).order_by(Version.id):
        path = paths[version.id][0]
        try:
            _copy(mam, version, _inside(target, path), functools.partial(step, path))
        except OSError as error:
            raise StorageError(f"{path!a} cannot be written: {error.strerror}.") from error
    write_history(project_id, target)
    data = {"number": made["number"], "files": made["files"]}
    audit.record(
        mam,
        actor,
        "project.handed_off",
        kind="project",
        subject_id=project_id,
        project_id=project_id,
        data=data,
    )
    return made


def write_history(project_id: str, target: Path) -> Path:
    """Write the project's `ascmhl` folder into `target`; the chain last, so that it never names too much."""
    folder = target / mhl.FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in manifests.history_files(project_id).items():
            new = folder / f".{name}.new"
            new.write_bytes(data)
            new.replace(folder / name)
    except OSError as error:
        raise StorageError(f"{str(folder)!a} cannot be written: {error.strerror}.") from error
    return folder


def _inside(target: Path, path: str) -> Path:
    """The file of that path below the target; a link on the way there would lead elsewhere."""
    place = target / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.parent.resolve().is_relative_to(target.resolve()):
        raise ValidationError(f"{path!a} leads out of the folder by a link; nothing was written there.")
    return place


def _copy(mam: Mam, version: Version, place: Path, step: Callable[[int], None]) -> None:
    if place.exists():
        if not _holds(place, version):
            raise ConflictError(f"{version.filename!a} is there already and is another file.")
        step(version.size)
        return
    new = place.with_name(f".{version.id}.new")
    try:
        hasher = Hasher()
        opened = mam.storage.open("masters", version.master_key, version=version.master_version)
        with opened as stream, new.open("wb") as file:
            while piece := stream.read(PIECE):
                hasher.update(piece)
                file.write(piece)
                step(len(piece))
            file.flush()
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # read back from the disk
        if not hmac.compare_digest(hasher.digests().sha256, version.sha256):
            raise ChecksumMismatchError(f"The store gave other bytes for {version.filename!a} than came in.")
        if not _holds(new, version):
            raise ChecksumMismatchError(f"The copy of {version.filename!a} reads back as other bytes.")
        new.replace(place)
    finally:
        with suppress(FileNotFoundError):
            new.unlink()


def _holds(place: Path, version: Version) -> bool:
    """Whether the file holds the version's bytes."""
    with place.open("rb", buffering=0) as file:
        return hmac.compare_digest(hash_stream(file).sha256, version.sha256)
