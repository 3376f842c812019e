"""The executable promise of `mam_transcode`, and eyes to look at what a transcoder made.

A plugin's tests subclass `TranscoderContract` and say how to call their transcoder. ffmpeg and ffprobe are
started here directly: they read only what the tests made themselves.
"""

from __future__ import annotations

import json
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mam.config import Config
from mam.errors import CancelledWorkError
from mam.media.ffmpeg import find_tools
from mam.media.fragments import configuration
from mam.media.ladder import plan
from mam.media.limits import Limits
from mam.media.pieces import hashes
from mam.media.playlists import INIT_NAME, MediaPlaylist, parse_media
from mam.media.probe import probe
from mam.media.recipe_args import SEAM_FIRST, SEAM_NEXT, names
from mam.media.sandbox import open_sandbox
from mam.types import SEAM_FRAMES, MediaInfo, Progress, Recipe, Report, Source, Target, TranscodeResult

Transcode = Callable[[Config, Source, Recipe, Target, Report], TranscodeResult | None]

_SECONDS = 60


def make_film(path: Path, *arguments: str) -> Path:
    """Make a clip with ffmpeg's own arguments (inputs and outputs options, without the output's name)."""
    command: list[str | Path] = [find_tools().ffmpeg, "-v", "error", "-nostdin", "-y", *arguments, path]
    subprocess.run(command, check=True, timeout=_SECONDS)
    return path


def turned(film: Path, out: Path, clockwise: int) -> Path:
    """A copy of an MP4 whose picture is turned 90, 180 or 270 degrees by its matrix, as phones write it."""
    one = 0x10000
    a, b, c, d = {90: (0, one, -one, 0), 180: (-one, 0, 0, -one), 270: (0, -one, one, 0)}[clockwise]
    data = bytearray(film.read_bytes())
    header = data.index(b"tkhd") + 4
    struct.pack_into(">9i", data, header + 40, a, b, 0, c, d, 0, 0, 0, 0x40000000)
    out.write_bytes(data)
    return out


@dataclass(frozen=True)
class Frame:
    """One packet of a rendition: when it is shown, and whether a decoder can start at it."""

    time: Fraction
    key: bool


@dataclass(frozen=True)
class Rendered:
    """A finished transcode, with the questions that tests ask of it."""

    folder: Path
    media: MediaInfo
    recipe: Recipe
    result: TranscodeResult | None
    reports: tuple[tuple[float, Progress], ...]

    def playlist(self, name: str) -> MediaPlaylist:
        """What a rendition's playlist lists."""
        return parse_media((self.folder / name / "index.m3u8").read_text(encoding="ascii"))

    def stream(self, name: str) -> dict[str, Any]:
        """What ffprobe says of a rendition."""
        text = ask_ffprobe(self.folder / name / "index.m3u8", "-show_streams", "-of", "json")
        return dict(json.loads(text)["streams"][0])

    def frames(self, name: str) -> list[Frame]:
        """Every packet of a rendition with its exact time, read from the joined segments."""
        joined = self.folder / f"{name}.joined.mp4"
        parts = ["init.mp4", *(segment.name for segment in self.playlist(name).segments)]
        joined.write_bytes(b"".join((self.folder / name / part).read_bytes() for part in parts))
        entries = ("-show_entries", "packet=pts,flags:stream=time_base", "-of", "json")
        report = json.loads(ask_ffprobe(joined, *entries))
        base = Fraction(report["streams"][0]["time_base"])
        return [Frame(packet["pts"] * base, "K" in packet["flags"]) for packet in report["packets"]]

    def luma(self, name: str) -> list[float]:
        """The mean brightness (0-255, as coded) of every frame of a rung."""
        rung = next(rung for rung in self.recipe.rungs if rung.name == name)
        area = rung.width * rung.height
        raw = decode(self.folder / name / "index.m3u8", "-f", "rawvideo", "-pix_fmt", "yuv420p")
        return [sum(raw[at : at + area]) / area for at in range(0, len(raw), area * 3 // 2)]


def ask_ffprobe(path: Path, *questions: str) -> str:
    """What ffprobe says about a file of our own making."""
    command: list[str | Path] = [find_tools().ffprobe, "-v", "error", *questions, path]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS)
    return done.stdout


def decode(path: Path, *output: str) -> bytes:
    """Decode a file of our own making to raw bytes; `output` are ffmpeg's options for that."""
    command: list[str | Path] = [
        find_tools().ffmpeg,
        "-v",
        "error",
        "-nostdin",
        "-i",
        path,
        "-fps_mode",
        "passthrough",
    ]
    command += [*output, "-"]
    return subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS).stdout


def render_with(
    transcode: Transcode,
    config: Config,
    film: Path,
    folder: Path,
    report: Report | None = None,
    **changes: Any,
) -> Rendered:
    """Probe, plan and transcode a film into `folder`, as the core does; `changes` are of the recipe."""
    tools = find_tools(config.media.ffmpeg)
    media = probe(tools, open_sandbox(config.media.sandbox), film, Limits())
    recipe = replace(plan(media, config.media, config.ladder), **changes)
    source = Source(film, film.name, film.stat().st_size, media)
    folder.mkdir(parents=True)
    reports: list[tuple[float, Progress]] = []

    def note(progress: Progress) -> None:
        reports.append((time.monotonic(), progress))
        if report is not None:
            report(progress)

    result = transcode(config, source, recipe, Target(folder), note)
    return Rendered(folder, media, recipe, result, tuple(reports))


class TranscoderContract:
    """What every transcoder has to do. Subclass it and answer `transcode` (a fixture)."""

    @pytest.fixture
    def transcode(self) -> Transcode:
        """The transcoder's `mam_transcode`, taking all five arguments."""
        raise NotImplementedError

    @pytest.fixture
    def rendered(self, transcode: Transcode, tmp_path: Path) -> Rendered:
        """Three seconds of film with sound at 30000/1001 frames a second, transcoded."""
        film = make_film(
            tmp_path / "film.mov",
            *("-f", "lavfi", "-i", "testsrc2=s=640x360:r=30000/1001:d=3", "-f", "lavfi", "-i", "sine=d=3"),
            *("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac"),
        )
        return render_with(transcode, Config(data=tmp_path / "data"), film, tmp_path / "target")

    def test_every_rendition_is_whole_and_ended(self, rendered: Rendered) -> None:
        for name in names(rendered.recipe):
            listed = rendered.playlist(name)
            files = {path.name for path in (rendered.folder / name).iterdir()}
            assert listed.ended
            assert files == {"init.mp4", "index.m3u8", *(segment.name for segment in listed.segments)}

    def test_frame_n_lies_at_n_over_the_rate(self, rendered: Rendered) -> None:
        rate = rendered.recipe.frame_rate
        for rung in rendered.recipe.rungs:
            times = [frame.time for frame in rendered.frames(rung.name)]
            assert len(times) == rendered.media.video.frames  # type: ignore[union-attr]
            assert times == [number / rate for number in range(len(times))]

    def test_each_segment_is_one_closed_gop(self, rendered: Rendered) -> None:
        for rung in rendered.recipe.rungs:
            keys = [n for n, frame in enumerate(rendered.frames(rung.name)) if frame.key]
            assert keys == list(range(0, keys[-1] + 1, rendered.recipe.gop))
            assert len(keys) == len(rendered.playlist(rung.name).segments)

    def test_pieces_meet_exactly(self, transcode: Transcode, rendered: Rendered, tmp_path: Path) -> None:
        film, gop = tmp_path / "film.mov", rendered.recipe.gop
        config = Config(data=tmp_path / "data")
        first = render_with(transcode, config, film, tmp_path / "first", audio=(), frames=gop)
        last = render_with(transcode, config, film, tmp_path / "last", audio=(), start_frame=gop)
        proof = hashes((first.folder / SEAM_NEXT).read_text(encoding="ascii"))
        seam = hashes((last.folder / SEAM_FIRST).read_text(encoding="ascii"))
        assert proof == seam
        assert len(proof) == SEAM_FRAMES
        for rung in rendered.recipe.rungs:
            counts = [len(one.frames(rung.name)) for one in (first, last, rendered)]
            assert counts == [gop, counts[2] - gop, counts[2]]
            inits = [(one.folder / rung.name / INIT_NAME).read_bytes() for one in (first, last)]
            assert configuration(inits[0]) == configuration(inits[1])

    def test_progress_is_reported_and_never_goes_back(self, rendered: Rendered) -> None:
        percents = [progress.percent for _, progress in rendered.reports]
        assert percents
        assert percents == sorted(percents)
        assert all(0 <= percent <= 100 for percent in percents)

    def test_cancelling_passes_through(self, transcode: Transcode, tmp_path: Path) -> None:
        film = make_film(
            tmp_path / "film.mp4", "-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=20", "-c:v", "mpeg4"
        )

        def stop(_: Progress) -> None:
            raise CancelledWorkError("the lease is lost")

        with pytest.raises(CancelledWorkError):
            render_with(transcode, Config(data=tmp_path / "data"), film, tmp_path / "target", stop)
