"""Side-car caption files: what is read, in which encodings, and what is refused with its line."""

from __future__ import annotations

import codecs
from fractions import Fraction

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
    st.binary(max_size=400),
    st.sampled_from(
        ["", "WEBVTT\n\n", "[Script Info]\n[Events]\nDialogue: ", SRT, "<tt>", "Scenarist_SCC V1.0\n"]
    ),
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
        ("clip.en.scc", ["clip.en", "clip"], "en", False),
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


NTSC = 'ttp:frameRateMultiplier="1000 1001"'
SBV = "0:00:01.000,0:00:02.500\nFirst line[br]second line\n\n0:00:03.000,0:00:04.000\nthe end\n"


def test_sbv() -> None:
    assert parse(SBV.encode()).format == "sbv"
    assert words(SBV.encode()) == [(1.0, 2.5, "First line\nsecond line"), (3.0, 4.0, "the end")]
    with pytest.raises(ValidationError, match="Line 4 "):
        parse(SBV.replace("0:00:03.000,", "words ").encode())


def ttml(body: str, attributes: str = "", namespace: str = "http://www.w3.org/ns/ttml") -> bytes:
    head = f'<tt xmlns="{namespace}" xmlns:ttp="{namespace}#parameter" xmlns:tts="{namespace}#styling"'
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{head} {attributes}><body><div>{body}</div></body></tt>'
    return text.encode()


@pytest.mark.parametrize(
    ("attributes", "times", "expected"),
    [
        ("", 'begin="00:00:01.500" end="00:00:02.000"', (1.5, 2.0)),
        ("", 'begin="1500ms" dur="0.5s"', (1.5, 2.0)),
        ('ttp:frameRate="25"', 'begin="00:00:01:05" end="50f"', (1.2, 2.0)),
        ('ttp:tickRate="10000000"', 'begin="15000000t" end="20000000t"', (1.5, 2.0)),
        (f'ttp:frameRate="24" {NTSC}', 'begin="24f" end="48f"', (1.001, 2.002)),
        (f'ttp:frameRate="30" {NTSC} ttp:timeBase="smpte" ttp:dropMode="dropNTSC"',
         'begin="00:01:00:02" end="00:01:01:00"', (60.06, 60.994267)),
    ],
)  # fmt: skip
def test_ttml_in_every_way_to_say_a_time(attributes: str, times: str, expected: tuple[float, float]) -> None:
    data = ttml(
        f"<p {times}>Words &amp; <span tts:fontStyle='italic'>more</span><br/>\n  below</p>", attributes
    )
    found = parse(data)
    (cue,) = found.cues
    assert (found.format, cue.text) == ("ttml", "Words &amp; <i>more</i>\nbelow")
    assert (cue.start, cue.end) == pytest.approx(expected, abs=1e-6)


def test_ttml_counts_from_the_parent_and_dfxp_is_the_same() -> None:
    data = ttml(
        '<p>never</p></div><div begin="10s" end="20s"><p begin="1s" end="99s">a</p>'
        '<p begin="2s"><span begin="1s" end="2s">b</span></p><p>all the time</p>',
        namespace="http://www.w3.org/2006/10/ttaf1",
    )
    assert words(data) == [(10.0, 20.0, "all the time"), (11.0, 20.0, "a"), (13.0, 14.0, "b")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'<!DOCTYPE tt [<!ENTITY x SYSTEM "file:///etc/passwd">]><tt><p begin="0s" end="1s">&x;</p></tt>',
         "never read"),
        (b'<!DOCTYPE tt [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><tt>&b;</tt>', "never read"),
        (b"<html><body>no</body></html>", "no TTML"),
        (b"<tt><body><p begin='1s' end='2s'>broken", "no XML that can be read"),
        (ttml('<p begin="soon" end="2s">a</p>'), "a time that cannot be read: 'soon'"),
        (ttml('<p begin="1s" end="2s">a</p>', 'ttp:frameRate="0"'), "frameRate"),
        (ttml('<p begin="1s" end="2s">a</p>', 'ttp:frameRateMultiplier="1 0"'), "frameRateMultiplier"),
        (b"<tt>" + b"<div>" * 100, "nested too deeply"),
        (ttml("<p>no time at all</p>"), "no captions with words"),
    ],
)  # fmt: skip
def test_hostile_ttml_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse(data)


def pairs(*bytes_of: int) -> str:
    """Bytes with odd parity, two by two, as a line of SCC has them."""
    odd = [one | 0x80 if one.bit_count() % 2 == 0 else one for one in bytes_of]
    odd += [0x80] * (len(odd) % 2)
    return " ".join(f"{odd[at]:02x}{odd[at + 1]:02x}" for at in range(0, len(odd), 2))


def letters(text: str) -> list[int]:
    return [*text.encode("ascii"), *([0x80] * (len(text) % 2))]


RCL, EOC, EDM, CR, RU2 = (0x14, 0x20), (0x14, 0x2F), (0x14, 0x2C), (0x14, 0x2D), (0x14, 0x25)
ROW_14, ROW_15 = (0x14, 0x40), (0x14, 0x60)


def scc(*lines: tuple[str, list[int]]) -> bytes:
    return ("Scenarist_SCC V1.0\n\n" + "\n\n".join(f"{at}\t{pairs(*said)}" for at, said in lines)).encode()


def test_scc_that_pops_on() -> None:
    """Codes come twice; an extended character takes the plain one's place; the second channel is not ours."""
    first = [*RCL, *RCL, *ROW_14, *ROW_14, *letters("Hola, se"), *b"n", 0x80, 0x12, 0x20, 0x12, 0x20]
    data = scc(
        ("00:00:01;00", [*first, *ROW_15, *ROW_15, *letters("two"), *EOC, *EOC]),
        ("00:00:02;00", [0x1C, 0x20, *letters("not ours")]),
        ("00:00:03;00", [*EDM, *EDM]),
        ("00:00:04;00", [*RCL, *ROW_15, 0x11, 0x37, *letters(" la"), *EOC]),
    )
    found = parse(data)
    assert (found.format, [cue.text for cue in found.cues]) == ("scc", ["Hola, seÁ\ntwo", "♪ la"])
    eoc = 15  # pairs after the line's time
    assert found.cues[0].start == pytest.approx((30 + eoc) * 1001 / 30000)
    assert found.cues[0].end == pytest.approx(90 * 1001 / 30000)


def test_scc_that_rolls_up() -> None:
    data = scc(
        ("00:00:01:00", [*RU2, *CR, *ROW_15, *letters("first")]),
        ("00:00:03:00", [*CR, *letters("second")]),
        ("00:00:05:00", [*CR, *letters("third")]),
        ("00:00:07:00", [*EDM]),
    )
    texts = [cue.text for cue in parse(data).cues]
    assert [text for text in texts if text.endswith(("first", "second", "third"))] == [
        "first", "first\nsecond", "second\nthird",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("at", "label", "rate", "duration", "start"),
    [
        ("01:00:01;00", "01:00:00:00", "24000/1001", 60.0, 1.001),  # the film's label in the file's counting
        ("01:00:01;00", "01:00:00;00", "30000/1001", 60.0, 1.001),
        ("01:00:01:00", None, None, 60.0, 1.0),  # no time code: tapes begin at a full hour
        ("00:00:01:00", "10:00:00:00", "25", 60.0, 1.001),  # a file that counts from the first picture
        ("00:59:58;00", "00:59:50;00", "30000/1001", 60.0, 8.008),
    ],
)  # fmt: skip
def test_time_code_counts_from_where_the_film_begins(
    at: str, label: str | None, rate: str | None, duration: float, start: float
) -> None:
    data = scc((at, [*RCL, *letters("hi"), *EOC]))
    found = parse(data).on_film(label=label, rate=Fraction(rate) if rate else None, duration=duration)
    two_pairs = 2 * 1001 / 30000
    expected = start + two_pairs + (3.6 if label is None else 0)  # non-drop runs late against the full hour
    assert found.cues[0].start == pytest.approx(expected, abs=0.002)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Scenarist_SCC V1.0\n\nhello\n", "Line 3 is no time with pairs"),
        (b"Scenarist_SCC V1.0\n\n00:61:00;00\t9420\n", "Line 3: "),
        (b"Scenarist_SCC V1.0\n\n00:00:01;00\t9420 942f\n", "no captions with words"),
        (b"Scenarist_SCC V1.0\n" + b"00:00:01;00\t" + b"c8e9" * 600_000, "four hours"),
    ],
)  # fmt: skip
def test_scc_that_is_none_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse(data)


RED_TEXT, BOX, DOUBLE, ITALIC, NO_ITALIC, NEW_LINE = b"\x01", b"\x0b\x0b", b"\x0d", b"\x80", b"\x81", b"\x8a"
Label = tuple[int, int, int, int]


def stl(
    *blocks: tuple[Label, Label, bytes],
    form: bytes = b"STL25.01",
    letters: bytes = b"00",
    programme: bytes = b"00000000",
) -> bytes:
    """EBU STL: its head, and a piece of 112 bytes after the other for each text."""
    head = bytearray(b" " * 1024)
    head[0:3], head[3:11], head[12:14], head[256:264] = b"850", form, letters, programme
    made = bytes(head)
    for number, (start, end, text) in enumerate(blocks):
        pieces = [text[at : at + 112] for at in range(0, len(text), 112)]
        for piece, words in enumerate(pieces):
            last = 0xFF if piece + 1 == len(pieces) else piece
            made += bytes((0, number + 1, 0, last, 0, *start, *end, 20, 2, 0)) + words.ljust(112, b"\x8f")
    return made


def test_stl_of_teletext_and_open_subtitles() -> None:
    """Colours and boxes go, italics stay; accents stand before their letter; a long text has two pieces."""
    long = b"word " * 30
    data = bytearray(stl(
        ((0, 0, 1, 0), (0, 0, 2, 12), DOUBLE + RED_TEXT + BOX + b"Na\xc8ive \xa4 3 $\x0a" + NEW_LINE * 2
         + BOX + b"\xa9Stra\xfbe\xb9"),
        ((0, 0, 3, 0), (0, 0, 4, 0), ITALIC + b"leise" + NEW_LINE + b"und" + NO_ITALIC * 2 + b" laut <b & c"),
        ((0, 0, 5, 0), (0, 0, 6, 0), b"a note for the subtitler"),
        ((0, 0, 7, 0), (0, 0, 8, 0), long),
        ((0, 0, 9, 0), (0, 0, 9, 24), ITALIC + b"open"),
    ))  # fmt: skip
    data[1024 + 2 * 128 + 15] = 1  # the third is a comment
    data += b"the rest of a block"
    found = parse(bytes(data))
    assert (found.format, found.encoding) == ("stl", "ebu-stl")
    assert [cue.text for cue in found.cues] == [
        "Naïve $ 3 $\n\u2018Straße\u2019", "<i>leise\nund</i> laut &lt;b &amp; c",
        long.decode().strip(), "<i>open</i>",
    ]  # fmt: skip
    assert (found.cues[0].start, found.cues[0].end) == (1.0, 2.48)


@pytest.mark.parametrize(
    ("letters", "written", "said"),
    [(b"01", "Привет", "iso8859-5"), (b"03", "Καλημέρα", "iso8859-7"), (b"04", "שלום", "iso8859-8")],
)
def test_stl_in_other_letters(letters: bytes, written: str, said: str) -> None:
    data = stl(((0, 0, 1, 0), (0, 0, 2, 0), written.encode(said)), letters=letters)
    assert parse(data).cues[0].text == written


@pytest.mark.parametrize(
    ("form", "at", "programme", "film", "start"),
    [
        (b"STL25.01", (10, 0, 5, 5), b"10000000", (None, "25"), 5.2),  # its own word; the film has none
        (b"STL25.01", (10, 0, 5, 5), b"00000000", ("10:00:00:00", "25"), 5.2),
        (b"STL25.01", (10, 0, 5, 5), b"10000000", ("09:59:50:00", "25"), 15.2),  # the film's word is better
        (b"STL25.01", (0, 0, 5, 5), b"10000000", ("10:00:00:00", "25"), 5.2),  # it counts from the begin
        (b"STL30.01", (1, 0, 5, 0), b"01000000", ("01:00:00:00", "30"), 5.0),
        (b"STL30.01", (1, 0, 5, 0), b"01000000", ("01:00:00:00", "30000/1001"), 5.005),
        (b"STL30.01", (1, 10, 0, 0), b"01000000", ("01:00:00:00", "30000/1001"), 600.6),
        (b"STL30.01", (1, 10, 0, 0), b"01000000", ("01:00:00;00", "30000/1001"), 599.9994),
        (b"STL30.01", (1, 1, 0, 0), b"01000000", ("01:00:00;00", "60000/1001"), 60.06),  # no such label
    ],
)  # fmt: skip
def test_stl_counts_from_where_the_programme_begins(
    form: bytes, at: Label, programme: bytes, film: tuple[str | None, str], start: float
) -> None:
    data = stl((at, (at[0], at[1], at[2] + 2, 0), b"hi"), form=form, programme=programme)
    found = parse(data).on_film(label=film[0], rate=Fraction(film[1]), duration=3000.0)
    assert found.cues[0].start == pytest.approx(start, abs=0.0005)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (stl(((0, 0, 1, 25), (0, 0, 2, 0), b"no such frame")), "Subtitle 1: "),
        (stl(((0, 77, 1, 0), (0, 0, 2, 0), b"no such minute")), "Subtitle 1: "),
        (stl(((0, 0, 3, 0), (0, 0, 2, 0), b"over before it begins")), "no times that can be read"),
        (stl(), "no captions with words"),
        (stl(((0, 0, 1, 0), (0, 0, 2, 0), b"cut off"))[:1100], "no captions with words"),
    ],
    ids=["frame", "minute", "order", "empty", "cut"],
)
def test_stl_that_is_none_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        parse(data)
