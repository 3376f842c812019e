"""WebVTT: what is kept of a user's file is words, line ends and three tags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mam.media import vtt
from mam.media.vtt import Cue, read, safe_text, stamp, write


def test_a_moment_is_written_with_hours() -> None:
    assert [stamp(0), stamp(61.5), stamp(3599.9996)] == ["00:00:00.000", "00:01:01.500", "01:00:00.000"]


def test_cues_are_read_without_what_is_beside_them() -> None:
    # Given a file with styles, a region, a note, a named cue with settings, a cue out of order
    text = (
        "WEBVTT\r\n\r\nSTYLE\r\n::cue { background: url(http://evil/) }\r\n\r\nREGION\r\nid:a\r\n\r\n"
        "NOTE no\r\n\r\nname\r\n00:02.000 --> 00:03.000 line:0 position:10%\r\nsecond\r\n\r\n"
        "00:01.000 --> 01:00:02.000\r\nfirst <c.yellow>yellow</c>\r\nline two\r\n\r\n"
        "00:05.000 --> 00:04.000\r\nno\r\n"
    )
    # When / Then
    assert read(text) == (Cue(1.0, 3602.0, "first yellow\nline two"), Cue(2.0, 3.0, "second"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<b>loud</b> <i>soft</i> <u>u</u>", "<b>loud</b> <i>soft</i> <u>u</u>"),
        ("<script>alert(1)</script>", "alert(1)"),
        ('<img src=x onerror="alert(1)">a', "a"),
        ('<b onclick="x">a</b>', "a</b>"),
        ("<scr<b>ipt>x", "&lt;scr<b>ipt&gt;x"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        ("a&#10;&#10;00:00.000 --&#62; 00:09.000&#10;b", "a\n00:00.000 --&gt; 00:09.000\nb"),
        ("a\x00b\x1bc\u2028d", "a b c d"),
        ("<v Ana>hello <00:00:01.000>you", "hello you"),
        ("<b></b> <i> </i>", ""),
        ("\n \n", ""),
    ],
)
def test_text_is_made_safe(text: str, kept: str) -> None:
    assert safe_text(text) == kept


@given(st.text(alphabet="<>/&;biu#10xscript \n\r-:.=\"'", max_size=80))
def test_whatever_is_written_is_one_cue_without_a_foreign_tag(text: str) -> None:
    """Hostile words stay words: nothing that is dropped makes something new."""
    safe = safe_text(text)
    bare = safe.replace("<b>", "").replace("</b>", "").replace("<i>", "").replace("</i>", "")
    bare = bare.replace("<u>", "").replace("</u>", "")
    assert "<" not in bare
    assert ">" not in bare
    if safe:
        cue = Cue(1.0, 2.0, safe)
        assert read(write([cue])) == (cue,)


def test_too_much_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vtt, "MOST_CUES", 3)
    cues = read(write([Cue(number, number + 1, "x" * 5000) for number in range(10)]))
    assert len(cues) == 3
    assert {len(cue.text) for cue in cues} == {2000}
