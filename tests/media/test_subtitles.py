"""Side-car caption files: what is read, in which encodings, and what is refused with its line."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mam.errors import MamError, TooLargeError, ValidationError
from mam.media import languages
from mam.media.subtitles import LARGEST, parse, read_name
from mam.media.vtt import MOST_CUES

SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\nGrüße an <i>alle</i>\nzwei Zeilen\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\nEnde\n"
)
ASS = """[Script Info]
Title: x
[V4+ Styles]
Format: Name, Fontname
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8}Hello, {\\i1}you\\Nthere
"""


def words(data: bytes) -> list[tuple[float, float, str]]:
    return [(cue.start, cue.end, cue.text) for cue in parse(data).cues]


CUES = [(1.0, 2.5, "Grüße an <i>alle</i>\nzwei Zeilen"), (3.0, 4.0, "Ende")]


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (SRT.encode(), "utf-8"),
        (codecs.BOM_UTF8 + SRT.encode(), "utf-8"),
        (codecs.BOM_UTF16_LE + SRT.encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + SRT.encode("utf-16-be"), "utf-16-be"),
        (SRT.encode("utf-16-le"), "utf-16-le"),
        (SRT.encode("utf-16-be"), "utf-16-be"),
        (codecs.BOM_UTF32_LE + SRT.encode("utf-32-le"), "utf-32-le"),
        (SRT.encode("latin-1"), "cp1252"),
        (SRT.replace("\n", "\r\n").encode(), "utf-8"),
        (SRT.replace("\n", "\r").encode(), "utf-8"),
    ],
)
def test_every_usual_encoding_is_read(data: bytes, encoding: str) -> None:
    found = parse(data)
    assert (found.format, found.encoding) == ("srt", encoding)
    assert words(data) == CUES


def test_webvtt_with_names_settings_notes_and_styles() -> None:
    text = (
        "WEBVTT - a title\n\nSTYLE\n::cue { color: red }\n\nNOTE nothing\n\nintro\n"
        "00:01.000 --> 00:02.000 align:start line:0\n<v Ana>Hi <c.red>you</c>\n\n"
        "100:00:00.000 --> 100:00:00.000\nno time\n"
    )
    assert parse(text.encode()).format == "vtt"
    assert words(text.encode()) == [(1.0, 2.0, "Hi you")]


def test_ass_with_overrides_and_line_breaks() -> None:
    assert parse(ASS.encode()).format == "ass"
    assert words(ASS.encode()) == [(1.0, 2.5, "Hello, you\nthere")]


def test_srt_as_it_is_found() -> None:
    """No numbers, a blank line in a caption, dots, one-digit hours, a position, captions out of order."""
    text = (
        "0:00:05.5 --> 0:00:06,000 X1:1\n{\\an8}second\n\nhalf\n\n"
        "00:00:01,000 --> 00:00:02,000\nfirst & <script>alert(1)</script><b>bold</b>\n"
    )
    assert words(text.encode()) == [
        (1.0, 2.0, "first &amp; alert(1)<b>bold</b>"), (5.5, 6.0, "second\nhalf"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "line",
    [
        "00:00:99,000 --> 00:01:00,000", "00:61:00,000 --> 01:02:00,000", "00:00:02,000 --> 00:00:01,000",
        "00:00:01,000 --> ", "aa:bb --> cc", "00:00:01,000 -> --> 00:00:02,000", "00:00:01 --> 1000:00:00,0",
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_read_names_its_line(line: str) -> None:
    for text in (f"1\n{line}\nwords\n", f"WEBVTT\n\n{line}\nwords\n"):
        with pytest.raises(ValidationError, match=r"Line [23] has no times that can be read") as error:
            parse(text.encode())
        assert error.value.error_code == "captions_invalid"


def test_ass_with_a_broken_time_names_its_line() -> None:
    with pytest.raises(ValidationError, match="Line 8 "):
        parse(ASS.replace("0:00:02.50", "0:99:02.50").encode())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "none of the formats"),
        (b"just some words\n", "none of the formats"),
        (b"WEBVTT\n\nNOTE nothing else\n", "no captions with words"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n<b></b>\n", "no captions with words"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xfe", "none of the formats"),
        (b"1\n00:00:01,000 --> 00:00:02,000\n\xff\x00words", "no text"),
        (codecs.BOM_UTF16_LE + b"\x00\xd8\x00", "UTF-16-LE"),
    ],
)
def test_what_is_no_caption_file_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse(data)


def test_too_much_is_refused() -> None:
    with pytest.raises(TooLargeError):
        parse(b"x" * (LARGEST + 1))
    many = "".join(f"00:00:01,000 --> 00:00:02,000\n{number}\n\n" for number in range(MOST_CUES + 1))
    with pytest.raises(ValidationError, match="more than"):
        parse(many.encode())


@given(
    st.binary(max_size=400), st.sampled_from(["", "WEBVTT\n\n", "[Script Info]\n[Events]\nDialogue: ", SRT])
)
def test_any_bytes_end_in_cues_or_a_sentence(data: bytes, head: str) -> None:
    """Whatever somebody drops on the page: words that are harmless, or a problem; never anything else."""
    try:
        found = parse(head.encode() + data)
    except MamError:
        return
    assert all("-->" not in cue.text and cue.start < cue.end for cue in found.cues)


def test_languages_are_told_as_players_know_them() -> None:
    assert [languages.normal(code) for code in ("ger", "deu", "de", "pt-BR", "und", "x", "gsw")] == [
        "de", "de", "de", "pt-BR", "", "", "gsw",
    ]  # fmt: skip
    assert [languages.name_of(code) for code in ("ger", "pt-BR", "gsw", "und", '"<')] == [
        "German", "Portuguese (BR)", "gsw", "", "",
    ]  # fmt: skip
    assert languages.is_code("zh-Hant-TW")
    assert not languages.is_code("de<script>")


@pytest.mark.parametrize(
    ("name", "bases", "language", "forced"),
    [
        ("clip.srt", ["clip"], "", False),
        ("clip.de.srt", ["clip.de", "clip"], "de", False),
        ("A001.C003.pt-BR.forced.VTT", ["A001.C003.pt-BR", "A001.C003"], "pt-BR", True),
        ("clip.final.ass", ["clip.final"], "", False),
        ("clip.en.sdh.ssa", ["clip.en", "clip"], "en", False),
    ],
)
def test_a_name_says_which_film_and_language(
    name: str, bases: list[str], language: str, forced: bool
) -> None:
    named = read_name(name)
    assert named is not None
    assert (list(named.bases), named.language, named.forced) == (bases, language, forced)


def test_other_names_are_no_caption_files() -> None:
    assert [read_name(name) for name in ("clip.mov", ".srt", "srt", "clip.srt.zip")] == [None] * 4
