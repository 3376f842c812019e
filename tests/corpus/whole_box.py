"""A whole box in a folder: a file goes in as an upload, its jobs are run behind real walls."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from mam import (
    models,
    worker,  # noqa: F401 - every kind of job is registered by importing what does it
)
from mam.config import Config
from mam.core import Mam, open_mam, prepare_data
from mam.media import playlists
from mam.media.ffmpeg import find_tools
from mam.media.sandbox import open_sandbox
from mam.models import Asset, Job, Project, Version, now
from mam.services import jobs, preview_state, uploads
from mam.types import SYSTEM

PART = 16 << 20


@dataclass(frozen=True)
class Settled:
    """What became of an upload: its row, its media facts, its preview, and the jobs that it took."""

    mam: Mam
    version: Version
    kind: str
    preview: dict[str, Any]
    jobs: list[Job]
    seconds: float

    @property
    def status(self) -> str:
        return str(self.preview["status"])

    @property
    def code(self) -> str:
        return str((self.preview["error"] or {}).get("code", ""))

    @property
    def media(self) -> dict[str, Any]:
        return dict(self.version.media or {})

    @cached_property
    def rungs(self) -> list[dict[str, Any]]:
        """The pictures' renditions, largest first."""
        return [one for one in self.preview["renditions"] if one["name"].isdigit()]

    def rendition(self, name: str, into: Path) -> Path:
        """One rendition as a file: its init segment and all its segments."""
        generation = f"{self.version.id}/{self.version.preview_generation}"
        listed = playlists.parse_media(self._read(f"{generation}/{name}/index.m3u8").decode("ascii"))
        made = into / f"{self.version.id}-{name}.mp4"
        with made.open("wb") as file:
            for piece in ("init.mp4", *(segment.name for segment in listed.segments)):
                file.write(self._read(f"{generation}/{name}/{piece}"))
        return made

    def frames(self, into: Path, name: str = "") -> np.ndarray:
        """The pictures of a rung as shown, RGB: (frames, height, width, 3)."""
        film = self.rendition(name or self.rungs[0]["name"], into)
        size = stream(film, "width,height")
        command = ["ffmpeg", "-v", "error", "-i", film, "-fps_mode", "passthrough", "-pix_fmt", "rgb24"]
        raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True).stdout
        return np.frombuffer(raw, np.uint8).reshape(-1, int(size[1]), int(size[0]), 3)

    def _read(self, key: str) -> bytes:
        with self.mam.storage.open("previews", key) as file:
            return bytes(file.read())


class WholeBox:
    """Takes files in as presign, parts and promote do, and runs what is queued."""

    def __init__(self, mam: Mam) -> None:
        self.mam = mam
        self.project = Project.create(name="Corpus")
        self.children: list[list[str]] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Keep the command line of every child that this process starts."""
        if event == "subprocess.Popen":
            self.children.append([os.fsdecode(word) for word in arguments[1]])

    def settle(self, path: Path, name: str = "") -> Settled:
        """Upload a file and wait until its preview settles and its last job is over."""
        began = time.monotonic()
        version_id = self.upload(path, name or path.name)
        while (job := Job.select().where(Job.state == "queued", Job.run_after <= now()).first()) is not None:
            jobs.run(self.mam, job.id)
        version = Version.get_by_id(version_id)
        mine = list(Job.select().where(Job.version_id == version_id))
        kind = Asset.get_by_id(version.asset_id).kind
        status = preview_state.status_of(version)
        return Settled(self.mam, version, kind, status, mine, time.monotonic() - began)

    def upload(self, path: Path, name: str) -> str:
        """Send a file into an asset of its own; the id of the version that promote made."""
        asset = Asset.create(project=self.project, title="Trial")
        size = path.stat().st_size
        told = uploads.presign(self.mam, SYSTEM, asset_id=asset.id, filename=name, size=size)
        with path.open("rb") as file:
            for part in told["parts"]:
                data = file.read(PART)
                token = part["url"].rpartition("/")[2]
                uploads.write_part(self.mam, token, iter([data]), len(data))
        return str(uploads.promote(self.mam, SYSTEM, told["upload_id"])["version_id"])


def opened(config: Config) -> Mam:
    """A box on SQLite, as a worker sees it, with room for large masters."""
    config = replace(config, queue=replace(config.queue, lease_seconds=60, sweep_seconds=60))
    prepare_data(config)
    open_sandbox(config.media.sandbox, find_tools(config.media.ffmpeg))  # a worker proves its walls first
    mam = open_mam(config, migrate=True, check=False)
    mam.queue.redis.flushdb()
    models.database.connect(reuse_if_open=True)
    return mam


def stream(path: Path, entries: str) -> list[str]:
    """What ffprobe says of the first stream of a file of ours."""
    command = ["ffprobe", "-v", "error", "-of", "csv=p=0", "-show_entries", f"stream={entries}", path]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip().split(",")


def largest_child() -> int:
    """The highest resident memory of any process that this one ever waited for, in bytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
