"""Languages: all that a page says is in the German catalogue, and each reader gets the language they want."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from quart import Quart
from template_words import messages_of_python, messages_of_template, spoken_texts, unsaid, unsaid_in_python
from test_portal import FORM, HTML, Reader
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from mam.config import Config
from mam.core import Mam
from mam.errors import ConfigError
from mam.services import audit_log
from mam.types import SYSTEM
from mam.web import language, views, words
from mam.web.sentences import SENTENCES, say
from mam.web.theme import Theme, open_theme, shipped

ROOT = Path(__file__).parents[2]
THEMES = sorted(folder.parent.name for folder in (ROOT / "themes").glob("*/templates"))
VIEWS = sorted((ROOT / "mam" / "web").rglob("*.py"))
HOLES = re.compile(r"%\(\w+\)s|%%")
MARKUP = re.compile(r"<[^>]*>|&\w+;")

ERROR = views.ErrorView(
    title="T", page="error", path="/", user=None, csrf_token="", appearance="dark", version="1",
    status=404, heading="H", detail="D", code="c", request_id="r",
)  # fmt: skip


@pytest.fixture(scope="module")
def theme(tmp_path_factory: pytest.TempPathFactory) -> Theme:
    return open_theme(Config(data=tmp_path_factory.mktemp("theme")))


@pytest.fixture
def reader(sqlite_app: Quart, sqlite_box: Mam) -> Reader:
    """Somebody who is no administrator."""
    return Reader(sqlite_app, sqlite_box)


@pytest.fixture
def german(theme: Theme) -> Any:
    """What is said in this test is said in German."""
    before = language.spoken()
    language.speak(theme.languages["de"])
    yield
    language.speak(before)


def _templates(name: str) -> list[Path]:
    return sorted((shipped(name) / "templates").rglob("*.html"))


def _said(theme: Theme, names: list[str]) -> set[Any]:
    """Every message of these themes' templates and of the views, as catalogues name it."""
    found: set[tuple[str, Any]] = set()
    for file in (file for name in names for file in _templates(name)):
        found |= messages_of_template(theme.environment, file.read_text(encoding="utf-8"))
    for file in VIEWS:
        found |= messages_of_python(file)
    return {_key(function, message) for function, message in found}


def _key(function: str, message: Any) -> Any:
    """`(context, id)` of a message; the plural form adds nothing to that."""
    if function == "pgettext":
        return tuple(message[:2])
    return (None, message[0] if isinstance(message, tuple) else message)


# --- the catalogue -------------------------------------------------------------------------------


def test_the_german_catalogue_holds_exactly_what_is_said(theme: Theme) -> None:
    """Issue 5, item 8: German and English; nothing untranslated, nothing left over."""
    # Given every message of the templates and views, and the catalogue
    said = _said(theme, THEMES)
    with (shipped("default") / "locale" / "de.po").open("rb") as file:
        catalogue = read_po(file, abort_invalid=True)
    kept = {
        (one.context, one.id[0] if isinstance(one.id, tuple) else one.id): one for one in catalogue if one.id
    }
    own = {tag for name in THEMES for tag in _own(name)}
    # Then they are the same, and each has its German
    assert sorted(map(str, said - kept.keys() - own)) == []
    assert sorted(map(str, kept.keys() - said)) == []
    assert [one.id for one in kept.values() if not all(_forms(one.string)) or one.fuzzy] == []


def _own(name: str) -> set[Any]:
    """The messages that a theme besides the default one translates itself."""
    file = shipped(name) / "locale" / "de.po"
    if name == "default" or not file.is_file():
        return set()
    with file.open("rb") as text:
        return {(one.context, one.id) for one in read_po(text) if one.id}


def _forms(text: Any) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, tuple | list) else (text,)


def test_translations_keep_the_holes_and_the_markup() -> None:
    """A hole that the page does not fill is an error on it, and other markup would be let through."""
    with (shipped("default") / "locale" / "de.po").open("rb") as file:
        for one in (one for one in read_po(file) if one.id):
            source = _forms(one.id)[-1]
            for text in _forms(one.string):
                assert Counter(HOLES.findall(text)) == Counter(HOLES.findall(source)), text
                assert _tags(text) == _tags(source), text
                assert '"' not in MARKUP.sub("", text), text


def _tags(text: str) -> Counter[str]:
    """Markup but for the names of keys, which are others on a German keyboard."""
    return Counter(MARKUP.findall(text))


@pytest.mark.parametrize("name", THEMES)
def test_nothing_in_a_template_is_said_in_english_only(theme: Theme, name: str) -> None:
    for file in _templates(name):
        assert unsaid(theme.environment, file.read_text(encoding="utf-8")) == [], file


def test_no_view_gives_a_title_in_english_only() -> None:
    for file in sorted((ROOT / "mam" / "web" / "portal").glob("*.py")):
        assert unsaid_in_python(file) == [], file


def test_the_checks_find_what_they_look_for(theme: Theme, tmp_path: Path) -> None:
    # Given words that went past every `_`: text, attributes, a branch, an argument, a title
    source = (
        '<p title="Say {{ 1 }}">One{% if x %} two{% endif %}</p>'
        '{{ "Three" if x else _("Four") }}{{ field("a", "Five six", more={"Key": 1}) }}'
        '<b>{{ _("Seven") }} CSV</b>'
    )
    module = tmp_path / "view.py"
    module.write_text('render(title=f"Board {x}", label=_("Fine"), heading=y or "Nothing")', encoding="utf-8")
    # Then each is found, and nothing else is
    assert unsaid(theme.environment, source) == ["p title: Say", "One two", "Three", "Five six"]
    assert unsaid_in_python(module) == ["Board ", "Nothing"]


def test_sentences_of_services_are_theirs_still() -> None:
    """What pages can say in other languages is what services, errors and their answers say."""
    found = {
        text for folder in ("services", "web") for file in _sources(folder) for text in spoken_texts(file)
    }
    found |= spoken_texts(ROOT / "mam" / "errors.py")
    # A field's name before its message is put there by the service
    missing = [one for one in SENTENCES if HOLES.sub("{}", one.removeprefix("name: ")) not in found]
    assert missing == []


def _sources(folder: str) -> list[Path]:
    own = ROOT / "mam" / "web" / "sentences.py"
    return [file for file in sorted((ROOT / "mam" / folder).rglob("*.py")) if file != own]


@pytest.mark.usefixtures("german")
def test_what_services_say_is_said_in_german() -> None:
    assert say("The email or the password is not right.") == "E-Mail oder Passwort stimmt nicht."
    assert say("10 to 1024 characters.") == "10 bis 1024 Zeichen."
    assert say("An error of a plugin.") == "An error of a plugin."


async def test_the_login_says_in_german_what_is_wrong(sqlite_app: Quart, reader: Reader) -> None:
    # Given a German browser, when a wrong password is sent, then the page says so in German
    wish = {**FORM, "Accept-Language": "de"}
    form = {"email": "ana@example.org", "password": "not the password"}
    answer = await sqlite_app.test_client().post("/login", form=form, headers=wish)
    assert "E-Mail oder Passwort stimmt nicht." in await answer.get_data(as_text=True)
    # And the API says it in English, as ever
    told = await sqlite_app.test_client().post("/auth/login", json=form, headers={"Accept-Language": "de"})
    assert (await told.get_json())["detail"] == "The email or the password is not right."
    assert reader.actor.user_id


# --- which language ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "tag"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("fr;q=0.9,de;q=0.5,en;q=0.4", "de"),
        ("fr", "en"),
        ("de;q=0,fr", "en"),
        ("*", "en"),
        ("q=1;;,%%,de;q=x", "en"),
    ],
)
def test_the_browser_is_asked_by_quality(theme: Theme, accepted: str, tag: str) -> None:
    wanted = parse_accept_header(accepted, LanguageAccept)
    found = language.choose(theme.languages, own="", cookie="", accepted=wanted, otherwise="en")
    assert found.tag == tag


async def test_a_german_browser_reads_german_until_somebody_chooses(
    sqlite_app: Quart, sqlite_box: Mam, reader: Reader
) -> None:
    # Given a browser set to German, at the door and inside
    wish = {"Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}
    client = sqlite_app.test_client()
    # Then the login, an error and the home page are German, and say so
    for answer in (
        await client.get("/login", headers={**HTML, **wish}),
        await reader.get("/nowhere", **wish),
        await reader.get("/", **wish),
    ):
        page = await answer.get_data(as_text=True)
        assert '<html lang="de"' in page
        assert "Zum Inhalt springen" in page
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Language"] == "de"
    # When a browser without a login chooses English at the door
    kept = await client.post("/language", form={"language": "en", "back": "/login"}, headers=FORM)
    assert (kept.status_code, kept.headers["Location"]) == (303, "/login")
    cookie = kept.headers["Set-Cookie"].split(";")[0]
    # Then that outweighs what it accepts
    answer = await client.get("/login", headers={**HTML, **wish, "Cookie": cookie})
    assert '<html lang="en"' in await answer.get_data(as_text=True)


async def test_the_choice_of_an_account_holds_on_every_browser(sqlite_box: Mam, reader: Reader) -> None:
    # Given somebody who chooses German in the account's menu
    answer = await reader.post("/account/language", language="de", back="/projects/new?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/projects/new?x=1")
    # When they come with a browser that is set to English and has no such cookie, then it is German
    assert '<html lang="de"' in await (await reader.get("/", **{"Accept-Language": "en"})).get_data(
        as_text=True
    )
    # And the log knows who chose what
    (entry,) = audit_log.list_entries(sqlite_box, SYSTEM, {"action": "user.language_chosen"}, None, 5)[
        "items"
    ]
    assert (entry["subject_id"], entry["data"]["language"]) == (reader.actor.user_id, "de")
    # When they choose a language that there is not, then nothing changes
    await reader.post("/account/language", language="xx", back="/")
    assert '<html lang="de"' in await reader.text("/")
    # When they let the browser decide again, then it does
    await reader.post("/account/language", language="", back="/")
    assert '<html lang="en"' in await reader.text("/")


async def test_only_our_own_pages_change_the_language(sqlite_app: Quart, reader: Reader) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    answer = await sqlite_app.test_client().post(
        "/language", form={"language": "de"}, headers={**FORM, **foreign}
    )
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)
    assert (await reader.post("/account/language", csrf="wrong", language="de")).status_code == 403


# --- words ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("german")
def test_numbers_days_and_states_are_german() -> None:
    assert [words.size(count) for count in (0, 1_234_567, 99_960_000)] == ["0 B", "1,2 MB", "100 MB"]
    assert words.day("2026-11-02T09:30:00Z") == "02.11.2026"
    assert words.moment("2026-11-02T09:30:00Z") == "02.11.2026, 09:30 UTC"
    assert words.rate("24000/1001") == "23,976 fps"
    assert words.decimal(1.25, 1) == "1,2"
    assert words.state("changes_requested") == "Änderungen gewünscht"
    assert words.kind("audio") == "Ton"
    assert words.job("render") == "Encodieren"
    assert (words.state("new"), words.role(None), words.job("a_plugins")) == ("new", "", "a plugins")


@pytest.mark.usefixtures("german")
def test_plural_forms(theme: Theme) -> None:
    template = theme.environment.from_string(
        '{{ ngettext("%(num)s asset", "%(num)s assets", n) }} '
        '{{ ngettext("%(num)s person", "%(num)s people", n) }}'
    )
    found = [template.render(n=count) for count in (0, 1, 2)]
    assert found == ["0 Assets 0 Personen", "1 Asset 1 Person", "2 Assets 2 Personen"]


@pytest.mark.usefixtures("german")
def test_values_in_a_message_are_escaped(theme: Theme) -> None:
    template = theme.environment.from_string('{{ _("More for %(name)s", name=name) }}')
    assert template.render(name='<b>"A"</b> 100 %') == "Mehr zu &lt;b&gt;&#34;A&#34;&lt;/b&gt; 100 %"


# --- languages of a theme ------------------------------------------------------------------------


@pytest.fixture
def adria(tmp_path: Path) -> Path:
    """A theme that says one German word its own way, and brings Slovenian."""
    folder = tmp_path / "adria"
    (folder / "locale").mkdir(parents=True)
    (folder / "templates").mkdir()
    (folder / "locale" / "de.po").write_text(_po("Projects", "Produktionen"), encoding="utf-8")
    (folder / "locale" / "sl.po").write_text(_po("Projects", "Projekti"), encoding="utf-8")
    (folder / "locale" / "en.po").write_text(_po("Projects", "Productions"), encoding="utf-8")
    return folder


def _po(text: str, translation: str) -> str:
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    return f'{head}\nmsgid "{text}"\nmsgstr "{translation}"\n'


def test_a_theme_adds_languages_and_replaces_words(adria: Path, tmp_path: Path) -> None:
    theme = open_theme(Config(data=tmp_path, theme=str(adria), language="sl"))
    assert [(one.tag, one.name) for one in theme.languages.values()] == [
        ("de", "Deutsch"), ("en", "English"), ("sl", "Slovenščina"),
    ]  # fmt: skip
    said = {tag: one.catalogue.ugettext("Projects") for tag, one in theme.languages.items()}
    assert said == {"de": "Produktionen", "en": "Productions", "sl": "Projekti"}
    # What it does not say comes from the default theme, else it is English
    assert theme.languages["de"].catalogue.ugettext("Trash") == "Papierkorb"
    assert theme.languages["sl"].catalogue.ugettext("Trash") == "Trash"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("de.po", 'msgid "Trash"\nthis is no line', "de.po: this is no catalogue"),
        ("klingon-of-old.po", "", "expected a language tag, as in de.po or pt-BR.po, found 'klingon-of-old'"),
    ],
)
def test_a_catalogue_that_is_none_is_said(
    adria: Path, tmp_path: Path, name: str, content: str, expected: str
) -> None:
    (adria / "locale" / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(expected)):
        open_theme(Config(data=tmp_path, theme=str(adria)))


def test_a_language_that_the_theme_has_not_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match='language: expected one of de, en, found "fr"'):
        open_theme(Config(data=tmp_path, language="fr"))


def test_an_own_template_says_its_words_in_the_readers_language(adria: Path, tmp_path: Path) -> None:
    page = '{% extends "core:error.html" %}{% block main %}{{ _("Projects") }} 5 %{% endblock %}'
    (adria / "templates" / "error.html").write_text(page, encoding="utf-8")
    theme = open_theme(Config(data=tmp_path, theme=str(adria)))
    before = language.spoken()
    language.speak(theme.languages["de"])
    try:
        assert "Produktionen 5 %" in theme.render("error.html", replace(ERROR, language="de"))
    finally:
        language.speak(before)
