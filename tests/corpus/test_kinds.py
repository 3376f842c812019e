"""Every kind of film that studios make, made on the spot: facts, rungs, and the picture that is shown.

Four coloured quadrants prove orientation, shape and colour; a moving bar proves that no combs are left.
"""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from whole_box import Settled, WholeBox, stream

from mam.testing_transcoders import turned

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
UPRIGHT = (RED, GREEN, BLUE, WHITE)  # top left, top right, bottom left, bottom right
FILL = "drawbox=x={x}:y={y}:w=iw/2:h=ih/2:c={colour}:t=fill"
ODD = "crop=161:91:0:0:exact=1"
X264 = ("-c:v", "libx264", "-preset", "ultrafast")
X264_420 = (*X264, "-pix_fmt", "yuv420p")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")
AV1 = ("-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8")


@dataclass(frozen=True)
class Kind:
    """A film to make, and what has to come of it. `size` is as shown; `video` are facts of the picture."""

    name: str
    encode: tuple[str, ...]
    stored: tuple[int, int] = (320, 180)
    size: tuple[int, int] = (320, 180)
    rate: str = "25/1"
    frames: int = 15
    filters: str = ""
    media: dict[str, Any] = field(default_factory=dict)
    video: dict[str, Any] = field(default_factory=dict)
    tolerance: int = 45


def yuv(name: str, encode: tuple[str, ...], pixels: str, depth: int = 8, **more: Any) -> Kind:
    """A kind that differs in codec and pixels only."""
    video = {"pixel_format": pixels, "bit_depth": depth, "field_order": "progressive", "hdr": ""}
    return Kind(name, (*encode, "-pix_fmt", pixels), video=video, **more)


KINDS = (
    yuv("h264.mp4", X264, "yuv420p"),
    yuv("h264-422-10.mov", X264, "yuv422p10le", 10),
    yuv("h264-444.mkv", X264, "yuv444p"),
    Kind("h264-rgb.mkv", ("-c:v", "libx264rgb", "-preset", "ultrafast"), video={"pixel_format": "gbrp"}),
    yuv("hevc.mp4", X265, "yuv420p"),
    yuv("hevc-444-12.mkv", X265, "yuv444p12le", 12),
    yuv("vp9.webm", VP9, "yuv420p"),
    yuv("vp9-10.webm", VP9, "yuv420p10le", 10),
    yuv("av1.mp4", AV1, "yuv420p"),
    yuv("prores-hq.mov", ("-c:v", "prores_ks", "-profile:v", "3"), "yuv422p10le", 10),
    Kind("prores-4444.mov", ("-c:v", "prores_ks", "-profile:v", "4", "-pix_fmt", "yuva444p10le")),
    yuv("dnxhr-hqx.mov", ("-c:v", "dnxhd", "-profile:v", "dnxhr_hqx"), "yuv422p10le", 10),
    yuv("mpeg2.mxf", ("-c:v", "mpeg2video", "-q:v", "3"), "yuv420p", media={"format": "mxf"}),
    yuv("mpeg2.mpg", ("-c:v", "mpeg2video", "-q:v", "3"), "yuv420p", media={"format": "mpeg"}),
    yuv("h264.ts", X264, "yuv420p", media={"format": "mpegts"}),
    yuv("mpeg4.avi", ("-c:v", "mpeg4", "-q:v", "3"), "yuv420p", media={"format": "avi"}),
    yuv("bare.h264", X264, "yuv420p", media={"format": "h264"}),
    yuv("bare.m2v", ("-c:v", "mpeg2video", "-q:v", "3"), "yuv420p"),
    yuv("ffv1.mkv", ("-c:v", "ffv1"), "yuv420p"),
    Kind("v210.mov", ("-c:v", "v210"), video={"codec": "v210"}),
    Kind(
        "opatom.mxf", ("-c:v", "dnxhd", "-b:v", "120M", "-pix_fmt", "yuv422p", "-f", "mxf_opatom"),
        stored=(1920, 1080), size=(1920, 1080), frames=4, video={"codec": "dnxhd"},
    ),
    Kind("full-range.mp4", (*X264, "-pix_fmt", "yuvj420p"), filters="scale=out_range=full"),
    *(
        Kind(f"rate-{rate.replace('/', '_')}.mov", X264_420, rate=rate, frames=20)
        for rate in ("24000/1001", "24/1", "30000/1001", "50/1", "60000/1001", "120/1", "12/1")
    ),
    Kind("ntsc-60.mkv", X264_420, rate="60000/1001", frames=40),
    Kind(
        "drop.mov", (*X264, "-pix_fmt", "yuv420p", "-timecode", "00:59:59;20"), rate="30000/1001",
        media={"start_timecode": "00:59:59;20", "drop_frame": True},
    ),
    Kind(
        "non-drop.mov", (*X264, "-pix_fmt", "yuv420p", "-timecode", "00:59:59:20"), rate="30000/1001",
        media={"start_timecode": "00:59:59:20", "drop_frame": False},
    ),
    Kind(
        "drop-60.mov", (*X264, "-pix_fmt", "yuv420p", "-timecode", "23:59:59;30"), rate="60000/1001",
        media={"start_timecode": "23:59:59;30", "drop_frame": True},
    ),
    Kind(
        "pal-wide.mp4", X264_420, stored=(720, 576), size=(1024, 576),
        filters="setsar=64/45",
        video={"sample_aspect": "64/45", "coded_width": 720, "coded_height": 576},
    ),
    Kind("hdv.mp4", X264_420, stored=(1440, 1080), size=(1920, 1080), filters="setsar=4/3"),
    Kind("portrait.mp4", X264_420, stored=(180, 320), size=(180, 320)),
    Kind("odd.mp4", (*X264, "-pix_fmt", "yuv444p"), stored=(162, 92), size=(160, 90), filters=ODD),
    Kind("tiny.mkv", ("-c:v", "ffv1"), stored=(4, 4), size=(4, 4), tolerance=90),
    Kind("one-frame.mov", X264_420, frames=1),
    Kind("fragmented.mp4", (*X264, "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov")),
)  # fmt: skip


def make(kind: Kind, folder: Path) -> Path:
    """The film of a kind, in quadrants."""
    width, height = kind.stored
    boxes = ((WHITE_WORD, "iw/2", "ih/2"), ("lime", "iw/2", "0"), ("blue", "0", "ih/2"))
    drawn = [FILL.format(x=x, y=y, colour=colour) for colour, x, y in boxes]
    source = f"color=c=red:s={width}x{height}:r={kind.rate}"
    filters = ",".join(filter(None, ["format=gbrp", *drawn, kind.filters]))
    return run(
        folder / kind.name,
        "-f",
        "lavfi",
        "-i",
        source,
        "-vf",
        filters,
        "-frames:v",
        str(kind.frames),
        *kind.encode,
    )


WHITE_WORD = "white"


def run(made: Path, *arguments: str) -> Path:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments, made], check=True, timeout=120)
    return made


def quadrants(frame: np.ndarray) -> tuple[np.ndarray, ...]:
    """The colours in the middle of the four quadrants, in the order of `UPRIGHT`."""
    height, width = frame.shape[:2]
    rows, columns = (height // 4, height * 3 // 4), (width // 4, width * 3 // 4)
    return tuple(frame[row, column].astype(int) for row in rows for column in columns)


def assert_shows(frame: np.ndarray, colours: tuple[tuple[int, ...], ...], tolerance: int = 45) -> None:
    for seen, wanted in zip(quadrants(frame), colours, strict=True):
        assert np.abs(seen - np.array(wanted)).max() <= tolerance, (quadrants(frame), colours)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_of_film_is_shown_as_it_is(whole_box: WholeBox, tmp_path: Path, kind: Kind) -> None:
    """Item 1, promise B13: facts equal; rungs of the right size, rate, length and picture."""
    # When a film of that kind goes in
    done = whole_box.settle(make(kind, tmp_path))
    # Then its facts are its own
    assert done.status == "ready", done.preview
    media, video = done.media, done.media["video"]
    assert (media["width"], media["height"]) == ((161, 91) if kind.filters == ODD else kind.size)
    assert media["frame_rate"] == kind.rate
    assert not video["variable_rate"]
    assert {name: media[name] for name in kind.media} == kind.media
    assert {name: video[name] for name in kind.video} == kind.video
    # And every rung shows it, frame for frame
    top = done.rungs[0]
    told = stream(done.rendition(top["name"], tmp_path), "width,height,r_frame_rate")
    assert told == [*map(str, kind.size), kind.rate]
    for rung in done.rungs:
        frames = done.frames(tmp_path, rung["name"])
        assert len(frames) in {kind.frames, kind.frames + kind.name.startswith("bare")}  # those tell no times
        assert_shows(frames[0], UPRIGHT, kind.tolerance)
        assert_shows(frames[-1], UPRIGHT, kind.tolerance)


TURNS = {
    90: (BLUE, RED, WHITE, GREEN),
    180: (WHITE, BLUE, GREEN, RED),
    270: (GREEN, WHITE, RED, BLUE),
}


@pytest.mark.parametrize("turn", TURNS)
def test_a_turned_film_is_shown_upright_once(whole_box: WholeBox, tmp_path: Path, turn: int) -> None:
    """Promise B12: the preview is upright, not turned twice; the turn is told."""
    plain = make(Kind("plain.mp4", X264_420), tmp_path)
    done = whole_box.settle(turned(plain, tmp_path / "turned.mp4", turn))
    size = (180, 320) if turn in {90, 270} else (320, 180)
    assert (done.media["width"], done.media["height"]) == size
    assert done.media["video"]["rotation"] == turn
    assert done.frames(tmp_path).shape[1:3] == size[::-1]
    assert_shows(done.frames(tmp_path)[0], TURNS[turn])


MIRRORS = {
    "left and right": ((-1, 0, 0, 1), (GREEN, RED, WHITE, BLUE)),
    "up and down": ((1, 0, 0, -1), (BLUE, WHITE, RED, GREEN)),
    "across the diagonal": ((0, 1, 1, 0), (RED, BLUE, GREEN, WHITE)),
}


@pytest.mark.parametrize("mirror", MIRRORS)
def test_a_mirrored_film_is_shown_as_its_matrix_says(
    whole_box: WholeBox, tmp_path: Path, mirror: str
) -> None:
    matrix, colours = MIRRORS[mirror]
    data = bytearray(make(Kind("plain.mp4", X264_420), tmp_path).read_bytes())
    at = data.find(b"tkhd") + 4 + 40  # ISO 14496-12: the matrix of a track header of version 0
    a, b, c, d = (value << 16 for value in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    (tmp_path / "mirrored.mp4").write_bytes(data)
    done = whole_box.settle(tmp_path / "mirrored.mp4")
    assert_shows(done.frames(tmp_path)[0], colours)


WEAVE_TOP, WEAVE_BOTTOM = "tinterlace=interleave_top", "tinterlace=interleave_bottom"
ILME = ("-flags", "+ildct+ilme")
WOVEN = {
    "mbaff-top.mp4": (WEAVE_TOP, (*X264, *ILME, "-x264opts", "tff=1", "-pix_fmt", "yuv420p"), "t"),
    "mbaff-bottom.mkv": (WEAVE_BOTTOM, (*X264, *ILME, "-x264opts", "bff=1", "-pix_fmt", "yuv420p"), "b"),
    "mpeg2-top.mpg": (WEAVE_TOP, ("-c:v", "mpeg2video", "-q:v", "2", *ILME, "-top", "1"), "t"),
    "mpeg2-bottom.ts": (WEAVE_BOTTOM, ("-c:v", "mpeg2video", "-q:v", "2", *ILME, "-top", "0"), "b"),
    "mpeg2-top.mxf": (WEAVE_TOP, ("-c:v", "mpeg2video", "-q:v", "2", *ILME, "-top", "1"), "t"),
    "prores-top.mov": (WEAVE_TOP, ("-c:v", "prores_ks", *ILME, "-top", "1"), "t"),
    "unsignalled-dv.avi": (WEAVE_BOTTOM, ("-c:v", "dvvideo", "-pix_fmt", "yuv420p"), "b"),
}


@pytest.mark.parametrize("name", WOVEN)
def test_fields_are_told_and_combs_are_gone(whole_box: WholeBox, tmp_path: Path, name: str) -> None:
    """Item 1: interlaced is flagged and deinterlaced, also where only the frames tell (DV in AVI)."""
    # Given a bar that moves between the fields
    weave, encode, first = WOVEN[name]
    moving = "color=black:s=720x576:r=50:d=0.8[a];color=white:s=60x576:r=50:d=0.8[b];"
    moving += f"[a][b]overlay=x='mod(t*1200,640)',{weave}[out]"
    film = run(tmp_path / name, "-filter_complex", moving, "-map", "[out]", *encode)
    # When it goes in
    done = whole_box.settle(film)
    # Then it is flagged, and the preview has 25 whole frames a second
    assert done.media["video"]["field_order"].startswith(first)
    assert done.media["frame_rate"] == "25/1"
    command = ["ffmpeg", "-v", "error", "-i", film, "-pix_fmt", "gray", "-f", "rawvideo", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    before = np.frombuffer(raw, np.uint8).reshape(-1, 576, 720)
    assert combs(before) > 3, "the trial film has no combs"
    assert combs(done.frames(tmp_path, "576").mean(axis=3)) < combs(before) / 4


def combs(frames: np.ndarray) -> float:
    """How much each line differs from the mean of its neighbours, in the middle of the film."""
    some = frames[4:-4].astype(float)
    return float(np.abs(some[:, 1:-1] - (some[:, :-2] + some[:, 2:]) / 2).mean())


HDR = {
    "pq.mp4": ("smpte2084", "pq", (64, 509, 573, 722)),  # 0, 100, 203 and 1000 cd/m2 (BT.2100, narrow range)
    "hlg.mov": ("arib-std-b67", "hlg", (64, 502, 721, 900)),
}


@pytest.mark.parametrize("name", HDR)
def test_hdr_is_told_and_brought_down(whole_box: WholeBox, tmp_path: Path, name: str) -> None:
    """Item 1: a ramp of greys stays a ramp of neutral greys, black stays black, white is not lost."""
    transfer, word, codes = HDR[name]
    bars = "".join(
        f"color=s=80x180:r=25:d=0.4,format=yuv420p10le,lutyuv=y={code}:u=512:v=512[g{number}];"
        for number, code in enumerate(codes)
    )
    params = f"log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:range=limited"
    film = run(
        tmp_path / name, "-filter_complex", f"{bars}[g0][g1][g2][g3]hstack=4[out]", "-map", "[out]",
        "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", params, "-pix_fmt", "yuv420p10le",
    )  # fmt: skip
    done = whole_box.settle(film)
    assert done.media["video"]["hdr"] == word
    assert done.media["video"]["bit_depth"] == 10
    greys = [done.frames(tmp_path)[5][90, 40 + 80 * bar].astype(int) for bar in range(4)]
    assert all(grey.max() - grey.min() <= 6 for grey in greys), greys
    levels = [int(grey.mean()) for grey in greys]
    assert levels == sorted(levels)
    assert levels[0] < 12
    assert 80 < levels[1] < 220
    assert levels[3] > levels[2] + 5 > levels[1] + 10


def test_a_variable_rate_is_told_and_made_constant(whole_box: WholeBox, tmp_path: Path) -> None:
    source = "testsrc2=s=160x90:r=60:d=3"
    thin = "select='lt(n,60)+not(mod(n,3))'"
    film = run(
        tmp_path / "vfr.mp4",
        "-f",
        "lavfi",
        "-i",
        source,
        "-vf",
        thin,
        "-vsync",
        "vfr",
        *X264,
        "-pix_fmt",
        "yuv420p",
    )
    done = whole_box.settle(film)
    assert done.media["video"]["variable_rate"]
    made = done.rendition(done.rungs[0]["name"], tmp_path)
    packets = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "packet=pts", "-of", "csv=p=0", made],
        capture_output=True, check=True, text=True,
    ).stdout.replace(",", "").split()  # fmt: skip
    assert len(set(np.diff(sorted(map(int, packets))))) == 1


def test_sixteen_mono_tracks_are_sixteen_renditions(whole_box: WholeBox, tmp_path: Path) -> None:
    maps = [word for _ in range(16) for word in ("-map", "1")]
    film = run(
        tmp_path / "mono.mxf", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=0.6", "-f", "lavfi", "-i",
        "sine=d=0.6:r=48000", "-map", "0", *maps, "-c:v", "mpeg2video", "-c:a", "pcm_s24le", "-ac", "1",
    )  # fmt: skip
    done = whole_box.settle(film)
    assert [track["channels"] for track in done.media["audio_tracks"]] == [1] * 16
    assert len(sounds(done)) == 16


AUDIO = {
    "a.wav": ("-c:a", "pcm_s16le"),
    "a-24.wav": ("-c:a", "pcm_s24le"),
    "a-float.wav": ("-c:a", "pcm_f32le"),
    "a-96k.flac": ("-ar", "96000", "-sample_fmt", "s32"),
    "a-rf64.wav": ("-rf64", "always"),
    "a.aiff": (),
    "a.mp3": (),
    "a.m4a": ("-c:a", "aac"),
    "a.aac": (),
    "a.ogg": ("-c:a", "libvorbis"),
    "a.opus": (),
    "a-51.wav": ("-af", "aformat=channel_layouts=5.1"),
    "a-mono.wav": ("-ac", "1"),
    "a.caf": (),
    "a.w64": (),
    "a.ac3": (),
    "a.tta": (),
    "a.wv": (),
    "a.mlp": ("-c:a", "mlp", "-strict", "-2"),
}


@pytest.mark.parametrize("name", AUDIO)
def test_a_kind_of_sound_can_be_heard(whole_box: WholeBox, tmp_path: Path, name: str) -> None:
    """Item 1: an HLS rendition as long as the sound, and as loud."""
    film = run(tmp_path / name, "-f", "lavfi", "-i", "sine=d=2:r=48000", *AUDIO[name])
    done = whole_box.settle(film)
    assert (done.status, done.kind) == ("ready", "audio")
    assert done.media["duration"] == pytest.approx(2, abs=0.1)
    assert done.media["audio_tracks"][0]["channels"] == (6 if "51" in name else 1)
    assert heard(done, tmp_path) == pytest.approx(2, abs=0.12)


def test_a_broadcast_wave_starts_at_its_time_code(whole_box: WholeBox, tmp_path: Path) -> None:
    """Item 2: bext's time reference at the recorder's rate; the description is kept."""
    tags = {
        "time_reference": "172800000",
        "description": "sSPEED=025.000-ND sSCENE=12",
        "originator": "Recorder",
    }
    told = [word for name, value in tags.items() for word in ("-metadata", f"{name}={value}")]
    film = run(tmp_path / "bwf.wav", "-f", "lavfi", "-i", "sine=d=1:r=48000", "-write_bext", "1", *told)
    done = whole_box.settle(film)
    assert done.media["start_timecode"] == "01:00:00:00"
    assert not done.media["drop_frame"]
    assert done.media["tags"]["timecode_rate"] == "25"
    assert "sSCENE=12" in done.media["tags"]["comment"]


def test_a_song_with_a_cover_is_a_sound(whole_box: WholeBox, tmp_path: Path) -> None:
    tone, cover = ("-f", "lavfi", "-i", "sine=d=1"), ("-f", "lavfi", "-i", "color=red:s=64x64:d=0.04")
    picture = ("-map", "0", "-map", "1", "-frames:v", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic")
    film = run(tmp_path / "song.mp3", *tone, *cover, *picture)
    done = whole_box.settle(film)
    assert (done.status, done.kind, done.media["width"]) == ("ready", "audio", None)


def sounds(done: Settled) -> list[str]:
    return [one["name"] for one in done.preview["renditions"] if one["name"].startswith("audio")]


def heard(done: Settled, folder: Path) -> float:
    """Seconds of the first sound rendition; what it holds must be the tone and not silence."""
    made = done.rendition("audio0", folder)
    command = ["ffmpeg", "-v", "error", "-i", made, "-f", "f32le", "-ac", "1", "-ar", "48000", "-"]
    samples = np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, np.float32)
    assert 0.02 < np.sqrt((samples[4800:-9600] ** 2).mean()) < 0.5
    return len(samples) / 48_000
