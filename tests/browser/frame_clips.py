"""Clips whose every frame carries its own number as blocks, in the containers and timings that studios send.

A frame is a grid of 8 x 4 blocks, black or white: 16 bits of the number, and below them the same bits turned
round. So a number is read from 360 lines as well as from 720, and a mixture of two frames is no number.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

COLUMNS, ROWS, BITS = 8, 4, 16
WIDTH, HEIGHT = 1280, 720
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p")
BFRAMES = (*X264, "-bf", "3", "-g", "48", "-x264-params", "b-pyramid=normal:open-gop=1")
AAC = ("-c:a", "aac", "-b:a", "96k")
PCM = ("-c:a", "pcm_s16le", "-ar", "48000")
UNEVEN = ("-enc_time_base", "1/90000", "-video_track_timescale", "90000")
ROUNDING = Fraction(1, 50_000)
"""Seconds that clocks of 1/90000 and of a microsecond may be apart."""


@dataclass(frozen=True)
class Clip:
    """How a clip is made. `rate` is the one it is fed in at; `pts` an expression for uneven times (seconds).

    `drop` frames at the start are hidden by an edit list; `start_label` is the first shown frame's timecode.
    `kept` is an expression of ffmpeg's `select`: the others are left out, and those before them stay longer.
    """

    name: str
    rate: Fraction
    frames: int
    video: tuple[str, ...] = X264
    audio: tuple[str, ...] = ()
    sound_seconds: float = 0.0
    sound_delay: float = 0.0
    muxing: tuple[str, ...] = ()
    start_label: str | None = None
    pts: str = ""
    kept: str = ""
    drop: int = 0
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def seconds(self) -> float:
        """How long the pictures last."""
        return float(self.frames / self.rate)


def block_frame(number: int, width: int, height: int) -> bytes:
    """One grey frame with its number."""
    bits = [(number >> bit) & 1 for bit in range(BITS)]
    cells = np.array([*bits, *(1 - bit for bit in bits)], np.uint8).reshape(ROWS, COLUMNS) * 200 + 28
    return np.kron(cells, np.ones((height // ROWS, width // COLUMNS), np.uint8)).tobytes()


def number_in(path: Path) -> tuple[int, int]:
    """The number that a picture file shows, and its height; -1 where two frames are mixed."""
    with Image.open(path) as opened:
        grey = np.asarray(opened.convert("L"), np.int16)
    height, width = grey.shape
    rows = ((np.arange(ROWS) + 0.5) * height / ROWS).astype(int)
    columns = ((np.arange(COLUMNS) + 0.5) * width / COLUMNS).astype(int)
    cells = grey[np.ix_(rows, columns)].reshape(-1)
    apart = cells[:BITS] - cells[BITS:]
    if (np.abs(apart) < 60).any():
        return -1, height
    return sum(1 << bit for bit in range(BITS) if apart[bit] > 0), height


def make(clip: Clip, folder: Path) -> Path:
    """Write the clip; its path."""
    path = folder / clip.name
    whole = path if not clip.drop else folder / f"whole-{clip.name}"
    _encode(clip, whole)
    if clip.drop:
        at = f"{float(clip.drop / clip.rate):.6f}"
        _run("-ss", at, "-i", str(whole), "-c", "copy", str(path))
    return path


def _encode(clip: Clip, path: Path) -> None:
    command = [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "gray",
        "-s",
        f"{clip.width}x{clip.height}",
        "-r",
        str(clip.rate),
        "-i",
        "-",
    ]
    if clip.audio:
        seconds = clip.sound_seconds or clip.seconds
        command += ["-itsoffset", str(clip.sound_delay), "-f", "lavfi", "-i", f"sine=f=440:d={seconds}"]
    timing = []
    if clip.pts:
        timing = ["-vf", f"settb=1/90000,setpts='({clip.pts})/TB'", "-fps_mode", "vfr", *UNEVEN]
    elif clip.kept:
        timing = ["-vf", f"select='{clip.kept}'", "-fps_mode", "vfr"]
    timecode = ["-timecode", clip.start_label] if clip.start_label else []
    _run(
        *command, *timing, *clip.video, *clip.audio, *timecode, *clip.muxing, str(path), frames=_frames(clip)
    )


def _frames(clip: Clip) -> Iterator[bytes]:
    return (block_frame(number, clip.width, clip.height) for number in range(clip.frames))


def _run(*arguments: str, frames: Iterator[bytes] | None = None) -> None:
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg, "the browser tests need ffmpeg"
    command = [ffmpeg, "-v", "error", "-y", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        for frame in frames or ():
            process.stdin.write(frame)
        _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told.decode()[-2000:]


def shown_times(path: Path) -> list[Fraction]:
    """When each frame of a file is shown, from its first one on, as ffprobe's decoder has it."""
    ffprobe = shutil.which("ffprobe")
    assert ffprobe, "the browser tests need ffprobe"
    entries = [
        "-select_streams",
        "v:0",
        "-show_entries",
        "frame=best_effort_timestamp_time",
        "-of",
        "csv=p=0",
    ]
    found = subprocess.run(
        [ffprobe, "-v", "error", *entries, path], check=True, capture_output=True, timeout=60
    )
    times = [Fraction(line.strip(",")) for line in found.stdout.decode().split() if line.strip(",")]
    return [time - times[0] for time in times]


def covering(times: list[Fraction], seconds: Fraction) -> set[int]:
    """Which frame a moment belongs to: the last that has begun; two where it is a border, within rounding."""
    moments = (seconds - ROUNDING, seconds + ROUNDING)
    return {max(0, sum(time <= moment for time in times) - 1) for moment in moments}
