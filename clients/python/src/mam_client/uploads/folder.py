"""A folder as a tree of folders and assets: what is there already is skipped, what fails is told per file."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mam_client import calls, errors
from mam_client.call import UNSET
from mam_client.core import Core
from mam_client.runtime import Job
from mam_client.uploads.journal import NAME, Journal
from mam_client.uploads.progress import Meter, Progress
from mam_client.uploads.transfer import Source, Target, Transfer, Uploaded

FILES = 4
"""Files on their way at once."""

_PARTS = 2  # of each of them


@dataclass(frozen=True)
class Failed:
    """A file that is not on the box, and why."""

    path: Path
    error: Exception


@dataclass
class Report:
    """What became of every file."""

    uploaded: list[Uploaded] = field(default_factory=list)
    skipped: list[Path] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every file is on the box."""
        return not self.failed


def sources(folder: Path) -> Iterator[Source]:
    """The files below a folder in the order of their names; no hidden ones, and no link is followed."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place) / name
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield Source.of(path, path.relative_to(folder).as_posix())


async def send_folder(
    core: Core,
    folder: Path,
    project_id: str,
    *,
    folder_id: str | None = None,
    state: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    parallel: int = FILES,
) -> Report:
    """Bring every file of a folder to a project, its tree as folders below `folder_id`.

    `state` is a folder for the journal, the sent one itself where none is given; the journal goes once all
    is well. Raises what keeps the whole from beginning; what keeps one file is in the report.
    """
    found = list(sources(folder))
    journal = Journal((state or folder) / NAME)
    meter = Meter(sum(one.size for one in found), len(found), progress)
    errand = _Errand(Transfer(core, journal, meter, _PARTS), _Tree(core, project_id, folder_id))
    await errand.tree.grow({PurePosixPath(one.name).parent for one in found})
    await core.runtime.each(errand.jobs(found), parallel)
    if errand.report.ok:
        journal.forget()
    return errand.report


class _Errand:
    """One run over a folder."""

    def __init__(self, transfer: Transfer, tree: _Tree) -> None:
        self.transfer, self.tree, self.report = transfer, tree, Report()

    async def jobs(self, found: list[Source]) -> AsyncGenerator[Job, None]:
        for source in found:
            yield lambda source=source: self._one(source)  # type: ignore[misc]

    async def _one(self, source: Source) -> None:
        try:
            await self._bring(source)
        except (errors.ApiError, errors.IncompleteError, OSError) as error:
            self.report.failed.append(Failed(source.path, error))
        finally:
            self.transfer.meter.finished(source.name)

    async def _bring(self, source: Source) -> None:
        if source.size == 0:
            raise errors.IncompleteError(f"{source.path} is empty; a file of zero bytes cannot be a master.")
        parent = PurePosixPath(source.name).parent
        target = Target(self.tree.project_id, self.tree.ids[parent])
        if self.transfer.is_done(source, target) or await self._is_there(source, parent):
            self.transfer.meter.there(source.name, source.size)
            self.report.skipped.append(source.path)
        else:
            self.report.uploaded.append(await self.transfer.send(source, target))

    async def _is_there(self, source: Source, parent: PurePosixPath) -> bool:
        """Whether the box's folder holds these very bytes under this name."""
        hashes = (await self.tree.held(parent)).get((source.path.name, source.size))
        return bool(hashes) and await self.transfer.core.runtime.work(source.sha256) in (hashes or ())


Held = dict[tuple[str, int], set[str]]


class _Tree:
    """The folders of the project as far as they concern this run, and what they held before it."""

    def __init__(self, core: Core, project_id: str, root: str | None) -> None:
        self.core, self.project_id = core, project_id
        self.ids: dict[PurePosixPath, str | None] = {PurePosixPath(): root}
        self._held: dict[PurePosixPath, Held] = {}
        self._lock = core.runtime.lock()

    async def grow(self, wanted: set[PurePosixPath]) -> None:
        """Find the folders of these paths, and make those that are not there."""
        listed = self.core.iterate(calls.list_folders(self.project_id, limit=200))
        known = {(one["parent_id"], one["name"]): one["id"] async for one in listed}
        for path in sorted({above for one in wanted for above in (one, *one.parents)}):
            if path not in self.ids:
                parent = self.ids[path.parent]
                self.ids[path] = known.get((parent, path.name)) or await self._make(path, parent)

    async def _make(self, path: PurePosixPath, parent: str | None) -> str:
        made = await self.core.send(
            calls.create_folder(self.project_id, name=path.name, parent_id=parent or UNSET)
        )
        self._held[path] = {}
        return made["id"]

    async def held(self, path: PurePosixPath) -> Held:
        """Name and size of the files in one folder, with their hashes; asked once."""
        async with self._lock:
            if path not in self._held:
                self._held[path] = await self._list(self.ids[path])
            return self._held[path]

    async def _list(self, folder_id: str | None) -> Held:
        found: Held = {}
        wanted = calls.list_assets(project_id=self.project_id, folder_id=folder_id or UNSET, limit=200)
        async for asset in self.core.iterate(wanted):
            if asset["folder_id"] == folder_id:
                for one in asset["versions"]:
                    found.setdefault((one["filename"], one["size"]), set()).add(one["sha256"])
        return found
