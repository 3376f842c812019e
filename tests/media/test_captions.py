"""Captions out of real films: every kind of text track, one clock, hostile words inert."""

from __future__ import annotations

from pathlib import Path

import pytest
from media_helpers import Clip

from mam.errors import CancelledWorkError, SourceError
from mam.media import vtt
from mam.media.captions import extract
from mam.media.ffmpeg import Tools
from mam.media.limits import Limits
from mam.media.probe import probe
from mam.media.sandbox import Sandbox
from mam.types import CaptionTrack, MediaInfo

CORPUS = Path(__file__).parents[3] / "shared" / "media"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
SRT = (
    "1\n00:00:00,200 --> 00:00:00,600\nBonjour <i>toi</i>\n\n"
    "2\n00:00:00,600 --> 00:00:00,900\n<script>alert(1)</script> & co\n"
)


@pytest.fixture(scope="session")
def srt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("captions") / "words.srt"
    path.write_text(SRT)
    return path


@pytest.fixture(scope="session")
def captioned(clip: Clip, srt: Path) -> Path:
    """Three text tracks: SubRip in French, ASS forced, WebVTT without a name."""
    tracks = ["-i", str(srt), "-map", "0:v", "-map", "1:a", *["-map", "2:s"] * 3, *X264, "-c:a", "aac"]
    tracks += ["-c:s:0", "subrip", "-c:s:1", "ass", "-c:s:2", "webvtt"]
    tracks += [
        "-metadata:s:s:0",
        "language=fre",
        "-metadata:s:s:0",
        'title=Fran"çais',
        "-disposition:s:1",
        "forced",
    ]
    return clip("captioned.mkv", *tracks)


def cues(folder: Path, index: int) -> tuple[vtt.Cue, ...]:
    return vtt.read((folder / f"captions-{index}.vtt").read_text())


def test_every_text_track_becomes_webvtt(
    tools: Tools, sandbox: Sandbox, captioned: Path, tmp_path: Path
) -> None:
    # Given a film with three text tracks
    media = probe(tools, sandbox, captioned, Limits())
    assert media.captions == (
        CaptionTrack(0, "subrip", "fre", 'Fran"çais'),
        CaptionTrack(1, "ass", forced=True),
        CaptionTrack(2, "webvtt"),
    )
    # When they are taken out
    assert extract(tools, sandbox, captioned, media, tmp_path) == media.captions
    # Then each says its words at its time, and nothing else lies there
    for index in range(3):
        first, second = cues(tmp_path, index)
        assert (first.start, first.end) == pytest.approx((0.2, 0.6), abs=0.02)
        assert first.text == "Bonjour <i>toi</i>"
        assert "<script" not in second.text
        assert "&amp; co" in second.text
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"captions-{n}.vtt" for n in range(3)]


def test_mov_text_has_the_clock_of_the_pictures(
    tools: Tools, sandbox: Sandbox, clip: Clip, srt: Path, tmp_path: Path
) -> None:
    # Given a film whose first picture comes 0.1 s after the sound
    late = [
        "-i",
        str(srt),
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-map",
        "2:s",
        *X264,
        "-c:a",
        "aac",
        "-c:s",
        "mov_text",
    ]
    film = clip("late.mp4", *late, "-vf", "setpts=PTS+0.1/TB")
    media = probe(tools, sandbox, film, Limits())
    assert media.video is not None
    assert media.video.start == pytest.approx(0.1, abs=0.03)
    # When / Then the words are told from the first picture on
    extract(tools, sandbox, film, media, tmp_path)
    assert cues(tmp_path, 0)[0].start == pytest.approx(0.1, abs=0.03)


def test_a_track_that_breaks_does_not_cost_the_others(
    tools: Tools, sandbox: Sandbox, captioned: Path, tmp_path: Path
) -> None:
    # Given a description that promises a track more than there is
    media = probe(tools, sandbox, captioned, Limits())
    missing = CaptionTrack(7, "subrip")
    more = MediaInfo("video", "matroska", "video/mp4", captions=(missing, *media.captions))
    # When / Then
    assert extract(tools, sandbox, captioned, more, tmp_path) == media.captions


def test_it_ends_when_told_and_when_its_time_is_over(
    tools: Tools, sandbox: Sandbox, captioned: Path, tmp_path: Path
) -> None:
    media = probe(tools, sandbox, captioned, Limits())

    def stop(_block: dict[str, str]) -> None:
        raise CancelledWorkError("Enough.")

    with pytest.raises(CancelledWorkError):
        extract(tools, sandbox, captioned, media, tmp_path, on_progress=stop)
    with pytest.raises(SourceError):
        extract(tools, sandbox, captioned, media, tmp_path, limits=Limits(wall_seconds=0.0))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not beside this checkout")
def test_hostile_words_are_inert(tools: Tools, sandbox: Sandbox, tmp_path: Path) -> None:
    # Given a film whose captions are HTML
    film = CORPUS / "hostile" / "sg_movtext_html_subs.mp4"
    media = probe(tools, sandbox, film, Limits())
    # When / Then only words and an italic are left
    extract(tools, sandbox, film, media, tmp_path)
    assert [cue.text for cue in cues(tmp_path, 0)] == ["alert(1) <i>hello</i>"]
