"""mam_transcode on the processor, with real clips: the contract, exact frames, sound in step."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import mam_transcode_cpu
import pytest

from mam.testing_transcoders import Rendered, Transcode, TranscoderContract, decode, make_film

Render = Callable[[Path], Rendered]
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1")
TONE = ("-f", "lavfi", "-i", "sine=d=1")


class TestContract(TranscoderContract):
    """What every transcoder has to do."""

    @pytest.fixture
    def transcode(self) -> Transcode:
        return mam_transcode_cpu.mam_transcode


# --- frames --------------------------------------------------------------------------------------

RATES = {
    "23.976 with B-frames in mp4": ("24000/1001", "film.mp4", (*X264, "-bf", "2")),
    "29.97 in matroska, which counts milliseconds": ("30000/1001", "film.mkv", (*X264, "-bf", "3")),
    "59.94 in a transport stream": ("60000/1001", "film.ts", X264),
    "25 of key frames only": ("25", "film.mov", ("-c:v", "prores_ks", "-profile:v", "0")),
    "1 a second": ("1", "film.mp4", X264),
    "100": ("100", "film.mp4", X264),
}


@pytest.mark.parametrize("case", RATES)
def test_every_frame_of_a_rung_is_the_sources_frame_of_that_number(
    case: str, render: Render, tmp_path: Path
) -> None:
    """A frame's number is burnt in as its brightness: 20 + 4n."""
    # Given a film whose frame n has the brightness 20 + 4n
    rate, name, options = RATES[case]
    shade = f"color=black:s=64x64:r={rate},format=yuv420p,geq=lum=20+4*N:cb=128:cr=128"
    film = make_film(tmp_path / name, "-f", "lavfi", "-i", shade, "-frames:v", "48", *options)

    # When it is transcoded
    made = render(film)

    # Then frame n lies at exactly n / rate, and shows that brightness
    assert made.recipe.frame_rate == Fraction(rate)
    times = [frame.time for frame in made.frames("64")]
    assert times == [number / Fraction(rate) for number in range(48)]
    seen = [round((shade - 20) / 4) for shade in made.luma("64")]
    assert seen == list(range(48))


def test_lower_rungs_show_the_same_frames(render: Render, tmp_path: Path) -> None:
    shade = "color=black:s=640x480:r=25,format=yuv420p,geq=lum=20+4*N:cb=128:cr=128"
    film = make_film(tmp_path / "film.mp4", "-f", "lavfi", "-i", shade, "-frames:v", "12", *X264)

    made = render(film)

    assert [rung.name for rung in made.recipe.rungs] == ["480", "360"]
    for name in ("480", "360"):
        assert [round((luma - 20) / 4) for luma in made.luma(name)] == list(range(12))


# --- sound ---------------------------------------------------------------------------------------


def beeps(made: Rendered, name: str = "audio0") -> list[float]:
    """When a tone begins in an audio rendition, in seconds."""
    raw = decode(made.folder / name / "index.m3u8", "-f", "s16le", "-ac", "1", "-ar", "48000")
    loud = [
        abs(int.from_bytes(raw[at : at + 2], "little", signed=True)) > 2000 for at in range(0, len(raw), 2)
    ]
    last_loud, starts = -48_000, []
    for number, is_loud in enumerate(loud):
        if is_loud:
            if number - last_loud > 4800:
                starts.append(number / 48_000)
            last_loud = number
    return starts


def flashes(made: Rendered) -> list[float]:
    """When a white frame begins in the top rung, in seconds."""
    lumas = [0.0, *made.luma(made.recipe.rungs[0].name)]
    turns = [number for number, (before, now) in enumerate(pairwise(lumas)) if before < 120 < now]
    return [float(number / made.recipe.frame_rate) for number in turns]


FLASH = "color=black:s=64x64:r=25:d=3,format=yuv420p,geq=lum='if(eq(mod(N,25),15),235,16)':cb=128:cr=128"
BEEP = "aevalsrc='if(between(mod(t,1),0.6,0.64),sin(6283*t),0)':s=44100:d=3"

SHIFTS = {
    "together": ("0", "0", "film.mp4"),
    "sound comes 0.4 s late": ("0", "0.4", "film.mp4"),
    "sound comes 0.4 s late, matroska": ("0", "0.4", "film.mkv"),
    "picture comes 0.4 s late": ("0.4", "0", "film.mkv"),
    "picture comes 0.4 s late, transport stream": ("0.4", "0", "film.ts"),
}


@pytest.mark.parametrize("case", SHIFTS)
def test_sound_is_in_step_with_the_picture(case: str, render: Render, tmp_path: Path) -> None:
    # Given a flash and a beep at the same moments of their own tracks, one track shifted in the file
    picture_late, sound_late, name = SHIFTS[case]
    film = make_film(
        tmp_path / name,
        *("-itsoffset", picture_late, "-f", "lavfi", "-i", FLASH),
        *("-itsoffset", sound_late, "-f", "lavfi", "-i", BEEP),
        *(*X264, "-c:a", "aac"),
    )
    shift = float(sound_late) - float(picture_late)

    # When it is transcoded
    made = render(film)

    # Then the first picture lies at 0, and the beep as far from the flash as in the file (half a frame)
    seen, heard = flashes(made), beeps(made)
    assert seen == pytest.approx([0.6, 1.6, 2.6])
    wanted = [at + shift for at in seen if at + shift >= 0]
    assert heard[: len(wanted)] == pytest.approx(wanted, abs=0.02)
    # and both tracks begin at 0
    assert made.frames("audio0")[0].time == 0


def test_sound_shorter_than_the_picture_is_followed_by_silence(render: Render, tmp_path: Path) -> None:
    film = make_film(
        tmp_path / "film.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=4", "-f", "lavfi", "-i", "sine=d=1"),
        *(*X264, "-c:a", "aac"),
    )
    made = render(film)
    assert sum(segment.duration for segment in made.playlist("audio0").segments) == pytest.approx(4, abs=0.05)


def test_last_picture_stands_while_sound_goes_on(render: Render, tmp_path: Path) -> None:
    film = make_film(
        tmp_path / "film.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=64x64:r=25:d=1", "-f", "lavfi", "-i", "sine=d=5"),
        *(*X264, "-c:a", "aac"),
    )
    made = render(film)
    assert sum(segment.duration for segment in made.playlist("64").segments) == pytest.approx(5, abs=0.05)


LAYOUTS = ("mono", "stereo", "5.1", "7.1", "3.0")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sound_alone_becomes_stereo_of_the_same_length(layout: str, render: Render, tmp_path: Path) -> None:
    tone = f"aevalsrc=0.3*sin(6283*t):s=22050:d=1.5:channel_layout={layout}"
    expressions = "|".join(
        ["0.3*sin(6283*t)"] * {"mono": 1, "stereo": 2, "5.1": 6, "7.1": 8, "3.0": 3}[layout]
    )
    tone = f"aevalsrc={expressions}:s=22050:d=1.5:c={layout}"
    film = make_film(tmp_path / "sound.wav", "-f", "lavfi", "-i", tone)

    made = render(film)

    assert made.recipe.rungs == ()
    stream = made.stream("audio0")
    assert (stream["codec_name"], stream["channels"], stream["sample_rate"]) == ("aac", 2, "48000")
    assert sum(segment.duration for segment in made.playlist("audio0").segments) == pytest.approx(
        1.5, abs=0.03
    )
    raw = decode(made.folder / "audio0" / "index.m3u8", "-f", "s16le")
    left, right = raw[1::4], raw[3::4]
    assert max(left) > 0
    assert max(right) > 0


def test_a_click_of_a_sound_still_has_a_segment(render: Render, tmp_path: Path) -> None:
    film = make_film(tmp_path / "click.wav", "-f", "lavfi", "-i", "sine=d=0.005")
    assert len(render(film).playlist("audio0").segments) == 1


def test_all_tracks_are_rendered(render: Render, tmp_path: Path) -> None:
    film = make_film(
        tmp_path / "film.mkv", *PICTURE, *TONE, "-f", "lavfi", "-i", "sine=f=880:d=1",
        *("-map", "0", "-map", "1", "-map", "2", *X264, "-c:a", "aac"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra"),
    )  # fmt: skip
    made = render(film)
    assert made.recipe.audio == (0, 1)
    assert made.playlist("audio1").ended
