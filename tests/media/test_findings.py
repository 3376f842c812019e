"""Automatic QC on real decodes: faults are found on the very frame, and nothing is found where nothing is."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from qc_clips import CLEAN, QUIET, faulty, find, findings, look, make, where

from mam.config import Qc

RATES = {
    "23.976": (Fraction(24000, 1001), "01:00:00:00", "01:00:02:02"),
    "25": (Fraction(25), "10:00:00:00", "10:00:02:00"),
    "29.97 DF": (
        Fraction(30000, 1001),
        "00:00:58;20",
        "00:01:00;12",
    ),  # crosses a minute: ;00 and ;01 fall out
}


@pytest.mark.parametrize("name", RATES)
def test_faults_are_found_on_their_frames(name: str, tmp_path: Path) -> None:
    # Given a film with known faults
    rate, start, black_at = RATES[name]
    path = faulty(tmp_path, rate, start)
    # When it is analysed
    found = findings(path, tmp_path / "pipes")
    # Then each is there, on its first and its last frame
    assert where(found, "duplicated") == [(20, 22)]
    assert where(found, "dropped") == [(30, 31)]
    assert where(found, "black") == [(50, 74)]
    assert where(found, "freeze") == [(90, 150)]
    assert where(found, "silence") == [(40, 79)]
    # the crest of the sine reaches full scale some samples after the section begins, never a frame after
    assert where(found, "clipping") == [(100, 104)]
    assert where(found, "mixed_rate") == where(found, "interlace") == []
    # And the labels count from the source's own, as it counts
    black = next(one for one in found if one.kind == "black")
    assert black.timecode_in == black_at
    assert black.seconds_in == pytest.approx(float(50 / rate), abs=1e-6)
    assert black.seconds_out == pytest.approx(float(75 / rate), abs=1e-6)


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_in_what_is_clean(name: str, tmp_path: Path) -> None:
    path = make(tmp_path / "clean.mov", CLEAN[name], QUIET)
    assert findings(path, tmp_path / "pipes") == []


@pytest.mark.parametrize(("level", "expected"), [(0.0708, []), (0.1995, [-14.0]), (0.0355, [-29.0])])
def test_loudness_is_held_to_the_target(level: float, expected: list[float], tmp_path: Path) -> None:
    """EBU R128: -23 LUFS, half a unit either way; a 1 kHz tone in two channels reads its own level."""
    # Given a tone of that level
    tone = f"{level}*sin(2000*PI*t)"
    path = make(tmp_path / "tone.wav", None, f"aevalsrc={tone}|{tone}:s=48000", seconds=3)
    # When it is analysed
    found = findings(path, tmp_path / "pipes")
    # Then it is told where it is off, and has no frames
    assert [one.value for one in found] == pytest.approx(expected, abs=0.1)
    assert all(
        (one.kind, one.frame_in, one.timecode_in, one.track) == ("loudness", None, None, 0) for one in found
    )


def test_true_peak_between_the_samples_is_seen(tmp_path: Path) -> None:
    """BS.1770 Annex 2: at a quarter of the sample rate, 45 degrees off, samples miss the crest by 3 dB."""
    tone = "0.98*sin(PI*n/2+PI/4)"
    path = make(
        tmp_path / "peak.wav",
        None,
        f"aevalsrc={tone}|{tone}:s=48000,afade=d=0.2,afade=t=out:st=1.7:d=0.2",
        seconds=2,
    )
    _, measured = look(path, tmp_path / "pipes")
    assert measured.sounds[0].loudness.loudness.true_peak == pytest.approx(-0.2, abs=0.3)
    assert measured.sounds[0].clipped == []


def test_a_changed_rate_is_found_where_it_changes(tmp_path: Path) -> None:
    # Given a film of 25 frames a second that goes on with 30 from its third second
    pace = "testsrc2=s=320x180:r=25,settb=1/90000,setpts='if(lt(N,75),N/25,3+(N-75)/30)/TB'"
    path = make(tmp_path / "paces.mov", f"{pace},trim=end=5", None, seconds=5)
    # When it is analysed
    found = findings(path, tmp_path / "pipes")
    # Then the shorter part is told, from the frame on that comes with the change
    rate = [one for one in found if one.kind == "mixed_rate"]
    assert [(one.value, one.severity) for one in rate] == [(pytest.approx(30, abs=0.01), "warning")]
    assert rate[0].seconds_in == pytest.approx(3, abs=0.021)  # half a frame of the preview's own rate
    assert where(found, "dropped") == where(found, "duplicated") == []


@pytest.mark.parametrize("scan", ["tff", "bff"])
def test_fields_in_what_says_progressive(scan: str, tmp_path: Path) -> None:
    picture = f"testsrc2=s=720x576:r=50,interlace=scan={scan},setfield=prog"
    found = findings(make(tmp_path / "fields.mov", picture, None, seconds=3), tmp_path / "pipes")
    assert where(found, "interlace") == [(0, 74)]
    assert found[0].detail.startswith(f"Interlaced, {'top' if scan == 'tff' else 'bottom'} field first")


def test_only_the_part_with_fields_is_told(tmp_path: Path) -> None:
    # Given two seconds of frames, two of fields, two of frames
    fields = "testsrc2=s=360x288:r=50,interlace=scan=tff,setfield=prog,trim=duration=2,setpts=PTS-STARTPTS"
    frames = "testsrc2=s=360x288:r=25,trim=duration=2,setpts=PTS-STARTPTS"
    picture = f"{frames}[a];{fields}[b];{frames}[c];[a][b][c]concat=n=3"
    # When it is analysed, then the span is that one, to the window of 24 frames
    ((first, last),) = where(
        findings(make(tmp_path / "part.mov", picture, None, seconds=6), tmp_path / "p"), "interlace"
    )
    assert abs((first or 0) - 50) <= 24
    assert abs((last or 0) - 99) <= 24


def test_a_switch_turns_its_check_off(tmp_path: Path) -> None:
    path = make(tmp_path / "black.mov", "color=c=black:s=64x64:r=25", "anullsrc=r=48000", seconds=3)
    assert {one.kind for one in findings(path, tmp_path / "pipes")} == {"black", "silence"}
    assert findings(path, tmp_path / "pipes", Qc(black=False, silence=False, freeze=False)) == []


def test_markers_of_a_kind_are_bounded(tmp_path: Path) -> None:
    # Given six black spans, where two markers of a kind are kept
    picture = "testsrc2=s=64x64:r=25,drawbox=t=fill:c=black:enable='lt(mod(n,25),15)'"
    path = make(tmp_path / "many.mov", picture, None, seconds=6)
    # When it is analysed
    found = findings(path, tmp_path / "pipes", Qc(max_markers=2, freeze=False, duplicated=False))
    # Then the rest is one note over all of them
    assert where(found, "black") == [(0, 14), (25, 39), (50, 139)]
    assert (found[-1].severity, found[-1].value, found[-1].detail) == ("info", 4, "4 more.")


def test_pictures_that_come_late_are_counted_from_the_first(tmp_path: Path) -> None:
    """Second 0 is the first picture, as the player counts; sound before it is none of the preview."""
    picture = "testsrc2=s=320x180:r=25,drawbox=t=fill:c=black:enable='between(n,25,49)'"
    late = make(tmp_path / "late.mov", picture, None, seconds=3)
    path = tmp_path / "late.mkv"
    mux = ["-itsoffset", "0.48", "-i", str(late), "-f", "lavfi", "-i", f"{QUIET}:d=4", "-c:v", "copy"]
    make_with(mux, path)
    info, measured = look(path, tmp_path / "pipes")
    assert info.video is not None
    assert info.video.start == pytest.approx(0.48, abs=0.001)
    assert where(find(info, Qc(), measured), "black") == [(25, 49)]


def make_with(arguments: list[str], path: Path) -> None:
    import subprocess

    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments, "-c:a", "pcm_s16le", str(path)], check=True)


def test_what_a_file_says_of_itself_is_no_finding(tmp_path: Path) -> None:
    """Words in the file's own metadata that look like a filter's are never read as such."""
    words = [
        "-metadata",
        "lavfi.black_start=0",
        "-metadata:s:v",
        "comment=\nlavfi.black_start=0\nframe:0 pts:0",
    ]
    path = make(tmp_path / "words.mov", CLEAN["shapes"], QUIET, *words)
    assert findings(path, tmp_path / "pipes") == []


@pytest.mark.parametrize("channels", [1, 6, 12, 16])
def test_many_channels_are_one_track(channels: int, tmp_path: Path) -> None:
    tones = "|".join(["0.05*sin(880*PI*t)"] * channels)
    path = make(tmp_path / "many.wav", None, f"aevalsrc={tones}:s=48000", seconds=1)
    _, measured = look(path, tmp_path / "pipes")
    meter = measured.sounds[0]
    assert (meter.channels, meter.heard, meter.silences) == (channels, 48_000, [])
