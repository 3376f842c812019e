"""What the whole ladder costs beside a bare ffmpeg, and how soon its first picture is there.

Prints CPU seconds and ratios: ours through the hook (sandbox, progress and all), one bare ffmpeg that makes
the same renditions with the same settings in one run (each rung scaled from the source, and cascaded as we
do it), and one bare ffmpeg a rung.
"""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mam.config import Config
from mam.media.ffmpeg import find_tools
from mam.media.ladder import plan
from mam.media.limits import Limits
from mam.media.probe import probe
from mam.media.recipe_args import names
from mam.media.sandbox import open_sandbox
from mam.plugins import open_hooks
from mam.testing_transcoders import make_film
from mam.types import MediaInfo, Progress, Recipe, Source, Target, TranscodeResult

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

IDLE_SECONDS = 4  # "playable within 5 s of promote" leaves one for describing and publishing
SECONDS = 16  # of film: eight segments, so that start-up hardly counts
X264 = "-c:v libx264 -preset veryfast -profile:v high -bf 0 -sc_threshold 0 -flags +cgop"
HLS = "-f hls -hls_segment_type fmp4 -hls_list_size 0 -hls_playlist_type event -hls_flags temp_file"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A 1080p film of moving shapes and grain, H.264 and AAC, 23.976 frames a second."""
    return make_film(
        tmp_path_factory.mktemp("ladder") / "film.mp4",
        *("-f", "lavfi", "-i", f"testsrc2=s=1920x1080:r=24000/1001:d={SECONDS},noise=alls=6:allf=t"),
        *("-f", "lavfi", "-i", f"sine=d={SECONDS}:r=48000", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", "21", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2"),
    )


@pytest.fixture
def source(film: Path) -> Source:
    return described(film)


def described(film: Path) -> Source:
    tools = find_tools()
    media = probe(tools, open_sandbox("auto", tools), film, Limits())
    return Source(film, film.name, film.stat().st_size, media)


def media_of(source: Source) -> MediaInfo:
    assert source.media is not None
    return source.media


def through_the_hook(
    source: Source, recipe: Recipe, folder: Path, report: Callable[[Progress], None]
) -> TranscodeResult:
    config = Config(data=folder / "data", plugins=("transcode_cpu",))
    target = folder / "ours"
    target.mkdir()
    result = open_hooks(config, builtins=()).first(
        "mam_transcode", config=config, source=source, recipe=recipe, target=Target(target), report=report
    )
    assert isinstance(result, TranscodeResult)
    return result


def bare(film: Path, recipe: Recipe, folder: Path, graph: str) -> float:
    """CPU seconds of one plain ffmpeg that makes the recipe with this filter graph."""
    command = [str(find_tools().ffmpeg), "-v", "error", "-nostdin", "-i", str(film), "-filter_complex", graph]
    for rung in recipe.rungs:
        rate = f"-crf {rung.crf} -maxrate {rung.max_bitrate} -bufsize {rung.max_bitrate}"
        gop = f"-g {recipe.gop} -keyint_min {recipe.gop} -pix_fmt yuv420p"
        command += ["-map", f"[v{rung.name}]", *X264.split(), *rate.split(), *gop.split()]
        command += hls(folder / rung.name, recipe)
    if recipe.audio:
        command += [
            "-map",
            "0:a:0",
            "-c:a",
            "aac",
            "-b:a",
            "128k",
            "-ac",
            "2",
            *hls(folder / "audio0", recipe),
        ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, timeout=600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def hls(folder: Path, recipe: Recipe) -> list[str]:
    folder.mkdir(parents=True)
    seconds = f"{float(recipe.segment_seconds):.6f}"
    return [
        *HLS.split(),
        "-hls_time",
        seconds,
        "-hls_segment_filename",
        f"{folder}/%05d.m4s",
        f"{folder}/i.m3u8",
    ]


def from_the_source(recipe: Recipe) -> str:
    count = len(recipe.rungs)
    splits = "".join(f"[s{rung.name}]" for rung in recipe.rungs)
    scaled = [f"[s{rung.name}]scale={rung.width}:{rung.height}[v{rung.name}]" for rung in recipe.rungs]
    return ";".join([f"[0:v:0]split={count}{splits}", *scaled])


def cascaded(recipe: Recipe) -> str:
    chain, chains = "[0:v:0]", []
    for rung in recipe.rungs[:-1]:
        chains.append(f"{chain}scale={rung.width}:{rung.height},split=2[v{rung.name}][n{rung.name}]")
        chain = f"[n{rung.name}]"
    last = recipe.rungs[-1]
    return ";".join([*chains, f"{chain}scale={last.width}:{last.height}[v{last.name}]"])


def test_whole_ladder_costs_hardly_more_than_a_bare_ffmpeg(
    source: Source,
    film: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    figure: Callable[..., None],
) -> None:
    # Given
    recipe = plan(media_of(source), Config(data=tmp_path).media)

    # When each way makes the same renditions; ours and the bare one twice, in turn, the better counts
    ours, plain = [], []
    for turn in (1, 2):
        room = tmp_path / f"turn{turn}"
        room.mkdir()
        ours.append(through_the_hook(source, recipe, room, lambda _: None).cpu_seconds)
        plain.append(bare(film, recipe, room / "bare", from_the_source(recipe)))
    cascade = bare(film, recipe, tmp_path / "cascade", cascaded(recipe))
    apart = sum(
        bare(film, one, tmp_path / f"apart-{one.rungs[0].name}", from_the_source(one))
        for one in (replace(recipe, rungs=(rung,), audio=recipe.audio[:1]) for rung in recipe.rungs)
    )

    # Then
    ratio = min(ours) / min(plain)
    figure("ladder / one bare ffmpeg, CPU", ratio, "x", at_most=1.10)
    figure("ladder / one bare ffmpeg, cascaded, CPU", min(ours) / cascade, "x")
    figure("ladder / a bare ffmpeg for each rung (sequential, as peers do), CPU", min(ours) / apart, "x")
    with capsys.disabled():
        print(f"\nladder {'/'.join(names(recipe))} of {SECONDS} s 1080p, CPU seconds:")  # noqa: T201
        print(f"  ours, through the hook           {min(ours):6.1f}")  # noqa: T201
        print(f"  one bare ffmpeg                  {min(plain):6.1f}   ours / bare = {ratio:.3f}")  # noqa: T201
        print(f"  one bare ffmpeg, cascaded        {cascade:6.1f}   {min(ours) / cascade:.3f}")  # noqa: T201
        print(f"  a bare ffmpeg for each rung      {apart:6.1f}   {min(ours) / apart:.3f}")  # noqa: T201
    assert ratio <= 1.10


def test_first_segment_of_every_rung_is_there_early_whatever_the_length(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: Callable[..., None]
) -> None:
    # Given ten minutes of film, and a note whether others use this machine (the figure is for an idle one)
    load = os.getloadavg()[0]
    long = make_film(
        tmp_path / "long.mp4", "-stream_loop", str(600 // SECONDS), "-i", str(film), "-c", "copy", "-t", "600"
    )
    probed = time.monotonic()
    source = described(long)
    recipe = plan(media_of(source), Config(data=tmp_path).media)
    began = time.monotonic()

    class SeenError(Exception):
        pass

    def look(_: Progress) -> None:
        if all((tmp_path / "ours" / name / "index.m3u8").is_file() for name in names(recipe)):
            raise SeenError

    # When it is transcoded until every rendition lists a segment
    config = Config(data=tmp_path / "data", plugins=("transcode_cpu",))
    (tmp_path / "ours").mkdir()
    impl = open_hooks(config, builtins=()).plugins["transcode_cpu"].module
    with pytest.raises(SeenError):
        impl.mam_transcode(config, source, recipe, Target(tmp_path / "ours"), look)
    seconds = time.monotonic() - began
    busy = load > 1
    note = f"load {load:.1f} before: promised for an idle machine" if busy else ""
    promise = {} if busy else {"at_most": IDLE_SECONDS}
    figure("first segment of every rendition, of ten minutes", seconds, "s", note=note, **promise)

    # Then
    with capsys.disabled():
        words = f"probe {began - probed:.2f} s; first segment of all renditions {seconds:.2f} s"
        print(f"\n{words} (load {load:.1f})")  # noqa: T201
    assert seconds < IDLE_SECONDS or busy
