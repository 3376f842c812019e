"""Films whose frames carry their number as blocks, and eyes to read it off what was stored."""

from __future__ import annotations

import hashlib
import json
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import xxhash

from mam.core import Mam
from mam.ids import new_id
from mam.media import playlists
from mam.models import Asset, Job, Project, Version, WorkerBeat, now
from mam.services import jobs, previews
from mam.types import SYSTEM

BITS, BLOCK, HEIGHT = 12, 24, 64
WIDTH = BITS * BLOCK
_NUMBERED = (
    f"nullsrc=s={WIDTH}x{HEIGHT}:r={{rate}}:d={{seconds}},"
    f"geq=lum='if(mod(floor(N/pow(2,floor(X/{BLOCK}))),2),220,30)':cb=128:cr=128"
)


def numbered_film(path: Path, rate: str, seconds: float, *encode: str, sound: bool = True) -> Path:
    """A film whose frame n shows n in twelve blocks, dark and bright."""
    picture = ["-f", "lavfi", "-i", _NUMBERED.format(rate=rate, seconds=seconds)]
    noise = ["-f", "lavfi", "-i", f"sine=frequency=440:duration={seconds}"] if sound else []
    usual = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "100", "-pix_fmt", "yuv420p"]
    command = ["ffmpeg", "-v", "error", "-y", *picture, *noise, *(encode or usual), str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


@dataclass(frozen=True)
class Shown:
    """What a stored rendition shows: each frame's number and time, and how its segments are numbered."""

    numbers: list[int]
    times: list[Fraction]
    sequence: list[int]


def look(mam: Mam, version: Version, name: str, folder: Path) -> Shown:
    """Decode a stored rung and read every frame's number."""
    base = f"{version.id}/{version.preview_generation}/{name}"
    listing = playlists.parse_media(stored(mam, f"{base}/index.m3u8").decode())
    assert listing.ended
    segments = [stored(mam, f"{base}/{one.name}") for one in listing.segments]
    film = folder / f"{name}-{new_id()}.mp4"
    film.write_bytes(stored(mam, f"{base}/init.mp4") + b"".join(segments))
    sequence = [int.from_bytes(data[data.index(b"mfhd") + 8 :][:4], "big") for data in segments]
    return Shown(numbers_of(film), times_of(film), sequence)


def numbers_of(film: Path) -> list[int]:
    """The number that each decoded frame shows."""
    size = f"scale={BITS}:1:flags=area,format=gray"
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(film),
        "-map",
        "0:v",
        "-fps_mode",
        "passthrough",
        "-vf",
        size,
    ]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-"], check=True, capture_output=True, timeout=120
    ).stdout
    return [sum(1 << bit for bit in range(BITS) if raw[at + bit] > 110) for at in range(0, len(raw), BITS)]


def times_of(film: Path) -> list[Fraction]:
    """When each packet is shown, in seconds from the film's start."""
    command = ["ffprobe", "-v", "error", "-select_streams", "v", "-of", "json"]
    command += ["-show_entries", "packet=pts:stream=time_base", str(film)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)
    base = Fraction(report["streams"][0]["time_base"])
    return [packet["pts"] * base for packet in report["packets"]]


def stored(mam: Mam, key: str) -> bytes:
    with mam.storage.open("previews", key) as stream:
        return stream.read()


def version_of(mam: Mam, file: Path) -> Version:
    """A version whose master is that file, as after a promote."""
    data, version_id = file.read_bytes(), new_id()
    asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
    with file.open("rb") as stream:
        mam.storage.put("masters", version_id, stream, len(data))
    Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
    return Version.create(
        id=version_id,
        asset=asset,
        number=1,
        filename=file.name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        xxh128=xxhash.xxh3_128_hexdigest(data),
        master_key=version_id,
    )


def make(mam: Mam, version: Version, *, slots: int, force: bool = False) -> Version:
    """Make the preview as workers with so many slots would: this process does all of it."""
    if slots:
        jobs.beat(mam, "others", {"queues": ["render"], "threads": slots})
        WorkerBeat.update(seen_at=now() + timedelta(hours=1)).execute()  # heard of however slow this goes
    previews.request(mam, SYSTEM, version.id, force)
    run_due(mam)
    return Version.get_by_id(version.id)


def run_due(mam: Mam) -> None:
    """Run every job that is due, and those they queue."""
    while (job := Job.select().where(Job.state == "queued", Job.run_after <= now()).first()) is not None:
        jobs.run(mam, job.id)
