"""A card that is not there, cannot, or fails in the middle: the job goes on to the processor.

NVML is a stand-in module and the failing card an ffmpeg in shell; hooks, sandbox and the processor's
encode are real.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import mam_transcode_nvenc
import pytest
from mam_transcode_nvenc.detect import UnavailableError, find_card, trial, trouble

from mam.config import Config, Media
from mam.errors import SourceError
from mam.media.ffmpeg import find_tools
from mam.media.sandbox import open_sandbox
from mam.plugins import State, open_hooks
from mam.testing_transcoders import Rendered, make_film, render_with
from mam.types import Recipe, Report, Source, Target, TranscodeResult

CHAIN = ("transcode_nvenc", "transcode_cpu")
FakeNvml = Callable[..., None]


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> FakeNvml:
    """Install a stand-in for NVML: cards as (name, encoder capacity or None for "not supported")."""

    def install(*cards: tuple[str, int | None], driver: bool = True) -> None:
        module = ModuleType("pynvml")

        class NVMLError(Exception):
            pass

        def init() -> None:
            if not driver:
                raise NVMLError("NVML Shared Library Not Found")

        def capacity(card: int, kind: int) -> int:
            found = cards[card][1]
            if found is None:
                raise NVMLError("Not Supported")
            return found

        module.__dict__.update(
            NVMLError=NVMLError,
            NVML_ENCODER_QUERY_H264=0,
            nvmlInit=init,
            nvmlShutdown=lambda: None,
            nvmlSystemGetDriverVersion=lambda: "580.95",
            nvmlDeviceGetCount=lambda: len(cards),
            nvmlDeviceGetHandleByIndex=lambda index: index,
            nvmlDeviceGetName=lambda card: cards[card][0],
            nvmlDeviceGetMinorNumber=lambda card: card,
            nvmlDeviceGetEncoderCapacity=capacity,
        )
        monkeypatch.setitem(sys.modules, "pynvml", module)

    return install


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(
        tmp_path / "film.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3", "-c:v", "libx264", "-pix_fmt", "yuv420p"),
    )


def card_that(tmp_path: Path, does: str) -> str:
    """The path of an ffmpeg that does `does` when asked for NVENC, and else is the real one."""
    folder = tmp_path / "tools"
    folder.mkdir()
    real = find_tools()
    trial_works = f'*color=gray*) exec {real.ffmpeg} "${{@//h264_nvenc/libx264}}"'
    card = f'case "$*" in {trial_works};; *h264_nvenc*) {does};; esac'
    (folder / "ffmpeg").write_text(f'#!/usr/bin/bash\n{card}\nexec {real.ffmpeg} "$@"\n')
    (folder / "ffprobe").write_text(f'#!/usr/bin/bash\nexec {real.ffprobe} "$@"\n')
    for name in ("ffmpeg", "ffprobe"):
        (folder / name).chmod(0o755)
    return str(folder / "ffmpeg")


def through_the_chain(config: Config, film: Path, folder: Path) -> tuple[Rendered, list[str]]:
    """Transcode as the core does: ask the hook, empty the folder after each one who declines."""
    hooks = open_hooks(replace(config, plugins=CHAIN), builtins=())
    hooks.check_all()
    assert hooks.plugins["transcode_nvenc"].state is State.ENABLED, hooks.plugins["transcode_nvenc"].reason
    declined: list[str] = []

    def transcode(
        config: Config, source: Source, recipe: Recipe, target: Target, report: Report
    ) -> TranscodeResult | None:
        def empty(name: str) -> None:
            declined.append(name)
            for path in sorted(target.folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()

        arguments = {"config": config, "source": source, "recipe": recipe, "target": target, "report": report}
        answer = hooks.first("mam_transcode", declined=empty, **arguments)
        assert answer is None or isinstance(answer, TranscodeResult)
        return answer

    return render_with(transcode, config, film, folder), declined


# --- before any job --------------------------------------------------------------------------------


def test_without_a_driver_the_plugin_is_stopped_by_its_self_check(nvml: FakeNvml, tmp_path: Path) -> None:
    nvml(driver=False)
    hooks = open_hooks(Config(data=tmp_path, plugins=CHAIN), builtins=())
    hooks.check_all()
    plugin = hooks.plugins["transcode_nvenc"]
    assert plugin.state is State.STOPPED_BY_SELF_CHECK
    assert "no NVIDIA driver" in plugin.reason
    assert hooks.plugins["transcode_cpu"].state is State.ENABLED


def test_without_the_library_the_reason_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    with pytest.raises(UnavailableError, match="nvidia-ml-py"):
        find_card()


@pytest.mark.parametrize("capacity", [None, 0])
def test_data_centre_card_without_an_encoder_is_declined_by_name(
    capacity: int | None, nvml: FakeNvml
) -> None:
    nvml(("NVIDIA H100 80GB HBM3", capacity))
    with pytest.raises(UnavailableError, match="NVIDIA H100 80GB HBM3: no video encoder"):
        find_card()


def test_card_with_most_to_spare_is_chosen(nvml: FakeNvml) -> None:
    nvml(("NVIDIA A100", None), ("NVIDIA L4", 40), ("NVIDIA RTX 4000", 90))
    card = find_card()
    assert (card.name, card.driver, card.capacity) == ("NVIDIA RTX 4000", "580.95", 90)


def test_trial_tells_why_it_failed(tmp_path: Path) -> None:
    tools = find_tools(card_that(tmp_path, "exit 1"))
    sandbox = open_sandbox("auto", tools)
    trial(tools, sandbox, "libx264", ())
    with pytest.raises(UnavailableError, match="built without no_such_encoder"):
        trial(tools, sandbox, "no_such_encoder", ())


def test_card_that_nvml_praises_and_that_cannot_is_stopped_by_the_trial(
    nvml: FakeNvml, tmp_path: Path
) -> None:
    """NVML says 100 %, the machine has no card: the trial with the real ffmpeg finds out."""
    nvml(("NVIDIA GHOST", 100))
    findings = mam_transcode_nvenc.mam_check(Config(data=tmp_path))
    assert [finding.blocks for finding in findings] == [True]
    assert "A trial with h264_nvenc failed" in findings[0].message


def test_troubles_of_the_card_are_told_from_those_of_the_file() -> None:
    session = "[h264_nvenc @ 0x5] OpenEncodeSessionEx failed: out of memory (10): (no details)"
    assert trouble(session) == "the card has no session or memory free"
    assert trouble("[h264_nvenc @ 0x5] No capable devices found") == "no card here can encode this"
    assert trouble("Cannot load libcuda.so.1") == "the driver's CUDA library is missing"
    assert trouble("[mov] moov atom not found") == ""


# --- in the middle of a job ------------------------------------------------------------------------

SESSIONS = "echo 'OpenEncodeSessionEx failed: out of memory (10)' >&2; exit 1"
FAILURES = {
    "no session free": SESSIONS,
    "driver lost after the first segments": (
        "mkdir -p 180; echo half > 180/00000.m4s; sleep 1; "
        "echo 'EncodePicture failed!: invalid device' >&2; exit 1"
    ),
    "crash in the driver": "kill -SEGV $$; exit 139",
    "words nobody knows": "echo 'something new' >&2; exit 1",
}


@pytest.mark.parametrize("case", FAILURES)
def test_card_that_fails_leaves_the_preview_to_the_processor(
    case: str, nvml: FakeNvml, film: Path, tmp_path: Path
) -> None:
    # Given a card that passes every check and fails at the job
    nvml(("NVIDIA L4", 100))
    config = Config(data=tmp_path / "data", media=Media(ffmpeg=card_that(tmp_path, FAILURES[case])))

    # When a film is transcoded through the real chain
    made, declined = through_the_chain(config, film, tmp_path / "target")

    # Then the card declined, and the preview is the processor's, whole
    assert declined == ["transcode_nvenc"]
    assert made.result is not None
    assert made.result.encoder == "libx264"
    assert [frame.time for frame in made.frames("180")] == [Fraction(n, 25) for n in range(75)]


def test_card_that_hangs_is_given_up(
    nvml: FakeNvml, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mam_transcode_nvenc, "_STALL_SECONDS", 1.0)
    nvml(("NVIDIA L4", 100))
    config = Config(data=tmp_path / "data", media=Media(ffmpeg=card_that(tmp_path, "sleep 60")))
    made, declined = through_the_chain(config, film, tmp_path / "target")
    assert declined == ["transcode_nvenc"]
    assert made.result is not None


def test_card_that_works_makes_the_preview(nvml: FakeNvml, film: Path, tmp_path: Path) -> None:
    """The chain stops at the first answer. The card's part is played by x264, options translated."""
    nvml(("NVIDIA L4", 100))
    real = find_tools().ffmpeg
    options = 'a=("${@//h264_nvenc/libx264}"); a=("${a[@]/#p4/veryfast}"); a=("${a[@]/#hq/film}")'
    drop = 'b=(); for x in "${a[@]}"; do case "$x" in -rc) b+=(-crf);; vbr) b+=(23);; -cq) b+=(-qmin);; '
    drop += '-no-scenecut) b+=(-sc_threshold);; *) b+=("$x");; esac; done'
    config = Config(
        data=tmp_path / "data",
        media=Media(ffmpeg=card_that(tmp_path, f'{options}; {drop}; exec {real} "${{b[@]}}"')),
    )
    made, declined = through_the_chain(config, film, tmp_path / "target")
    assert declined == []
    assert made.result is not None
    assert made.result.encoder == "h264_nvenc"
    assert made.playlist("180").ended


def test_bad_file_is_not_blamed_on_the_card(nvml: FakeNvml, film: Path, tmp_path: Path) -> None:
    """A file that is refused is refused; the processor is not asked to try the same."""
    # Given a film that was described, and a list of other files in its place
    nvml(("NVIDIA L4", 100))

    def swapped(
        config: Config, source: Source, recipe: Recipe, target: Target, report: Report
    ) -> TranscodeResult | None:
        film.write_text("ffconcat version 1.0\nfile /x\n")
        return mam_transcode_nvenc.mam_transcode(config, source, recipe, target, report)

    # Then it raises instead of declining
    with pytest.raises(SourceError) as caught:
        render_with(swapped, Config(data=tmp_path / "data"), film, tmp_path / "target")
    assert caught.value.error_code == "source_rejected"
