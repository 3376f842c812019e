"""Media hash lists of a project: a generation for each hand-off, and a client's list against what is here.

A generation lists every master of the living assets under the path it has in the project; a version keeps its
path from one generation to the next. Writes `manifest` and audit rows; reads no master.
"""

from __future__ import annotations

import io
import itertools
import posixpath
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from peewee import Field

from mam.core import Mam
from mam.errors import NotFoundError, ValidationError
from mam.media import mhl
from mam.media.checksums import hash_stream
from mam.models import Asset, Folder, Manifest, Project, Version, database, now
from mam.services import access, audit, pages
from mam.services.filenames import clean_filename
from mam.services.leases import connected
from mam.services.shapes import Shape, manifest_shape
from mam.types import Actor

MOST_BYTES = 64 << 20
"""Of a list that a client sends to be compared: 64 MiB name about 200 000 files."""

_NAMED = 1000  # paths that an answer names of each kind
_SORTS: dict[str, Field[Any]] = {"created_at": Manifest.created_at}


def create(mam: Mam, actor: Actor, project_id: str, *, comment: str = "", location: str = "") -> Shape:
    """Make the project's next generation. `ValidationError` where there is no master to list."""
    access.require_project(mam, actor, "asset.write", project_id)
    with database.atomic():
        Project.update(updated_at=Project.updated_at).where(
            Project.id == project_id
        ).execute()  # one at a time
        row = _next(actor, Project.get_by_id(project_id), _newest(project_id), comment, location)
        if row is None:
            raise ValidationError("This project holds no master that a media hash list could name.")
        row.save(force_insert=True)
        audit.record(
            mam,
            actor,
            "manifest.created",
            kind="manifest",
            subject_id=row.id,
            project_id=project_id,
            data={"number": row.number, "files": row.files, "c4": row.c4},
        )
    return manifest_shape(row)


def list_manifests(
    mam: Mam, actor: Actor, project_id: str, *, cursor: str | None = None, limit: int = 50
) -> Shape:
    """The project's generations and received lists, newest first."""
    access.require_project(mam, actor, "project.read", project_id)
    query = Manifest.select(*_all_but_data()).where(Manifest.project == project_id)
    rows, following = pages.page(query, "-created_at", _SORTS, Manifest.id, cursor=cursor, limit=limit)
    return pages.listed(rows, manifest_shape, following)


def project_manifest(mam: Mam, actor: Actor, project_id: str, number: int | None = None) -> tuple[str, bytes]:
    """File name and XML of a generation, the newest unless numbered.

    Before the first one was made it is what that would be. `NotFoundError` where there is none.
    """
    project = access.require_project(mam, actor, "project.read", project_id)
    row = _newest(project_id) if number is None else _numbered(project_id, number)
    if row is None and number is None:
        row = _next(actor, project, None)
    if row is None:
        raise NotFoundError("There is no such media hash list of this project.")
    return row.name, xml_of(row)


def history(mam: Mam, actor: Actor, project_id: str) -> tuple[str, bytes]:
    """Name and bytes of a ZIP of the whole `ascmhl` folder: every generation and the chain."""
    project = access.require_project(mam, actor, "project.read", project_id)
    rows = _generations(project_id) or [row for row in (_next(actor, project, None),) if row]
    if not rows:
        raise NotFoundError("There is no such media hash list of this project.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in _files_of(rows).items():
            archive.writestr(f"{mhl.FOLDER}/{name}", data)
    return f"{_root(project)}_ascmhl.zip", packed.getvalue()


def history_files(project_id: str) -> dict[str, bytes]:
    """The files of the project's `ascmhl` folder by name; the chain is the last."""
    return _files_of(_generations(project_id))


def _files_of(rows: list[Manifest]) -> dict[str, bytes]:
    links = [mhl.Link(row.number or 0, row.name, row.c4) for row in rows]
    return {**{row.name: xml_of(row) for row in rows}, mhl.CHAIN_NAME: mhl.write_chain(links)}


def version_manifest(mam: Mam, actor: Actor, version_id: str) -> tuple[str, bytes]:
    """File name and XML of a list of one master alone, as it would lie beside the downloaded file."""
    version, _ = access.require_version(mam, actor, "asset.read", version_id)
    name = _part(version.filename)
    made = mhl.Manifest((_entry(version, name),), created=now(), author=_who(actor))
    return mhl.file_name(1, name, made.created), mhl.write_manifest(made)


def may_compare(mam: Mam, actor: Actor, project_id: str) -> None:
    """Pass where `compare` would: asked before a list is taken in."""
    with connected():
        access.require_project(mam, actor, "project.read", project_id)


def compare(mam: Mam, actor: Actor, project_id: str, data: bytes) -> Shape:
    """A client's list against the masters of the project: what is the same, missing, altered, extra.

    A listed file is found by its hash, wherever it lies; one whose hash no master has is `altered` where a
    master of its name is there, else `missing`. `unknown` are files whose hashes are of kinds not kept here.
    Each list names the first 1000 paths; `counts` are whole. Raises `ValidationError`.
    """
    listed = mhl.parse_manifest(data)
    with connected():
        access.require_project(mam, actor, "project.read", project_id)
        found = _Comparison(masters_of(project_id))
    for entry in listed.entries:
        found.take(entry)
    return found.shape()


def listed_masters(project_id: str, number: int | None = None) -> list[tuple[Version, str]]:
    """The masters that a generation (the newest) names, each with its path there. Raises `NotFoundError`."""
    row = _newest(project_id) if number is None else _numbered(project_id, number)
    if row is None:
        raise NotFoundError("There is no media hash list of this project yet; make one first.")
    paths: dict[str, list[str]] = row.paths
    rows = Version.select().join(Asset).where(Asset.project == project_id).order_by(Version.id)
    return [(version, paths[version.id][0]) for version in rows if version.id in paths]


def keep_received(mam: Mam, actor: Actor, project_id: str, source: Path) -> None:
    """Keep the list that came with material: a manifest file, or the newest of an `ascmhl` folder."""
    path = source if source.is_file() else max(source.glob("*.mhl"))
    keep(mam, actor, project_id, path.name, path.read_bytes())


def keep(mam: Mam, actor: Actor, project_id: str, name: str, data: bytes) -> None:
    """Keep a list that came with material, or was made as it came in. Raises `ValidationError`."""
    access.require_project(mam, actor, "upload.create", project_id)
    listed = mhl.parse_manifest(data)
    with database.atomic():
        row = Manifest.create(
            project=project_id,
            name=clean_filename(name)[:400],
            c4=hash_stream(io.BytesIO(data)).c4,
            files=len(listed.entries),
            comment=listed.comment,
            author=listed.author[:254],
            data=zlib.compress(data),
            created_by=actor.user_id,
        )
        audit.record(
            mam,
            actor,
            "manifest.received",
            kind="manifest",
            subject_id=row.id,
            project_id=project_id,
            data={"name": row.name, "files": row.files, "c4": row.c4},
        )


def masters_of(project_id: str) -> list[tuple[Version, str]]:
    """Every version of the project's living assets with its folder's path ("" is the top), oldest first."""
    folders = _folder_paths(project_id)
    living = (Asset.project == project_id) & Asset.deleted_at.is_null()
    rows = Version.select(Version, Asset.folder).join(Asset).where(living).order_by(Version.id)
    return [(row, folders.get(row.asset.folder_id or "", "")) for row in rows]


def xml_of(row: Manifest) -> bytes:
    """The manifest's XML."""
    return zlib.decompress(bytes(row.data))


@dataclass(frozen=True)
class Placed:
    """A version at its path in a generation; `wanted` is without a number, `had` the path it had before."""

    version: Version
    path: str
    wanted: str
    had: str


class _Comparison:
    """What was found of a client's list so far."""

    def __init__(self, masters: Iterable[tuple[Version, str]]) -> None:
        self._by_hash: dict[tuple[str, str], str] = {}
        self._by_name: set[tuple[str, int | None]] = set()
        self._paths: dict[str, str] = {}
        for version, folder in masters:
            self._paths[version.id] = f"{folder}/{version.filename}".lstrip("/")
            self._by_name |= {(version.filename, None), (version.filename, version.size)}
            for name, value in _hashes(version).items():
                self._by_hash[name, value] = version.id
        self._seen: set[str] = set()
        self._found: dict[str, list[str]] = {
            kind: [] for kind in ("verified", "missing", "altered", "unknown")
        }

    def take(self, entry: mhl.Entry) -> None:
        """Sort one listed file."""
        known = [item for item in entry.hashes.items() if item[0] in ("xxh128", "c4")]
        match = next((self._by_hash[item] for item in known if item in self._by_hash), None)
        if match is not None:
            self._seen.add(match)
            kind = "verified"
        elif not known:
            kind = "unknown" if (entry.path.rpartition("/")[2], entry.size) in self._by_name else "missing"
        else:
            kind = "altered" if (entry.path.rpartition("/")[2], None) in self._by_name else "missing"
        self._found[kind].append(entry.path)

    def shape(self) -> Shape:
        """The answer."""
        extra = sorted(path for version, path in self._paths.items() if version not in self._seen)
        found = {**self._found, "extra": extra}
        return {
            "counts": {kind: len(paths) for kind, paths in found.items()},
            **{kind: paths[:_NAMED] for kind, paths in found.items()},
        }


def _next(
    actor: Actor, project: Project, before: Manifest | None, comment: str = "", location: str = ""
) -> Manifest | None:
    """The generation that follows `before`, not saved; None where there is no master to list."""
    placed = _placed(masters_of(project.id), before.paths if before else {})
    if not placed:
        return None
    made = mhl.Manifest(
        tuple(_entry(one.version, one.path, one.had) for one in placed),
        created=datetime.now(UTC),
        author=_who(actor),
        comment=comment,
        location=location,
    )
    data = mhl.write_manifest(made)
    number = 1 + (before.number or 0 if before else 0)
    return Manifest(
        project=project.id,
        number=number,
        name=mhl.file_name(number, _root(project), made.created),
        c4=hash_stream(io.BytesIO(data)).c4,
        files=len(placed),
        comment=comment,
        author=made.author,
        data=zlib.compress(data),
        paths={one.version.id: [one.path, one.wanted] for one in placed},
        created_by=actor.user_id,
    )


def _placed(masters: list[tuple[Version, str]], known: dict[str, list[str]]) -> list[Placed]:
    """Each version with its path: the one it had, unless it was moved or renamed; no path twice."""
    wanted = {version.id: f"{folder}/{_part(version.filename)}".lstrip("/") for version, folder in masters}
    kept = {one: path for one, (path, asked) in known.items() if wanted.get(one) == asked}
    taken = {path.casefold() for path in kept.values()}
    placed = []
    for version, _ in masters:
        path = kept.get(version.id) or _free(wanted[version.id], taken)
        taken.add(path.casefold())
        had = known[version.id][0] if version.id in known else ""
        placed.append(Placed(version, path, wanted[version.id], had))
    return placed


def _free(wanted: str, taken: set[str]) -> str:
    """`wanted`, or `wanted (2)` and so on: no two paths that a disk could take for the same."""
    stem, suffix = posixpath.splitext(wanted)
    numbered = (f"{stem} ({count}){suffix}" for count in itertools.count(2))
    return next(path for path in itertools.chain((wanted,), numbered) if path.casefold() not in taken)


def _entry(version: Version, path: str, had: str = "") -> mhl.Entry:
    """One file; a path of an earlier generation makes the hash a verified one."""
    return mhl.Entry(
        path,
        _hashes(version),
        version.size,
        version.created_at,
        action="verified" if had else "original",
        previous=had if had != path else "",
    )


def _hashes(version: Version) -> dict[str, str]:
    return {"xxh128": version.xxh128, **({"c4": version.c4} if version.c4 else {})}


def _folder_paths(project_id: str) -> dict[str, str]:
    """The path of every folder by its id."""
    rows = {row.id: row for row in Folder.select().where(Folder.project == project_id)}
    paths: dict[str, str] = {}

    def path_of(folder_id: str) -> str:
        if folder_id not in paths:
            row = rows[folder_id]
            above = f"{path_of(row.parent_id)}/" if row.parent_id in rows else ""
            paths[folder_id] = above + _part(row.name)
        return paths[folder_id]

    return {folder_id: path_of(folder_id) for folder_id in rows}


def _part(name: str) -> str:
    """A name as one part of a path."""
    clean = clean_filename(name.replace("/", "_").replace("\\", "_"))
    return "_" if clean in {"", ".", "..", mhl.FOLDER} else clean


def _root(project: Project) -> str:
    return _part(project.name).replace(" ", "_")[:200]


def _who(actor: Actor) -> str:
    return actor.display_name or actor.email or "mam"


def _generations(project_id: str) -> list[Manifest]:
    made = (Manifest.project == project_id) & Manifest.number.is_null(False)
    return list(Manifest.select().where(made).order_by(Manifest.number))


def _newest(project_id: str) -> Manifest | None:
    made = (Manifest.project == project_id) & Manifest.number.is_null(False)
    row: Manifest | None = Manifest.select().where(made).order_by(Manifest.number.desc()).first()
    return row


def _numbered(project_id: str, number: int) -> Manifest | None:
    row: Manifest | None = Manifest.get_or_none(
        (Manifest.project == project_id) & (Manifest.number == number)
    )
    return row


def _all_but_data() -> list[Any]:
    return [field for field in Manifest._meta.sorted_fields if field.name not in ("data", "paths")]  # noqa: SLF001
