"""Theme parts of plugins: over the default theme, under the chosen one; broken ones are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mam.config import Config
from mam.web.theme import SHEETS, open_theme

LINE = '{% extends "core:login.html" %}{% block door %}{{ super() }}<p>'


def laid(folder: Path, **files: str) -> Path:
    """A folder with these files, `__` for a slash and `_html`, `_css` for the endings."""
    for name, text in files.items():
        *parts, last = name.split("__")
        path = folder.joinpath(*parts, last.replace("_html", ".html").replace("_css", ".css"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def source(theme: object, name: str) -> str:
    environment = theme.environment  # type: ignore[attr-defined]
    return str(environment.loader.get_source(environment, name)[0])


def test_a_part_lies_between_the_chosen_theme_and_the_default(tmp_path: Path) -> None:
    # Given two plugins with parts, and a theme that has one of them too
    marks = laid(
        tmp_path / "marks", templates__login_html=LINE + "of marks</p>{% endblock %}",
        templates__marks_note_html="<p>a piece</p>", static__css__marks_css=".marks { color: var(--text); }",
        static__css__tokens_css='@import url("../core/css/tokens.css");\n:root { --bg: #123456; }',
    )  # fmt: skip
    late = laid(tmp_path / "late", templates__login_html="late", templates__offline_html="late")
    house = laid(tmp_path / "house", templates__offline_html="of the house")
    parts = {"marks": marks, "late": late}
    # When the box starts with the default theme, and with that theme
    plain = open_theme(Config(data=tmp_path), {}, parts)
    chosen = open_theme(Config(data=tmp_path, theme=str(house)), {}, parts)
    # Then the first plugin's page stands over the default's, and the theme's over both
    assert "of marks" in source(plain, "login.html")
    assert "block door" in source(plain, "core:login.html")
    assert (source(plain, "offline.html"), source(chosen, "offline.html")) == ("late", "of the house")
    assert source(chosen, "marks_note.html") == "<p>a piece</p>"
    # And its sheets are in the one of every page, behind the default's tokens
    sheet = plain.files[SHEETS].content
    assert sheet.index(b"--surface:") < sheet.index(b"#123456") < sheet.index(b".marks {")
    assert plain.files["core/css/tokens.css"].content != plain.files["css/tokens.css"].content


@pytest.mark.parametrize("bad", ["{% block door %}", "{{ a|nofilter }}", "{% nothing %}"])
def test_a_part_that_cannot_be_read_is_left_out_whole(tmp_path: Path, bad: str) -> None:
    # Given a plugin with a good template and a bad one, when the box starts
    broken = laid(tmp_path / "broken", templates__login_html="mine", templates__offline_html=bad)
    theme = open_theme(Config(data=tmp_path), {}, {"broken": broken})
    # Then nothing of it is there, and the core's own pages are
    assert "mine" not in source(theme, "login.html")
    assert theme.environment.get_template("offline.html")
