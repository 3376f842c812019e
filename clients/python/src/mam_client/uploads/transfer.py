"""One file on its way: announced, sent in parts, hashed while it is read, promoted.

Every step is noted first, so that a second run goes on and makes nothing twice.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from mam_client import calls, errors
from mam_client.call import UNSET
from mam_client.core import Core
from mam_client.runtime import Job, Request
from mam_client.uploads.journal import Journal
from mam_client.uploads.progress import Meter

PARTS = 4
"""Parts of one file on their way at once; each is in memory meanwhile."""

_DONE = "promoted"


@dataclass(frozen=True)
class Source:
    """A file as it was when it was looked at; `name` is its path within what is sent."""

    path: Path
    name: str
    size: int
    changed: int

    @classmethod
    def of(cls, path: Path, name: str) -> Source:
        """Look at a file; `OSError` where that cannot be done."""
        found = path.stat()
        return cls(path, name, found.st_size, found.st_mtime_ns)

    def is_as_it_was(self) -> bool:
        """Whether size and time are those of the first look."""
        return Source.of(self.path, self.name) == self

    def sha256(self) -> str:
        """The hash of the whole file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Target:
    """Where a file goes: a new asset of a project and folder, or a new version of `asset_id`."""

    project_id: str = ""
    folder_id: str | None = None
    asset_id: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Uploaded:
    """A file that is a version now."""

    path: Path
    asset_id: str
    version_id: str
    sha256: str


class Transfer:
    """What the files of one transfer have in common."""

    def __init__(self, core: Core, journal: Journal, meter: Meter, parts: int = PARTS) -> None:
        """`parts` of one file are on their way at once."""
        self.core, self.journal, self.meter, self.parts = core, journal, meter, parts

    async def send(self, source: Source, target: Target) -> Uploaded:
        """Make the file a version; `ApiError`, `ConnectionFailedError`, `IncompleteError`, `OSError`."""
        name = _name(self.core.url, source, target)
        steps = self.journal.get(name)
        if "version_id" not in steps:
            upload = await self._open(name, source, target)
            if upload["state"] != _DONE:
                await self._move(name, source, upload)
            await self._promote(name, upload)
            steps = self.journal.get(name)
        else:
            self.meter.there(source.name, source.size)
        return Uploaded(source.path, steps["asset_id"], steps["version_id"], steps.get("sha256", ""))

    def is_done(self, source: Source, target: Target) -> bool:
        """Whether an earlier run brought this file to its end."""
        return "version_id" in self.journal.get(_name(self.core.url, source, target))

    async def _open(self, name: str, source: Source, target: Target) -> dict[str, Any]:
        """The open upload of the file: the one that was begun, or a new one."""
        steps = self.journal.get(name)
        if "upload_id" in steps:
            try:
                return await self._begun(steps["upload_id"])
            except (errors.GoneError, errors.NotFoundError):
                self.journal.note(name, presign_key=str(uuid.uuid4()))
        asset_id = target.asset_id or await self._asset(name, source, target)
        wanted = calls.presign(asset_id=asset_id, filename=source.path.name, size=source.size)
        made = await self.core.send(wanted.once(self._key(name, "presign_key")))
        self.journal.note(name, asset_id=asset_id, upload_id=made["upload_id"])
        return {**made, "state": "open", "received": []}

    async def _begun(self, upload_id: str) -> dict[str, Any]:
        found = await self.core.send(calls.get_upload(upload_id))
        return {**found}

    async def _asset(self, name: str, source: Source, target: Target) -> str:
        known = self.journal.get(name).get("asset_id")
        if known:
            return str(known)
        wanted = calls.create_asset(
            project_id=target.project_id,
            title=target.title or source.path.name,
            folder_id=target.folder_id,
            tags=list(target.tags),
            metadata=dict(target.metadata) if target.metadata else UNSET,
        )
        made = await self.core.send(wanted.once(self._key(name, "asset_key")))
        self.journal.note(name, asset_id=made["id"])
        return made["id"]

    def _key(self, name: str, step: str) -> str:
        """The `Idempotency-Key` of a step, on the disk before the step is taken."""
        known = self.journal.get(name).get(step)
        if known is None:
            known = str(uuid.uuid4())
            self.journal.note(name, **{step: known})
        return str(known)

    async def _move(self, name: str, source: Source, upload: dict[str, Any]) -> None:
        """Read the file once from its beginning: hash everything, send what is not there yet."""
        digest = hashlib.sha256()
        await self.core.runtime.each(self._jobs(source, upload, digest), self.parts)
        if not source.is_as_it_was():
            raise errors.IncompleteError(f"{source.path} changed while it was sent.")
        self.journal.note(name, sha256=digest.hexdigest())

    async def _jobs(self, source: Source, upload: dict[str, Any], digest: Any) -> AsyncGenerator[Job, None]:
        part_size, urls = upload["part_size"], {one["number"]: one for one in upload.get("parts", ())}
        there = {one["number"]: one["size"] for one in upload["received"]}
        with source.path.open("rb") as file:
            for number in range(1, -(-source.size // part_size) + 1):
                wanted = min(part_size, source.size - (number - 1) * part_size)
                content = await self.core.runtime.work(_read, file, wanted, digest)
                if there.get(number) == wanted:
                    self.meter.there(source.name, wanted)
                else:
                    part = _Part(upload["upload_id"], number, content, urls.get(number))
                    yield lambda part=part: self._put(source, part)  # type: ignore[misc]

    async def _put(self, source: Source, part: _Part) -> None:
        """Send one part; with a fresh address where it has none or the old one does not hold any more."""
        answer = None
        if part.address is not None:
            answer = await self._put_at(part, part.address)
        if answer is None or answer.status_code == httpx.codes.FORBIDDEN:
            fresh = await self.core.send(calls.part_addresses(part.upload_id, numbers=[part.number]))
            answer = await self._put_at(part, dict(fresh["parts"][0]))
        if answer.is_error:
            raise errors.from_answer(answer.status_code, answer.headers, answer.content)
        self.meter.sent(source.name, len(part.content))

    async def _put_at(self, part: _Part, address: Mapping[str, Any]) -> httpx.Response:
        timeout = self.core.settings.timeout
        request = Request("PUT", address["url"], dict(address["headers"]), part.content, timeout)
        return await self.core.persist(request, may_repeat=True)

    async def _promote(self, name: str, upload: dict[str, Any]) -> None:
        sha256 = self.journal.get(name).get("sha256", UNSET)
        wanted = calls.promote(upload_id=upload["upload_id"], sha256=sha256)
        request = wanted.once(str(uuid.uuid4()))  # the box answers the same version however often it is asked
        made = await self.core.send(request)
        self.journal.note(name, version_id=made["version_id"], asset_id=made["asset_id"])


@dataclass(frozen=True)
class _Part:
    upload_id: str
    number: int
    content: bytes
    address: Mapping[str, Any] | None


def _read(file: BinaryIO, size: int, digest: Any) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise errors.IncompleteError("The file became shorter while it was sent.")
    digest.update(content)
    return content


def _name(url: str, source: Source, target: Target) -> str:
    """What the journal calls this file on this way: another name as soon as anything is different."""
    into = target.asset_id or f"{target.project_id}/{target.folder_id or ''}"
    return f"{url} {into} {source.size} {source.changed} {source.name}"
