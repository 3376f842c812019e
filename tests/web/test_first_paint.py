"""What a page waits for before it is painted: one style sheet, one small script; what all weigh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mam.config import Config
from mam.web.theme import SHEETS, Theme, open_theme, shipped

START = "js/start.js"
MOST_BEFORE_PAINT = 2500
MOST_BEFORE_USE = 150_000
ENGINE = "vendor/hls.js"  # plays films, after the page stands
FILM = ("js/app.js", "js/pages/asset.js", "js/pages/asset-panel.js", "js/player/player.js")
GUEST = ("js/app.js", "js/pages/share-asset.js", "js/player/player.js")
TEMPLATES = sorted((shipped("default") / "templates").rglob("*.html"))


@pytest.fixture(scope="module")
def theme(tmp_path_factory: pytest.TempPathFactory) -> Theme:
    return open_theme(Config(data=tmp_path_factory.mktemp("data")))


def test_one_small_script_comes_before_the_first_paint(theme: Theme) -> None:
    # Given every template
    pages = {path.name: path.read_text(encoding="utf-8") for path in TEMPLATES}
    # Then none asks a browser for scripts while the page is being painted, but the one that waits for that
    assert [name for name, text in pages.items() if "modulepreload" in text] == []
    named = {name: re.findall(r"<script\b[^>]*", text) for name, text in pages.items() if "<script" in text}
    assert named.keys() == {"base.html", "offline.html", "plugin.html"}
    # And a plugin's own comes after its page
    assert re.search(r"block after %}.*<script type=\"module\"", pages["plugin.html"])
    assert [re.findall(r"static\('([^']+)'\)", one) for one in named["base.html"]] == [[START, "js/app.js"]]
    # And that one brings nothing with it
    assert theme.modules(START) == [theme.static(START)]
    assert len(theme.files[START].packed or b"") < MOST_BEFORE_PAINT


@pytest.mark.parametrize("wanted", [FILM, GUEST], ids=["film", "guest"])
def test_a_film_needs_no_more_script_than_promised(theme: Theme, wanted: tuple[str, ...]) -> None:
    """Issue 5, item 8: under 150 KB of script, compressed, before the page can be used."""
    addresses = (START, *(address.split("/", 3)[3] for address in theme.modules(*wanted)))
    sizes = {name: len(theme.files[name].packed or theme.files[name].content) for name in addresses}
    assert ENGINE in sizes
    assert 0 < sum(size for name, size in sizes.items() if name != ENGINE) < MOST_BEFORE_USE


def test_pages_wait_for_one_sheet_with_all_of_them(theme: Theme) -> None:
    # Given the sheet of all pages as it lies in the theme
    folder = shipped("default") / "static"
    names = re.findall(r'@import "([^"]+)"', (folder / SHEETS).read_text(encoding="utf-8"))
    # Then what is sent holds every one of them, in their order
    sent, at = theme.files[SHEETS], 0
    for name in names:
        at = sent.content.index((folder / "css" / name).read_bytes(), at)
    assert b"@import" not in sent.content
    assert sent.packed is not None
    # And a sheet that lies there is named by it, or by a page of its own
    pages = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    others = {path.name for path in (folder / "css").glob("*.css")} - {*names, Path(SHEETS).name}
    assert {name for name in others if f"css/{name}" not in pages} == set()


@pytest.mark.parametrize(
    ("tokens", "joined"),
    [
        ('@import url("../core/css/tokens.css");\n:root { --bg: #123456; }', True),
        ('@import url("../core/css/tokens.css") screen;\n:root { --bg: #123456; }', False),
        ('@import "all.css";\n:root { --bg: #123456; }', False),
    ],
)
def test_a_themes_own_sheet_is_joined_where_that_means_the_same(
    tmp_path: Path, tokens: str, joined: bool
) -> None:
    # Given a theme whose tokens begin with the default's: plainly, for screens only, and round in a ring
    folder = tmp_path / "house" / "static" / "css"
    folder.mkdir(parents=True)
    (folder / "tokens.css").write_text(tokens, encoding="utf-8")
    # When the box starts
    sent = open_theme(Config(data=tmp_path, theme=str(tmp_path / "house"))).files[SHEETS].content
    # Then both are in the one sheet, the theme's behind; or the browser puts them together
    assert (b"#123456" in sent) is joined
    assert (b"@import" not in sent) is joined
    if joined:
        assert sent.index(b"--surface:") < sent.index(b"#123456")
