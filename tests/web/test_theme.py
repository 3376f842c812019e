"""Themes: one replaces a template or a file, extends the core's pages, and is found where the words say."""

from __future__ import annotations

import posixpath
import re
from dataclasses import fields, replace
from pathlib import Path

import pytest
from quart import Quart

from mam.config import Config
from mam.core import Mam
from mam.errors import ConfigError
from mam.web import views, words
from mam.web.app import create_app
from mam.web.theme import open_theme, shipped

ERROR = views.ErrorView(
    title="T", page="error", path="/", user=None, csrf_token="", appearance="dark", version="1",
    status=404, heading="Gone fishing", detail="D", code="c", request_id="r",
)  # fmt: skip


@pytest.fixture
def adria(tmp_path: Path) -> Path:
    """A tiny theme: one page extended, one style sheet replaced, a name."""
    folder = tmp_path / "data" / "themes" / "adria"
    (folder / "templates").mkdir(parents=True)
    (folder / "static" / "css").mkdir(parents=True)
    (folder / "theme.toml").write_text('name = "adria"\ntitle = "Studio Adria"\n', encoding="utf-8")
    (folder / "static" / "css" / "tokens.css").write_text(":root { --bg: #000; }\n", encoding="utf-8")
    page = '{% extends "core:error.html" %}{% block main %}<p>Adria</p>{{ super() }}{% endblock %}'
    (folder / "templates" / "error.html").write_text(page, encoding="utf-8")
    return folder


def test_one_template_replaced_the_rest_is_the_core(adria: Path, tmp_path: Path) -> None:
    # Given the theme by name, out of the data folder
    theme = open_theme(Config(data=tmp_path / "data", theme="adria"))
    # When its own page is drawn
    page = theme.render("error.html", ERROR)
    # Then it is the core's page with what the theme adds, under the theme's title
    assert "<p>Adria</p>" in page
    assert "Gone fishing" in page
    assert "<title>T · Studio Adria</title>" in page
    # And its style sheet stands in for the core's, whose other files are all there
    assert b"--bg: #000" in theme.files["css/tokens.css"].content
    core = open_theme(Config(data=tmp_path / "data"))
    assert theme.files.keys() - {"core/css/tokens.css"} == core.files.keys()
    assert theme.files["core/css/tokens.css"] == core.files["css/tokens.css"]
    assert theme.digest != core.digest


def test_a_theme_may_lie_anywhere(adria: Path, tmp_path: Path) -> None:
    assert open_theme(Config(data=tmp_path, theme=str(adria))).title == "Studio Adria"


def test_the_second_theme_says_only_what_is_its_own(tmp_path: Path) -> None:
    # Given the theme that shows how a house makes the portal its own
    theme, core = (open_theme(Config(data=tmp_path, theme=name)) for name in ("daylight", "default"))
    # Then its title, colours and logo are its own, and the colours of the browser's bars follow
    assert (theme.title, core.title) == ("Daylight", "MAM")
    assert (theme.bars.light, theme.bars.dark) == ("#ffffff", "#171717")
    assert (core.bars.light, core.bars.dark) == ("#fafafa", "#1b1b1b")
    assert "/icons/mark.svg#mark" in theme.environment.globals["icon"]("mark")
    assert "/icons.svg#search" in theme.environment.globals["icon"]("search")
    # And no file of it is the default's
    own = shipped("daylight") / "static"
    names = [str(path.relative_to(own)) for path in own.rglob("*") if path.is_file()]
    assert [name for name in names if core.files.get(name) == theme.files[name]] == []
    assert len(names) < 10


def test_a_theme_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"theme: expected a folder .* found nothing at .*themes/nix"):
        open_theme(Config(data=tmp_path, theme="nix"))


def test_what_comes_from_people_is_escaped(tmp_path: Path) -> None:
    theme = open_theme(Config(data=tmp_path))
    page = theme.render("error.html", replace(ERROR, heading="<script>alert(1)</script>"))
    assert "<script>alert" not in page


def test_a_variable_that_nobody_gives_is_an_error(adria: Path, tmp_path: Path) -> None:
    (adria / "templates" / "error.html").write_text("{{ moon }}", encoding="utf-8")
    theme = open_theme(Config(data=tmp_path, theme=str(adria)))
    with pytest.raises(Exception, match="'moon' is undefined"):
        theme.render("error.html", ERROR)


async def test_the_box_wears_the_configured_theme(sqlite_box: Mam, adria: Path) -> None:
    config = replace(sqlite_box.config, theme=str(adria))
    app: Quart = create_app(replace(sqlite_box, config=config))
    answer = await app.test_client().get("/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "<p>Adria</p>" in await answer.get_data(as_text=True)


def test_every_field_has_its_help() -> None:
    for view in (*views.PAGES.values(), *views.PARTS):
        assert all(one.metadata["help"].endswith(".") for one in fields(view)), view


def test_words() -> None:
    sizes = [words.size(count) for count in (0, 999, 1000, 1_234_567, 99_960_000, 5e12)]
    assert sizes == ["0 B", "999 B", "1.0 kB", "1.2 MB", "100 MB", "5.0 TB"]
    assert [words.clock(seconds) for seconds in (None, 3.4, 123, 3723)] == ["", "0:03", "2:03", "1:02:03"]
    assert words.rate("24000/1001") == "23.976 fps"
    assert words.rate("25/1") == "25 fps"
    assert words.day("2026-11-02T09:30:00Z") == "2 Nov 2026"
    assert words.moment("2026-11-02T09:30:00Z") == "2 Nov 2026, 09:30 UTC"
    assert [words.initials(name) for name in ("Ana Kovač", "ana", "Ana Maria Kovač", "…")] == [
        "AK",
        "A",
        "AK",
        "?",
    ]
    assert words.state("ready") == "Ready"
    assert words.state("new") == "new"


def test_a_page_names_every_script_that_it_needs(tmp_path: Path) -> None:
    # Given the scripts of an asset's page
    theme = open_theme(Config(data=tmp_path))
    # When their modules are asked for
    found = theme.modules("js/app.js", "js/pages/asset.js", "js/player/player.js", "js/pages/nothing.js")
    names = [address.split("/", 3)[3] for address in found]
    # Then each is named once, with all that any of them imports, and nothing that does not exist
    assert len(names) == len(set(names))
    assert {"js/app.js", "js/player/source.js", "vendor/hls.js", "js/lib/api.js"} <= set(names)
    assert set(names) <= theme.files.keys()
    for name in names:
        for wanted in re.findall(rb'from "(\.[^"]+)"', theme.files[name].content):
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), wanted.decode())) in names


async def test_what_the_build_packed_is_sent_to_whoever_takes_it(sqlite_app: Quart, tmp_path: Path) -> None:
    # Given the bundled player, a few times smaller beside itself
    theme = open_theme(Config(data=tmp_path))
    address = theme.static("vendor/hls.js")
    assert not [name for name in theme.files if name.endswith(".br")]
    # When browsers ask for it that know Brotli, gzip or neither
    sent = {}
    for taken in ("gzip, deflate, br, zstd", "gzip", ""):
        answer = await sqlite_app.test_client().get(address, headers={"Accept-Encoding": taken})
        encoding = answer.headers.get("Content-Encoding", "plain")
        sent[encoding] = len(await answer.get_data(as_text=False))
    # Then each gets the smallest that it can read
    assert sent["br"] < sent["gzip"] < sent["plain"] / 2
    assert sent["br"] < 130_000
