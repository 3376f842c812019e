"""A camera card or a handful of files taken in as one unit: verified, copied, read back, reported.

Each file is hashed at its source, copied to every further destination and read back there, taken in among
the masters and read back from the store. The report is a media hash list, kept with the project and written
beside each copy. Writes below the destinations, and what `mam.services.ingest` writes; only reads the source.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hmac import compare_digest
from pathlib import Path

from mam.core import Mam
from mam.errors import ConflictError, MamError, NotFoundError, StorageError, ValidationError
from mam.media import mhl, mhl_history
from mam.models import Asset, Version
from mam.services import in_place, ingest, manifests, masters
from mam.services.copying import copy_proven
from mam.services.leases import connected
from mam.services.shapes import Shape
from mam.types import Actor

_NAMED = 5  # findings that an error names

Step = Callable[[str, int], None]
"""Called with a file's path and how many of its bytes were read since the last call."""


def _no_step(_path: str, _count: int) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Unit:
    """Files that belong together: their paths below `base` as text, and as the disk spells them.

    `top` is the card's folder, or "". `assets` are the assets of files that were taken in before: they get a
    next version.
    """

    base: Path
    files: Mapping[str, str]
    top: str = ""
    assets: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """The folder that lists and reports are of."""
        return self.base / self.top

    def file(self, path: str) -> Path:
        """The file of that path."""
        return self.base / self.files[path]


@dataclass
class Outcome:
    """What became of a unit: versions taken in, by path, and why others were not."""

    taken: dict[str, Shape] = field(default_factory=dict)
    failed: dict[str, MamError] = field(default_factory=dict)


@dataclass(frozen=True)
class Destination:
    """Where a unit goes: a project, folders that get proven copies too, or the files stay in place."""

    project_id: str
    copies: tuple[Path, ...] = ()
    in_place: bool = False


def take(mam: Mam, actor: Actor, unit: Unit, to: Destination, step: Step = _no_step) -> Outcome:
    """Take a unit in. Of a card all files or, where one differs from the card's own list, none.

    A file that cannot be taken in is in `failed` and holds up no other. Raises `ValidationError` where the
    unit is not what its own media hash list says: nothing was taken in then.
    """
    proven = _proven(unit)
    outcome, hashes = Outcome(), {}
    for path in unit.files:
        try:
            hashes[path] = _hashes(unit, path, proven, step)
            for copy in to.copies:
                _copy(unit, path, copy, hashes[path], step)
            outcome.taken[path] = _take_file(mam, actor, unit, path, to, hashes[path], step)
        except MamError as error:
            outcome.failed[path] = error
        except OSError as error:
            outcome.failed[path] = StorageError(f"{path!a} cannot be read: {error.strerror}.")
    if outcome.taken and (unit.top or to.copies):
        _report(mam, actor, unit, to, {path: hashes[path] for path in outcome.taken})
    return outcome


def _proven(unit: Unit) -> Mapping[str, str]:
    """The SHA-256 of files by their path in the card, if the card has a list of its own."""
    manifest = mhl_history.find_manifest(unit.root) if unit.top else None
    if manifest is None:
        return {}
    report = mhl_history.check_folder(unit.root, mhl_history.read_expected(unit.root, manifest))
    if not report.ok:
        found = report.sentences()
        raise ValidationError(
            f"{unit.top!a} is not what its media hash list says ({len(found)} differences): "
            f"{'; '.join(found[:_NAMED])}. Nothing was taken in."
        )
    return report.proven


def _hashes(unit: Unit, path: str, proven: Mapping[str, str], step: Step) -> dict[str, str]:
    """The file's hashes at its source; one that changed since the card was checked is refused."""
    names = ("sha256", "xxh128", "c4")
    hashes = mhl_history.hash_file(unit.file(path), names, functools.partial(step, path))
    listed = proven.get(path.removeprefix(f"{unit.top}/"))
    if listed is not None and not compare_digest(listed, hashes["sha256"]):
        raise ConflictError(f"{path!a} changed while it was taken in; it is looked at again.")
    return hashes


def _copy(unit: Unit, path: str, target: Path, hashes: Mapping[str, str], step: Step) -> None:
    source = unit.file(path)
    copy_proven(
        lambda: source.open("rb"),
        target,
        path,
        hashes["sha256"],
        source.stat().st_size,
        functools.partial(step, path),
    )


def _take_file(  # noqa: PLR0917 - one file of a unit on its way
    mam: Mam, actor: Actor, unit: Unit, path: str, to: Destination, hashes: Mapping[str, str], step: Step
) -> Shape:
    """Take it in and read it back from the store; what was taken in before a crash is not taken in twice."""
    place = ingest.Place(to.project_id, tuple(path.split("/")[:-1]), unit.assets.get(path))
    source = unit.file(path)
    already = _already(mam, actor, place, ingest.readable(source.name), hashes["sha256"])
    if already is not None:
        return already
    if to.in_place:
        return in_place.index(mam, actor, source, place, hashes)
    version = ingest.take_file(
        mam, actor, source, place, sha256=hashes["sha256"], count=functools.partial(step, path)
    )
    with connected():
        row = Version.get_by_id(version["id"])
    masters.verify(mam, row, actor)
    return version


def _already(mam: Mam, actor: Actor, place: ingest.Place, name: str, sha256: str) -> Shape | None:
    """The version at that place that holds these bytes under that name: a run before this one was cut off."""
    with connected():
        if place.asset_id:
            there = Asset.id == place.asset_id
        else:
            folder = ingest.ensure_folder(mam, actor, place.project_id, place.folders)
            inside = Asset.folder == folder if folder else Asset.folder.is_null()
            there = (Asset.project == place.project_id) & inside & Asset.deleted_at.is_null()
        same = (Version.sha256 == sha256) & (Version.filename == name)
        row = Version.select().join(Asset).where(there, same).first()
    return {"id": row.id, "asset_id": row.asset_id} if row else None


def _report(
    mam: Mam, actor: Actor, unit: Unit, to: Destination, hashes: Mapping[str, Mapping[str, str]]
) -> None:
    """The media hash list of the transfer: with the project, and in each copy's history."""
    prefix = f"{unit.top}/" if unit.top else ""
    entries = tuple(
        mhl.Entry(
            path.removeprefix(prefix),
            {name: value for name, value in found.items() if name in ("xxh128", "c4")},
            unit.file(path).stat().st_size,
        )
        for path, found in hashes.items()
    )
    made = mhl.Manifest(entries, author=actor.display_name, process="transfer")
    for copy in to.copies:
        mhl_history.add_generation(copy / unit.top, made)
    name = mhl.file_name(1, unit.root.name, made.created)
    with connected():
        manifests.keep(mam, actor, to.project_id, name, mhl.write_manifest(made))


def offload(mam: Mam, actor: Actor, card: Path, to: Destination, step: Step = _no_step) -> Outcome:
    """Take a whole folder in as one unit. Raises `NotFoundError` where it is empty, `ValidationError`."""
    card = card.resolve()
    files = [f"{card.name}/{path}" for path in mhl_history.files_of(card)]
    if not files:
        raise NotFoundError(f"There is no file in {card.name!a}.")
    unit = Unit(card.parent, {as_text(path): path for path in files}, card.name)
    return take(mam, actor, unit, to, step)


def as_text(path: str) -> str:
    r"""A path from a disk as text that a database takes: bytes that are no UTF-8 become `\xff`."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
