"""mam_transcode on the processor, with real clips: every shape of picture, the whole as players see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import mam_transcode_cpu
import pytest

from mam.config import Config, Media
from mam.errors import SandboxError, SourceError
from mam.media.codecs import codec_of
from mam.media.playlists import Rendition, master, measure
from mam.media.sandbox import open_sandbox
from mam.testing_transcoders import Rendered, ask_ffprobe, decode, make_film, render_with, turned

Render = Callable[[Path], Rendered]
CORPUS = Path(__file__).parents[4] / "shared" / "media"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1")

# --- pictures ------------------------------------------------------------------------------------

SMALL = "testsrc2=s=320x180:r=25:d=0.2"
ALPHA = ("-c:v", "prores_ks", "-profile:v", "4444")
FULL_COLOUR = ("-c:v", "libx264", "-pix_fmt", "yuv444p")
TEN_BITS = ("-c:v", "libx264", "-pix_fmt", "yuv422p10le")
SHAPES = {
    "one frame": ("testsrc2=s=320x180:r=25:d=0.04", ("film.mp4", *X264), (320, 180)),
    "16 x 16": ("testsrc2=s=16x16:r=25:d=0.2", ("film.mp4", *X264), (16, 16)),
    "a single pixel": (f"{SMALL},format=rgb24,crop=1:1", ("film.avi", "-c:v", "rawvideo"), (2, 2)),
    "odd sizes, 4:4:4": ("testsrc2=s=853x479:r=25:d=0.2", ("film.mp4", *FULL_COLOUR), (852, 478)),
    "alpha": (f"{SMALL},format=yuva444p10", ("film.mov", *ALPHA), (320, 180)),
    "10 bit 4:2:2": (SMALL, ("film.mov", *TEN_BITS), (320, 180)),
    "anamorphic PAL": ("testsrc2=s=720x576:r=25:d=0.2,setsar=64/45", ("film.mp4", *X264), (1024, 576)),
    "portrait": ("testsrc2=s=180x320:r=25:d=0.2", ("film.mp4", *X264), (180, 320)),
    "full range": (SMALL, ("film.mp4", "-c:v", "mjpeg", "-pix_fmt", "yuvj422p"), (320, 180)),
    "fragmented": (SMALL, ("film.mp4", *X264, "-movflags", "frag_keyframe+empty_moov"), (320, 180)),
    "wide": ("testsrc2=s=5000x40:r=25:d=0.2", ("film.mp4", *X264), (4096, 32)),
}


@pytest.mark.parametrize("case", SHAPES)
def test_every_shape_of_picture_becomes_plain_video(case: str, render: Render, tmp_path: Path) -> None:
    # Given
    video, (name, *options), size = SHAPES[case]
    film = make_film(tmp_path / name, "-f", "lavfi", "-i", video, *options)

    # When
    made = render(film)

    # Then the top rung is as large as the picture is shown, square pixels, 8 bit 4:2:0, BT.709
    top = made.recipe.rungs[0]
    assert (top.width, top.height) == size
    for rung in made.recipe.rungs:
        stream = made.stream(rung.name)
        assert (stream["width"], stream["height"]) == (rung.width, rung.height)
        assert stream["pix_fmt"] == "yuv420p"
        assert stream.get("sample_aspect_ratio", "1:1") == "1:1"
        described = [
            stream[key] for key in ("color_space", "color_transfer", "color_primaries", "color_range")
        ]
        assert described == ["bt709", "bt709", "bt709", "tv"]
        assert (stream["has_b_frames"], stream["start_time"]) == (0, "0.000000")


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_film_is_upright_and_turned_once(turn: int, render: Render, tmp_path: Path) -> None:
    """Promise B12 for film: the picture is turned as its metadata says, and the metadata is gone."""
    # Given a film whose upright picture is bright in its upper half, stored turned
    back = {90: "transpose=2", 180: "hflip,vflip", 270: "transpose=1"}[turn]
    bright = "color=black:s=64x128:r=25:d=0.4,format=yuv420p,geq=lum='if(lt(Y,64),200,30)':cb=128:cr=128"
    plain = make_film(tmp_path / "plain.mp4", "-f", "lavfi", "-i", f"{bright},{back}", *X264)
    film = turned(plain, tmp_path / "turned.mp4", turn)

    # When
    made = render(film)

    # Then
    assert made.media.video is not None
    assert made.media.video.rotation == turn
    name = made.recipe.rungs[0].name
    assert "side_data_list" not in made.stream(name)
    raw = decode(made.folder / name / "index.m3u8", "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray")
    assert len(raw) == 64 * 128
    upper, lower = raw[: 64 * 60], raw[-64 * 60 :]
    assert sum(upper) / len(upper) > 150
    assert sum(lower) / len(lower) < 80


def test_interlaced_film_loses_its_combs(render: Render, tmp_path: Path) -> None:
    # Given a bar that jumps between the fields of a frame
    moving = "testsrc2=s=320x240:r=50:d=1,interlace=scan=tff"
    film = make_film(
        tmp_path / "film.ts", "-f", "lavfi", "-i", moving,
        *("-c:v", "mpeg2video", "-b:v", "4M", "-flags", "+ilme+ildct", "-top", "1"),
    )  # fmt: skip

    # When
    made = render(film)

    # Then frames stay frames, and none is interlaced
    assert made.recipe.deinterlace
    assert made.recipe.frame_rate == 25
    assert len(made.frames("240")) in (24, 25)
    assert made.stream("240").get("field_order", "progressive") == "progressive"


@pytest.mark.parametrize(("order", "weave"), [("bb", "bottom"), ("tt", "top")])
def test_fields_that_only_the_container_knows_are_taken_in_their_order(
    order: str, weave: str, render: Render, tmp_path: Path
) -> None:
    # Given a bar that moves by 6 pixels a field, in frames that say nothing of fields
    bar = "color=black:s=320x64:r=50:d=0.6[a];color=white:s=40x64:r=50:d=0.6[b];[a][b]overlay=x='6*n':y=0"
    first = {"bottom": "bff", "top": "tff"}[weave]
    film = make_film(
        tmp_path / "film.mov",
        *("-filter_complex", f"{bar},tinterlace=interleave_{weave},setfield={first}[out]", "-map", "[out]"),
        *("-c:v", "mjpeg", "-q:v", "2", "-pix_fmt", "yuvj422p", "-field_order", order),
    )
    # When it is made
    made = render(film)
    # Then a frame shows the bar where its first field has it, on all lines
    raw = decode(made.folder / "64" / "index.m3u8", "-f", "rawvideo", "-pix_fmt", "gray")
    for number in range(2, 12):
        picture = raw[number * 320 * 64 : (number + 1) * 320 * 64]
        for line in range(8, 56):
            row = picture[line * 320 : (line + 1) * 320]
            middle = sum(x * level for x, level in enumerate(row) if level > 60)
            assert middle / sum(level for level in row if level > 60) == pytest.approx(
                12 * number + 25.5,
                abs=2.5,  # overlay counts from 1
            )


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_is_brought_down_to_sdr(transfer: str, render: Render, tmp_path: Path) -> None:
    film = make_film(
        tmp_path / "film.mp4", *PICTURE, "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le",
        "-x265-params", f"log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc",
    )  # fmt: skip
    made = render(film)
    assert made.recipe.tonemap
    assert made.stream("180")["color_transfer"] == "bt709"


def test_colours_of_an_untagged_sd_film_survive_the_change_to_bt709(render: Render, tmp_path: Path) -> None:
    """Red coded by BT.601 must still be red when a player decodes it by BT.709."""
    # Given pure red as SD codes it
    film = make_film(
        tmp_path / "film.mp4", "-f", "lavfi", "-i", "color=red:s=320x240:r=25:d=0.2",
        *("-vf", "scale=out_color_matrix=bt601", *X264, "-crf", "10"),
    )  # fmt: skip
    # When
    made = render(film)
    # Then its luma is BT.709's for red (16 + 219 x 0.2126 = 62.6), not BT.601's (81.5)
    assert made.luma("240")[0] == pytest.approx(62.6, abs=2)


def test_variable_rate_becomes_the_next_constant_one(render: Render, tmp_path: Path) -> None:
    film = make_film(
        tmp_path / "film.mkv", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=30:d=3",
        *("-vf", "select='not(mod(n,7))+not(mod(n,3))'", "-fps_mode", "vfr", *X264),
    )  # fmt: skip
    made = render(film)
    assert made.media.video is not None
    assert made.media.video.variable_rate
    times = [frame.time for frame in made.frames("64")]
    assert times == [number / made.recipe.frame_rate for number in range(len(times))]
    assert times[-1] == pytest.approx(2.9, abs=0.15)


@pytest.mark.parametrize("walls", ["bwrap", "landlock"])
def test_both_kinds_of_walls_let_the_work_through(walls: str, tmp_path: Path) -> None:
    try:
        open_sandbox(walls)
    except SandboxError as error:
        open_sandbox("auto")
        pytest.skip(error.detail)
    film = make_film(tmp_path / "film.mp4", *PICTURE, *X264)
    config = Config(data=tmp_path / "data", media=Media(sandbox=walls))
    made = render_with(mam_transcode_cpu.mam_transcode, config, film, tmp_path / "target")
    assert made.playlist("180").ended
    assert made.result is not None
    assert made.result.cpu_seconds > 0


# --- the whole, as players see it ------------------------------------------------------------------


def test_ffmpeg_and_ffprobe_read_the_master_playlist(render: Render, tmp_path: Path) -> None:
    # Given a transcoded film and its master playlist from measured rates
    film = make_film(
        tmp_path / "film.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=640x480:r=25:d=5", "-f", "lavfi", "-i", "sine=d=5"),
        *(*X264, "-c:a", "aac"),
    )
    made = render(film)
    renditions = []
    for name in ("480", "360", "audio0"):
        segments = made.playlist(name).segments
        sizes = [(made.folder / name / segment.name).stat().st_size for segment in segments]
        peak, average = measure(sizes, [segment.duration for segment in segments])
        rung = next((rung for rung in made.recipe.rungs if rung.name == name), None)
        renditions.append(
            Rendition(
                name, "video" if rung else "audio", f"{name}/index.m3u8",
                codec_of((made.folder / name / "init.mp4").read_bytes()), peak, average,
                rung.width if rung else 0, rung.height if rung else 0, made.recipe.frame_rate,
            )
        )  # fmt: skip
    (made.folder / "master.m3u8").write_text(master(renditions), encoding="ascii")

    # When ffprobe reads it
    report = json.loads(
        ask_ffprobe(made.folder / "master.m3u8", "-show_streams", "-show_programs", "-of", "json")
    )

    # Then it sees both rungs with the sound, and ffmpeg decodes all frames
    assert len(report["programs"]) == 2
    sizes = {(stream["width"], stream["height"]) for stream in report["streams"] if "width" in stream}
    assert sizes == {(640, 480), (480, 360)}
    assert sum(stream["codec_type"] == "audio" for stream in report["streams"]) == 1
    raw = decode(made.folder / "master.m3u8", "-map", "0:v:0", "-f", "rawvideo", "-pix_fmt", "gray")
    assert len(raw) == 125 * 640 * 480


def test_segments_keep_to_the_rungs_rate_bound(render: Render, tmp_path: Path) -> None:
    noise = "testsrc2=s=320x180:r=25:d=4,noise=alls=90:allf=t"
    film = make_film(tmp_path / "film.mp4", "-f", "lavfi", "-i", noise, "-c:v", "mpeg4", "-q:v", "1")
    made = render(film)
    segments = made.playlist("180").segments
    sizes = [(made.folder / "180" / segment.name).stat().st_size for segment in segments]
    peak, average = measure(sizes, [segment.duration for segment in segments])
    rate = made.recipe.rungs[0].max_bitrate
    assert average <= peak <= 1.5 * rate * 1.02


def test_nothing_of_the_users_metadata_is_in_the_segments(render: Render, tmp_path: Path) -> None:
    """Promise B12: what a camera wrote about place and person stays in the master."""
    film = make_film(
        tmp_path / "film.mov", *PICTURE, *X264,
        *("-metadata", "title=SECRETTITLE", "-metadata", "location=+48.85+002.35/"),
    )  # fmt: skip
    made = render(film)
    everything = b"".join(path.read_bytes() for path in made.folder.glob("*/*"))
    assert b"SECRETTITLE" not in everything
    assert b"48.85" not in everything


def test_file_that_cannot_be_decoded_is_a_bad_source(render: Render, tmp_path: Path) -> None:
    # Given a film whose picture data is overwritten
    film = make_film(tmp_path / "film.mp4", *PICTURE, *X264, "-movflags", "faststart")
    content = bytearray(film.read_bytes())
    begin = content.index(b"mdat") + 4
    content[begin:] = b"\x00" * (len(content) - begin)
    film.write_bytes(content)
    # Then
    with pytest.raises(SourceError):
        render(film)


# --- the corpus ----------------------------------------------------------------------------------

FILMS = sorted(
    path for room in ("gen_video", "gen_audio", "video", "audio") for path in (CORPUS / room).glob("*")
)


@pytest.mark.skipif(not FILMS, reason="the corpus is not beside this checkout")
@pytest.mark.parametrize("film", FILMS, ids=lambda path: path.name)
def test_corpus_file_is_rendered_exactly(film: Path, render: Render, tmp_path: Path) -> None:
    made = render(film)
    for rung in made.recipe.rungs:
        times = [frame.time for frame in made.frames(rung.name)]
        assert times == [number / made.recipe.frame_rate for number in range(len(times))]
        told = made.media.video.frames if made.media.video else None
        if told and not made.media.video.variable_rate:
            assert abs(len(times) - told) <= (1 if made.recipe.deinterlace else 0)
    for index in made.recipe.audio:
        assert made.frames(f"audio{index}")[0].time == 0
