"""ffmpeg's arguments for a recipe, without running anything."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mam.config import Media
from mam.media.ladder import plan
from mam.media.recipe_args import Command, command, names
from mam.media.render import encode_limits, percent_of
from mam.types import AudioTrack, MediaInfo, Recipe, Rung, VideoTrack

VIDEO = VideoTrack(
    "h264", 1920, 1080, 1920, 1080, Fraction(24000, 1001), "yuv420p", color_space="bt709", duration=10.0
)
FILM = MediaInfo(
    "video", "mov", "video/mp4", duration=10.0, video=VIDEO, audio=(AudioTrack(0, "aac", 2, 48000, "stereo"),)
)


def encode(rung: Rung, recipe: Recipe) -> list[str]:
    return ["-c:v", f"encoder-{rung.name}"]


def built(media: MediaInfo = FILM) -> Command:
    return command(plan(media, Media()), media, encode)


def graph(media: MediaInfo = FILM) -> str:
    arguments = built(media).arguments
    return arguments[arguments.index("-filter_complex") + 1]


def test_one_decode_and_each_rung_is_scaled_from_the_one_above() -> None:
    chains = graph().split(";")
    assert graph().count("[0:v:") == 1
    assert chains[0].endswith("split=2[v1080][from1080]")
    assert chains[1] == "[from1080]scale=1280:720,setsar=1,split=2[v720][from720]"
    assert chains[2] == "[from720]scale=854:480,setsar=1,split=2[v480][from480]"
    assert chains[3] == "[from480]scale=640:360,setsar=1[v360]"


def test_each_rendition_is_an_hls_output_in_its_own_folder() -> None:
    arguments = built().arguments
    recipe = plan(FILM, Media())
    assert names(recipe) == ("1080", "720", "480", "360", "audio0")
    assert [one for one in arguments if one.endswith("index.m3u8")] == [
        f"{n}/index.m3u8" for n in names(recipe)
    ]
    assert [one for one in arguments if one.startswith("encoder-")] == [
        "encoder-1080",
        "encoder-720",
        "encoder-480",
        "encoder-360",
    ]
    assert arguments.count("temp_file+independent_segments") == 5
    assert arguments.count("2.002000") == 5


def test_segment_length_is_never_rounded_up() -> None:
    media = replace(FILM, video=replace(VIDEO, frame_rate=Fraction(30)), audio=())
    recipe = replace(plan(media, Media()), segment_seconds=Fraction(2, 3))
    assert "0.666666" in command(recipe, media, encode).arguments


def test_picture_that_starts_late_is_brought_to_zero() -> None:
    assert "-itsoffset" not in built().before_input
    late = built(replace(FILM, video=replace(VIDEO, start=0.083417)))
    assert late.before_input[-2:] == ("-itsoffset", "-0.083417")


def test_mending_filters_come_only_when_asked_for() -> None:
    assert "bwdif" not in graph()
    assert "tonemap" not in graph()
    assert graph(replace(FILM, video=replace(VIDEO, field_order="tt"))).startswith("[0:v:0]bwdif=")
    hdr = replace(
        VIDEO, color_transfer="smpte2084", color_primaries="bt2020", color_space="bt2020nc", hdr="pq"
    )
    assert "tin=smpte2084:pin=bt2020:min=bt2020nc" in graph(replace(FILM, video=hdr))


def test_words_that_a_file_makes_up_never_reach_the_filters() -> None:
    """Probe answers only ffmpeg's own words; even another word would not get into the graph."""
    made_up = replace(
        VIDEO, hdr="pq", color_transfer="x,movie=/etc/passwd", color_primaries="y", color_space="z"
    )
    assert "tin=smpte2084:pin=bt2020:min=bt2020nc" in graph(replace(FILM, video=made_up))
    assert "movie" not in graph(replace(FILM, video=made_up))


@pytest.mark.parametrize(
    ("width", "height", "tagged", "matrix"),
    [(720, 576, "", "bt601"), (1920, 1080, "", "bt709"), (720, 576, "smpte170m", "auto")],
)
def test_colours_are_read_as_tagged_or_by_size(width: int, height: int, tagged: str, matrix: str) -> None:
    video = replace(
        VIDEO, width=width, height=height, coded_width=width, coded_height=height, color_space=tagged
    )
    assert f"in_color_matrix={matrix}:out_color_matrix=bt709" in graph(replace(FILM, video=video))


def test_sound_is_aligned_padded_and_relieved_of_the_encoders_delay() -> None:
    chain = next(part for part in graph().split(";") if part.startswith("[0:a:0]"))
    assert "first_pts=0,apad=whole_dur=10.000000,atrim=start_sample=1024" in chain


@pytest.mark.parametrize(
    ("track", "first"),
    [
        (AudioTrack(0, "aac", 1, 48000, "mono"), "pan=stereo|c0=c0|c1=c0"),
        (AudioTrack(0, "aac", 6, 48000, "5.1"), "aformat=channel_layouts=stereo"),
        (AudioTrack(0, "pcm", 12, 48000, ""), "pan=stereo|c0=c0|c1=c1"),
    ],
)
def test_any_number_of_channels_becomes_two(track: AudioTrack, first: str) -> None:
    assert f"[0:a:0]{first}," in graph(replace(FILM, audio=(track,)))


def test_last_picture_is_held_only_for_sound_that_goes_on() -> None:
    assert "tpad" not in graph()
    assert "tpad" not in graph(replace(FILM, duration=11.0))
    assert "tpad=stop_mode=clone:stop_duration=15.000000" in graph(replace(FILM, duration=25.0))
    assert "tpad" not in graph(replace(FILM, duration=1e8))


def test_asking_for_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="no rendition"):
        command(Recipe(rungs=(), frame_rate=Fraction(0), gop=0), FILM, encode)


def test_percent_follows_ffmpegs_progress() -> None:
    assert percent_of({"out_time_us": "5000000"}, 10.0) == 50
    assert percent_of({"out_time_us": "99000000"}, 10.0) == 99.9
    assert percent_of({"out_time_us": "N/A"}, 10.0) == 0
    assert percent_of({}, 10.0) == 0
    assert percent_of({"out_time_us": "5000000"}, None) == 0


def test_larger_pictures_may_map_more_memory_up_to_a_bound() -> None:
    settings = Media()
    small = encode_limits(settings, replace(VIDEO, coded_width=64, coded_height=64)).memory
    large = encode_limits(settings, replace(VIDEO, coded_width=3840, coded_height=2160)).memory
    absurd = encode_limits(settings, replace(VIDEO, coded_width=60000, coded_height=60000)).memory
    assert small is not None
    assert large is not None
    assert settings.memory <= small < large
    assert absurd == 4 * settings.memory
    # and a day of ffmpeg's progress is not taken for a flood: 500 bytes, twice a second
    assert encode_limits(settings, VIDEO).stdout_bytes > settings.encode_hours * 3600 * 1000
    assert encode_limits(settings, VIDEO, bound_memory=False).memory is None


def test_a_piece_is_read_from_before_it_and_cut_by_its_frames_numbers() -> None:
    # Given a film whose picture begins late, and a piece in its middle
    video = VideoTrack("h264", 1280, 720, 1280, 720, Fraction(30000, 1001), "yuv420p", start=0.5)
    media = MediaInfo("video", "mov", "video/mp4", duration=600.0, video=video)
    recipe = replace(plan(media, Media()), start_frame=600, frames=300)
    # When its command is made
    line = command(recipe, media, lambda _rung, _recipe: ["-c:v", "x"])
    before = " ".join(line.before_input)
    # Then reading begins a second before, and what ffmpeg takes off every time is put back
    assert "-ss 19.520 -noaccurate_seek -itsoffset 19.020000" in before
    graph = line.arguments[line.arguments.index("-filter_complex") + 1]
    assert "trim=start_frame=600:end_frame=900,setpts=PTS-STARTPTS[piece]" in graph
    assert "trim=start_frame=600:end_frame=604,setpts=PTS-STARTPTS[first.md5]" in graph
    assert "trim=start_frame=900:end_frame=904,setpts=PTS-STARTPTS[next.md5]" in graph
