"""Playlists as text: what is read, what is written, what is measured."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mam.media.playlists import (
    Captions,
    MediaPlaylist,
    Rendition,
    Segment,
    audio_names,
    bound,
    master,
    measure,
    parse_media,
    with_captions,
    write_captions,
    write_media,
)

GROWING = """#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:EVENT
#EXT-X-MAP:URI="init.mp4"
#EXTINF:2.002000,
00000.m4s
#EXTINF:2.002000,
00001.m4s
"""
TWO = (Segment("00000.m4s", 2.002), Segment("00001.m4s", 2.002))

HIGH = Rendition(
    "1080",
    "video",
    "g/1080/index.m3u8",
    "avc1.640028",
    5_000_000,
    4_000_000,
    1920,
    1080,
    Fraction(24000, 1001),
)
LOW = Rendition(
    "360", "video", "g/360/index.m3u8", "avc1.64001e", 900_000, 700_000, 640, 360, Fraction(24000, 1001)
)
SOUND = Rendition("audio0", "audio", "g/audio0/index.m3u8", "mp4a.40.2", 140_000, 128_000)


def attributes(line: str) -> dict[str, str]:
    """An attribute list as RFC 8216 reads it: commas inside quotes do not part."""
    found: dict[str, str] = {}
    rest = line.partition(":")[2]
    while rest:
        name, _, rest = rest.partition("=")
        if rest.startswith('"'):
            value, _, rest = rest[1:].partition('"')
            rest = rest.removeprefix(",")
        else:
            value, _, rest = rest.partition(",")
        found[name] = value
    return found


# --- media playlists -------------------------------------------------------------------------------


def test_encoders_playlist_is_read() -> None:
    assert parse_media(GROWING) == MediaPlaylist(TWO, ended=False)
    assert parse_media(GROWING + "#EXT-X-ENDLIST\n").ended


def test_segment_whose_name_is_not_written_yet_is_left_out() -> None:
    assert parse_media(GROWING + "#EXTINF:2.002000,\n").segments == TWO


@pytest.mark.parametrize("name", ["../x.m4s", "/etc/passwd", "http://h/x", "a b", "x\\y"])
def test_name_that_is_no_plain_file_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        parse_media(GROWING + f"#EXTINF:2.0,\n{name}\n")


@pytest.mark.parametrize("text", ["", "hello", "<html>"])
def test_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a media playlist"):
        parse_media(text)


@given(
    st.lists(st.floats(0.01, 12.0), max_size=20),
    st.booleans(),
)
def test_what_is_written_is_read_again(durations: list[float], ended: bool) -> None:
    segments = tuple(Segment(f"{n:05d}.m4s", round(length, 6)) for n, length in enumerate(durations))
    text = write_media(segments, ended=ended)
    assert parse_media(text) == MediaPlaylist(segments, ended)
    # RFC 8216: EXTINF rounded to the nearest second never exceeds the target duration
    target = int(next(line for line in text.splitlines() if "TARGETDURATION" in line).split(":")[1])
    assert all(math.floor(segment.duration + 0.5) <= target for segment in segments)


def test_growing_playlist_is_an_event_with_a_steady_target_and_the_done_one_is_vod() -> None:
    # Given the same rendition with none, one and all of its segments
    empty = write_media((), ended=False, segment_seconds=Fraction(1001, 500))
    some = write_media(TWO[:1], ended=False, segment_seconds=Fraction(1001, 500))
    done = write_media(TWO, ended=True, segment_seconds=Fraction(1001, 500))

    # Then
    for text in (empty, some, done):
        assert "#EXT-X-TARGETDURATION:2\n" in text
        assert '#EXT-X-MAP:URI="init.mp4"\n' in text
        assert "#EXT-X-INDEPENDENT-SEGMENTS\n" in text
    assert "#EXT-X-PLAYLIST-TYPE:EVENT\n" in some
    assert "ENDLIST" not in some
    assert "#EXT-X-PLAYLIST-TYPE:VOD\n" in done
    assert done.endswith("#EXT-X-ENDLIST\n")
    assert done.splitlines()[-5:-1] == ["#EXTINF:2.002000,", "00000.m4s", "#EXTINF:2.002000,", "00001.m4s"]


# --- rates -----------------------------------------------------------------------------------------


def test_peak_and_average_are_those_of_the_segments() -> None:
    assert measure([250_000, 500_000, 250_000], [2.0, 2.0, 2.0]) == (2_000_000, 1_333_334)


def test_last_segment_of_one_frame_is_no_peak() -> None:
    """RFC 8216 measures runs of 0.5 to 1.5 target durations."""
    # Given a key frame of 30 kB alone in a segment of 0.04 s: 6 Mbit/s if taken alone
    peak, average = measure([250_000, 250_000, 30_000], [2.0, 2.0, 0.04])
    # Then it counts together with its neighbour
    assert peak == math.ceil(8 * 280_000 / 2.04)
    assert average == math.ceil(8 * 530_000 / 4.04)


def test_clip_of_one_short_segment_has_a_rate() -> None:
    assert measure([10_000], [0.04]) == (2_000_000, 2_000_000)


def test_no_segments_have_no_rate() -> None:
    assert measure([], []) == (0, 0)


def test_bound_is_a_full_buffer_on_top_of_the_rate() -> None:
    assert bound(8_000_000, 2) == 12_000_000


# --- master playlists ------------------------------------------------------------------------------


def test_rungs_come_best_first_with_true_rates_and_codecs() -> None:
    # When
    lines = master([LOW, SOUND, HIGH]).splitlines()

    # Then
    assert lines[:3] == ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    streams = [(line, lines[n + 1]) for n, line in enumerate(lines) if line.startswith("#EXT-X-STREAM-INF")]
    assert [uri for _, uri in streams] == ["g/1080/index.m3u8", "g/360/index.m3u8"]
    assert attributes(streams[0][0]) == {
        "BANDWIDTH": "5140000",
        "AVERAGE-BANDWIDTH": "4128000",
        "CODECS": "avc1.640028,mp4a.40.2",
        "RESOLUTION": "1920x1080",
        "FRAME-RATE": "23.976",
        "VIDEO-RANGE": "SDR",
        "AUDIO": "audio",
        "CLOSED-CAPTIONS": "NONE",
    }
    assert attributes(streams[1][0])["BANDWIDTH"] == "1040000"


def test_silent_film_names_no_audio() -> None:
    text = master([HIGH, LOW])
    assert "AUDIO=" not in text
    assert 'CODECS="avc1.640028"' in text


def test_all_tracks_stand_in_one_group_with_one_default() -> None:
    english = replace(SOUND, language="eng", title="Main", default=True)
    french = replace(SOUND, uri="g/audio1/index.m3u8", peak=150_000, average=129_000, language="fra")
    media = [
        attributes(line) for line in master([HIGH, english, french]).splitlines() if "EXT-X-MEDIA:" in line
    ]
    assert [(one["NAME"], one["LANGUAGE"], one["DEFAULT"], one["URI"]) for one in media] == [
        ("Main · English", "en", "YES", "g/audio0/index.m3u8"),
        ("French", "fr", "NO", "g/audio1/index.m3u8"),
    ]
    # the dearest track counts in every rung's bandwidth
    assert "BANDWIDTH=5150000," in master([HIGH, english, french])


def test_sound_alone_is_a_stream_of_its_own() -> None:
    lines = master([SOUND]).splitlines()
    assert lines[-2:] == [
        '#EXT-X-STREAM-INF:BANDWIDTH=140000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2"',
        "g/audio0/index.m3u8",
    ]
    assert not any("EXT-X-MEDIA:" in line for line in lines)


def test_sound_alone_in_two_languages_is_a_group() -> None:
    second = Rendition("audio1", "audio", "g/audio1/index.m3u8", "mp4a.40.2", 150_000, 129_000)
    lines = master([SOUND, second]).splitlines()
    assert sum("EXT-X-MEDIA:" in line for line in lines) == 2
    assert attributes(lines[-2])["AUDIO"] == "audio"
    assert lines[-1] == "g/audio0/index.m3u8"


def test_captions_stand_in_a_group_of_their_own_with_the_pictures() -> None:
    # Given two tracks of one name, one of them forced
    tracks = [Captions("g/captions-0.m3u8", "eng"), Captions("g/captions-2.m3u8", "eng", 'e"ng', forced=True)]
    # When
    lines = master([HIGH, LOW, SOUND], tracks).splitlines()
    media = [attributes(line) for line in lines if "TYPE=SUBTITLES" in line]
    # Then both can be chosen, neither is shown unasked, and every rung names them
    assert [(one["NAME"], one["FORCED"], one["DEFAULT"], one["URI"]) for one in media] == [
        ("English", "NO", "NO", "g/captions-0.m3u8"),
        ("e ng (forced)", "YES", "NO", "g/captions-2.m3u8"),
    ]
    streams = [attributes(line) for line in lines if line.startswith("#EXT-X-STREAM-INF")]
    assert {one["SUBTITLES"] for one in streams} == {one["GROUP-ID"] for one in media} == {"captions"}
    # And sound alone has none
    assert "captions" not in master([SOUND], tracks)


def test_every_track_has_a_name_that_says_which_it_is() -> None:
    """Promise: all tracks named and switchable; camera masters bring 16 mono tracks without a word."""
    mono = [replace(SOUND, source_channels=1) for _ in range(16)]
    assert audio_names(mono)[0] == "Track 1 · mono"
    assert len(set(audio_names(mono))) == 16
    tracks = [
        replace(SOUND, title="Mix 5.1", language="ger", source_channels=6),
        replace(SOUND, language="ger", source_channels=6),
        replace(SOUND, title="Commentary", language="eng"),
        replace(SOUND, title="Commentary", language="eng"),
        replace(SOUND, title="English stems", language="en", source_channels=12),
        replace(SOUND, language="und"),
    ]
    assert audio_names(tracks) == [
        "Mix 5.1 · German", "German · 5.1", "Commentary · English", "Commentary · English 2",
        "English stems · 12 channels", "Track 6",
    ]  # fmt: skip
    media = [attributes(line) for line in master([HIGH, *tracks]).splitlines() if "EXT-X-MEDIA:" in line]
    assert [one["NAME"] for one in media] == audio_names(tracks)
    assert {one["CHANNELS"] for one in media} == {"2"}  # what the rendition has, whatever it was made of


def test_caption_files_join_a_playlist_that_is_written() -> None:
    # Given a playlist with a track of the film's own, and one without
    own = [Captions("g/captions-0.m3u8", "ger")]
    added = [Captions("sidecars/a.m3u8", "de"), Captions("sidecars/b.m3u8", "pt-BR", forced=True)]
    for captions in (own, []):
        text = with_captions(master([HIGH, LOW, SOUND], captions), added)
        # When it is read: all are in one group, no name twice, every rung names the group once
        media = [attributes(line) for line in text.splitlines() if "TYPE=SUBTITLES" in line]
        assert [one["URI"] for one in media] == [one.uri for one in (*captions, *added)]
        assert len({one["NAME"] for one in media}) == len(media)
        assert media[-1]["NAME"] == "Portuguese (BR) (forced)"
        streams = [attributes(line) for line in text.splitlines() if line.startswith("#EXT-X-STREAM-INF")]
        assert [one["SUBTITLES"] for one in streams] == ["captions", "captions"]
    # And nothing changes where there is nothing to add, or sound alone
    assert with_captions(master([HIGH]), []) == master([HIGH])
    assert with_captions(master([SOUND]), added) == master([SOUND])


def test_captions_are_one_file_for_the_whole_length() -> None:
    read = parse_media(write_captions("captions-0.vtt", 5.04))
    assert (read.segments, read.ended) == ((Segment("captions-0.vtt", 5.04),), True)
    assert "#EXT-X-TARGETDURATION:5\n" in write_captions("captions-0.vtt", 5.04)


def test_nothing_is_no_master_playlist() -> None:
    with pytest.raises(ValueError, match="at least one rendition"):
        master([])


@given(st.text(max_size=200), st.text(max_size=40))
def test_users_words_cannot_leave_their_quotes(title: str, language: str) -> None:
    """Titles and languages come from uploaded files; a playlist is read line by line."""
    tracks = [
        Rendition("audio0", "audio", "a0/index.m3u8", "mp4a.40.2", 1, 1, title=title, language=language),
        Rendition("audio1", "audio", "a1/index.m3u8", "mp4a.40.2", 1, 1, title=title, language=language),
    ]
    lines = master([HIGH, *tracks]).split("\n")
    media = [attributes(line) for line in lines if line.startswith("#EXT-X-MEDIA:")]
    assert len(lines) == len(master([HIGH, SOUND, SOUND]).split("\n"))
    assert len(media) == 2
    for one in media:
        assert set(one) <= {
            "TYPE",
            "GROUP-ID",
            "NAME",
            "LANGUAGE",
            "DEFAULT",
            "AUTOSELECT",
            "CHANNELS",
            "URI",
        }
        assert one["NAME"]
    assert media[0]["NAME"] != media[1]["NAME"]
