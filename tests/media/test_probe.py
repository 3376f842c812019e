"""Facts of films and sounds: made here, real ones where the corpus lies beside the checkout, and traps."""

from __future__ import annotations

import contextlib
import random
import re
import wave
from fractions import Fraction
from pathlib import Path

import hostile
import pytest
from media_helpers import Canary, Clip, FakeTools, Listener, stays_below

from mam.errors import SourceError
from mam.media import ffprobe as asking
from mam.media.ffmpeg import FORMATS, PROTOCOLS, Tools
from mam.media.limits import MIB, Limits
from mam.media.probe import bit_depth, clean, probe
from mam.media.process import Outcome, run_contained
from mam.media.sandbox import Sandbox, open_sandbox
from mam.testing_transcoders import turned
from mam.types import MediaInfo

LIMITS = Limits(wall_seconds=90, cpu_seconds=20)
CORPUS = Path(__file__).parents[3] / "shared" / "media"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


@pytest.fixture
def outcomes(monkeypatch: pytest.MonkeyPatch) -> list[Outcome]:
    """How the contained runs of a test ended, for their memory and time."""
    kept: list[Outcome] = []

    def keep(*arguments: object, **options: object) -> Outcome:
        kept.append(run_contained(*arguments, **options))  # type: ignore[arg-type]
        return kept[-1]

    monkeypatch.setattr(asking, "run_contained", keep)
    return kept


def test_a_plain_film(tools: Tools, sandbox: Sandbox, mp4: Path) -> None:
    """Promise B13: the everyday facts, exact."""
    info = probe(tools, sandbox, mp4, LIMITS)
    assert (info.kind, info.content_type, info.previewable) == ("video", "video/mp4", True)
    assert info.duration == pytest.approx(1, abs=0.05)
    video = info.video
    assert video is not None
    assert (video.codec, video.width, video.height, video.frames) == ("h264", 320, 180, 25)
    assert (video.frame_rate, video.variable_rate, video.rotation) == (Fraction(25), False, 0)
    assert [(track.codec, track.channels) for track in info.audio] == [("aac", 1)]


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_rotation_is_clockwise_and_sizes_are_as_shown(
    tools: Tools, sandbox: Sandbox, mp4: Path, tmp_path: Path, clockwise: int
) -> None:
    """Promise B12, B13: a phone held upright gives a film that is higher than wide."""
    video = probe(tools, sandbox, turned(mp4, tmp_path / "turned.mp4", clockwise), LIMITS).video
    assert video is not None
    assert video.rotation == clockwise
    assert (video.width, video.height) == ((320, 180) if clockwise == 180 else (180, 320))
    assert (video.coded_width, video.coded_height) == (320, 180)


def test_drop_frame_time_code_and_exact_rate(tools: Tools, sandbox: Sandbox, clip: Clip) -> None:
    """Promise B13: 29.97 is 30000/1001, and `;` says how labels are counted."""
    film = clip(
        "df.mov", *X264, "-an", "-timecode", "00:59:59;15", video="testsrc2=s=320x180:r=30000/1001:d=1"
    )
    info = probe(tools, sandbox, film, LIMITS)
    assert (info.start_timecode, info.drop_frame) == ("00:59:59;15", True)
    assert info.video is not None
    assert info.video.frame_rate == Fraction(30000, 1001)


def test_variable_rate_is_seen_also_where_the_header_hides_it(
    tools: Tools, sandbox: Sandbox, clip: Clip
) -> None:
    """Promise B13: WebM has no rate of its own; the packets tell."""
    uneven = ("-vf", "select='lt(mod(n,10),3)+eq(mod(n,10),7)'", "-fps_mode", "vfr", "-an")
    source = "testsrc2=s=160x90:r=25:d=4"
    for name, codec in (("vfr.mkv", X264), ("vfr.mp4", X264)):
        video = probe(tools, sandbox, clip(name, *codec, *uneven, video=source), LIMITS).video
        assert video is not None
        assert video.variable_rate, name


def test_pixel_aspect_colour_and_depth(tools: Tools, sandbox: Sandbox, clip: Clip) -> None:
    """Promise B13: anamorphic PAL is shown 1024 wide; PQ is told as HDR."""
    pal = clip("pal.mp4", *X264, "-an", "-vf", "scale=720:576,setsar=64/45")
    video = probe(tools, sandbox, pal, LIMITS).video
    assert video is not None
    assert (video.width, video.height, video.sample_aspect) == (1024, 576, Fraction(64, 45))
    colours = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    wide = clip("pq.mov", "-c:v", "libx264", "-an", "-pix_fmt", "yuv420p10le", "-x264-params", colours)
    video = probe(tools, sandbox, wide, LIMITS).video
    assert video is not None
    assert (video.hdr, video.bit_depth, video.color_primaries) == ("pq", 10, "bt2020")


def test_sound_tracks_keep_their_numbers_and_languages(tools: Tools, sandbox: Sandbox, clip: Clip) -> None:
    film = clip(
        "two.mkv",
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-map",
        "1:a",
        *X264,
        "-c:a",
        "flac",
        "-metadata:s:a:0",
        "language=eng",
        "-metadata:s:a:1",
        "language=deu",
        "-metadata:s:a:1",
        "title=Kommentar",
    )
    info = probe(tools, sandbox, film, LIMITS)
    assert [(track.index, track.language, track.title) for track in info.audio] == [
        (0, "eng", ""),
        (1, "deu", "Kommentar"),
    ]


def test_cover_art_makes_no_film_of_a_song(tools: Tools, sandbox: Sandbox, clip: Clip) -> None:
    song = clip(
        "song.mp3",
        "-map",
        "1:a",
        "-map",
        "0:v",
        "-frames:v",
        "1",
        "-c:v",
        "mjpeg",
        "-disposition:v",
        "attached_pic",
        "-metadata",
        "title=A song",
    )
    info = probe(tools, sandbox, song, LIMITS)
    assert (info.kind, info.video, info.content_type) == ("audio", None, "audio/mpeg")
    assert "A song" in info.text


def test_interlaced_fields_are_told(tools: Tools, sandbox: Sandbox, clip: Clip) -> None:
    film = clip(
        "fields.mxf",
        "-c:v",
        "mpeg2video",
        "-flags",
        "+ildct+ilme",
        "-vf",
        "setfield=tff",
        "-c:a",
        "pcm_s16le",
        "-ar",
        "48000",
        "-timecode",
        "10:00:00:00",
    )
    info = probe(tools, sandbox, film, LIMITS)
    assert info.video is not None
    assert info.video.field_order == "tt"
    assert (info.start_timecode, info.content_type) == ("10:00:00:00", "application/mxf")


def test_text_of_a_file_is_cut_and_made_one_line(
    tools: Tools, sandbox: Sandbox, clip: Clip, mp4: Path
) -> None:
    """Tags are data: bounded, without control characters, otherwise as they are."""
    film = clip(
        "tags.mp4",
        "-i",
        str(mp4),
        "-map",
        "2",
        "-c",
        "copy",
        "-metadata",
        "title=<script>alert(1)</script>\x07",
        "-metadata",
        f"comment={'long ' * 1000}",
    )
    info = probe(tools, sandbox, film, LIMITS)
    assert info.tags["title"] == "<script>alert(1)</script>"
    assert len(info.tags["comment"]) <= 500
    assert clean("a\r\nSet-Cookie: x\x00\u2028") == "a Set-Cookie: x"


@pytest.mark.parametrize(
    ("pixel_format", "bits"),
    [("yuv420p", 8), ("yuv422p10le", 10), ("yuva444p12le", 12), ("p010le", 10), ("gray16be", 16),
     ("gbrp12le", 12), ("rgb48le", 16), ("rgba64be", 16), ("rgb24", 8), ("nv12", 8), ("", 8),
     ("xyz12le", 12)],
)  # fmt: skip
def test_bits_per_component(pixel_format: str, bits: int) -> None:
    assert bit_depth(pixel_format) == bits


def test_no_trap_opens_a_file_or_a_connection(
    tools: Tools, sandbox: Sandbox, canary: Canary, listener: Listener
) -> None:
    """Promises B1, B2, B6: ffprobe refuses every list before any limit, also where sniffing is left out."""
    # Given lists of other files and addresses, each beside the file it names
    traps = hostile.disguised(canary.path, listener.port)
    canary.sang()
    for name, content in traps.items():
        trap = canary.path.with_name(name)
        trap.write_bytes(content)
        # When ffprobe reads one
        with pytest.raises(SourceError) as caught:
            probe(tools, sandbox, trap, LIMITS)
        assert caught.value.error_code != "source_timeout", name
        # Then nothing else was opened
        assert not canary.sang(), name
        assert not listener.heard(), name


def test_what_ffprobe_is_told(sandbox: Sandbox, fake_tools: FakeTools, tmp_path: Path) -> None:
    """Promise B4: the command line that arrives has both whitelists, our name for the input, no user text."""
    # Given an ffprobe that answers with its own arguments, and an upload of a hostile name
    words = r"""
        i=0; for word in "$@"; do words="$words,\"a$i\":\"${word:0:400}\""; i=$((i + 1)); done
        echo '{"format":{"tags":{"count":"'$i'"'$words'}},"streams":[{"codec_type":"audio"}]}'"""
    upload = tmp_path / "-rf %03d $(id) ;.mp4"
    upload.write_bytes(b"x")
    link = tmp_path / "0190-key-of-the-store"
    link.hardlink_to(upload)
    # When it is probed under the key of the store
    tags = probe(fake_tools(words), sandbox, link, LIMITS).tags
    seen = [tags[f"a{number}"] for number in range(int(tags["count"]))]
    # Then the arguments are ours
    assert seen[seen.index("-protocol_whitelist") + 1] == PROTOCOLS
    assert seen[seen.index("-format_whitelist") + 1] == FORMATS
    assert seen[seen.index("-i") + 1] == f"file:{sandbox.source_path(link)}"
    assert not [word for word in seen if "-rf" in word or "$(id)" in word]
    if sandbox.mode == "bwrap":
        assert "file:/in/src" in seen


@pytest.mark.parametrize(
    "content",
    [bytes(65536), b"x", hostile.deep_boxes(), b"\x1a\x45\xdf\xa3" + bytes(range(256)) * 100],
    ids=["zeros", "one byte", "deep boxes", "noise"],
)
def test_damage_is_refused_in_bounds(
    tools: Tools, sandbox: Sandbox, tmp_path: Path, outcomes: list[Outcome], content: bytes
) -> None:
    """Promises B5, B6: with a reason, in little memory and time."""
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(SourceError):
        probe(tools, sandbox, tmp_path / "x", LIMITS)
    assert stays_below(outcomes[0], 256 * MIB)
    assert outcomes[0].cpu_seconds < 5


def test_random_damage_is_survived(tools: Tools, mp4: Path, tmp_path: Path) -> None:
    """Promise B11: seeded mutations of a good film are facts or a reason, never anything else."""
    dice = random.Random(20_261_121)  # noqa: S311 - repeatable on purpose
    for number in range(30):
        damaged = bytearray(mp4.read_bytes())
        for _ in range(dice.randint(1, 200)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        (tmp_path / f"{number}").write_bytes(damaged)
        with contextlib.suppress(SourceError):
            assert isinstance(probe(tools, open_sandbox(), tmp_path / f"{number}", LIMITS), MediaInfo)


def test_a_film_cut_off_before_its_index_is_refused(
    tools: Tools, sandbox: Sandbox, mp4: Path, tmp_path: Path
) -> None:
    (tmp_path / "cut").write_bytes(mp4.read_bytes()[: mp4.stat().st_size * 37 // 100])
    with pytest.raises(SourceError) as caught:
        probe(tools, sandbox, tmp_path / "cut", LIMITS)
    assert caught.value.error_code == "source_corrupt"


def test_a_sound_of_no_sample_is_kept_with_the_reason(tools: Tools, sandbox: Sandbox, tmp_path: Path) -> None:
    """Given a WAV whose data are empty, when it is probed, then there is nothing to play, and it says so."""
    with wave.open(str(tmp_path / "x.wav"), "wb") as empty:
        empty.setparams((1, 2, 48000, 0, "NONE", ""))
    info = probe(tools, sandbox, tmp_path / "x.wav", LIMITS)
    assert (info.previewable, info.audio) == (False, ())
    assert "no sound" in info.note


def test_a_sound_lasts_as_long_as_its_bytes_not_as_its_header_says(
    tools: Tools, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Promise B7: 4 GB claimed, 4 KB there."""
    (tmp_path / "x").write_bytes(hostile.four_gigabyte_wav())
    assert probe(tools, sandbox, tmp_path / "x", LIMITS).duration == pytest.approx(4096 / 192_000, rel=0.05)


def test_too_many_pixels_are_refused(tools: Tools, sandbox: Sandbox, mp4: Path) -> None:
    with pytest.raises(SourceError) as caught:
        probe(tools, sandbox, mp4, LIMITS, max_pixels=1000)
    assert caught.value.error_code == "source_too_large"


def rows(*folders: str) -> list[list[str]]:
    """Rows of the corpus' manifest, if it is there."""
    manifest = CORPUS / "MANIFEST.tsv"
    lines = manifest.read_text().splitlines()[1:] if manifest.exists() else []
    return [line.split("\t") for line in lines if line.split("/")[0] in folders]


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of real files is not beside this checkout")
@pytest.mark.parametrize("row", rows("video", "audio", "gen_video", "gen_audio"), ids=lambda row: row[0])
def test_facts_of_real_files(tools: Tools, row: list[str]) -> None:
    """Promise B13: container, duration, time code, size, rate, fields, HDR, tracks equal the record."""
    info = probe(tools, open_sandbox(), CORPUS / row[0], LIMITS)
    assert told(info) >= recorded(row[9]), row[9]
    assert info.video is None or info.video.variable_rate == ("vfr" in row[0])


def recorded(facts: str) -> set[str]:
    """The manifest's facts as comparable words."""
    words = set()
    for part in facts.split("; "):
        if part.startswith("v:"):
            codec, size, pixels, *rest = part[2:].split()
            extra = {word for word in rest if word.split("=")[0] in {"r", "field", "trc", "rotation"}}
            words |= {f"v:{codec}", size, pixels, *extra}
        elif part.startswith("a:"):
            words.add(" ".join(part.split()[:2]))
        elif part.startswith("fmt="):
            container, duration = part.split()
            words |= {container, f"dur={float(duration[4:]):.1f}"}
    timecode = re.search(r"tc=(\S+?)(?:;\s|$|\s)", facts)
    return words | ({f"tc={timecode[1]}"} if timecode else set())


def told(info: MediaInfo) -> set[str]:
    """Our facts as the same words."""
    words = {f"fmt={info.format}", f"dur={info.duration or 0:.1f}", f"tc={info.start_timecode}"}
    words |= {f"a:{track.codec} {track.channels}ch" for track in info.audio}
    video = info.video
    if video is not None:
        rate = video.frame_rate
        words |= {f"v:{video.codec}", f"{video.coded_width}x{video.coded_height}", video.pixel_format}
        words |= {f"r={rate.numerator}/{rate.denominator}", f"trc={video.color_transfer}"}
        words |= {f"field={video.field_order}"}
        words |= {f"rotation={turn}" for turn in range(-270, 271, 90) if -turn % 360 == video.rotation}
    return words
