"""The template promise: what `themes/README.md` says a template is given is what `mam.web.views` gives."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from jinja2 import nodes

from mam.config import Config
from mam.web import views, words
from mam.web.theme import Theme, open_theme

ROOT = Path(__file__).parents[2]
README = (ROOT / "themes" / "README.md").read_text(encoding="utf-8")


def _heading(name: str) -> str:
    return f"### `{name}`" if name.endswith(".html") else f"### {name}"


def _section(heading: str) -> str:
    assert README.count(f"{heading}\n") == 1, f"themes/README.md has no section {heading!r}"
    return re.split(r"^##", README.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def _rows(view: type, *, without: frozenset[str]) -> list[str]:
    return [
        f"| `{one.name}` | `{str(one.type).replace('|', 'or')}` | {one.metadata['help']} |"
        for one in fields(view)
        if one.name not in without
    ]


COMMON = frozenset(one.name for one in fields(views.Page))
SECTIONS = (
    ("### Every page", views.Page, frozenset()),
    *((_heading(name), view, COMMON) for name, view in views.PAGES.items()),
    *((_heading(part.__name__), part, frozenset()) for part in views.PARTS),
)


@pytest.mark.parametrize(("heading", "view", "without"), SECTIONS, ids=[one[0] for one in SECTIONS])
def test_each_section_lists_exactly_the_fields(heading: str, view: type, without: frozenset[str]) -> None:
    found = [line for line in _section(heading).splitlines() if line.startswith("| `")]
    assert found == _rows(view, without=without)


def test_filters_and_functions_are_named() -> None:
    missing = [name for name in words.FILTERS if f"`{name}`" not in README]
    assert missing == []


@pytest.fixture(scope="module")
def theme(tmp_path_factory: pytest.TempPathFactory) -> Theme:
    return open_theme(Config(data=tmp_path_factory.mktemp("theme")))


@pytest.mark.parametrize("template", views.PAGES)
def test_a_template_asks_only_for_what_it_is_given(theme: Theme, template: str) -> None:
    # Given a page's template and all it extends, includes and imports
    wanted = _names(theme, template, set())
    # When its free variables are compared with its view's fields
    given = {one.name for one in fields(views.PAGES[template])} | set(theme.environment.globals)
    # Then nothing is asked for that nobody gives
    assert wanted - given == set()


def _names(theme: Theme, template: str, seen: set[str]) -> set[str]:
    """Variables that a template and its relatives read and do not set themselves."""
    if template in seen:
        return set()
    seen.add(template)
    source, _, _ = theme.environment.loader.get_source(theme.environment, template)
    tree = theme.environment.parse(source)
    read = {one.name for one in tree.find_all(nodes.Name) if one.ctx == "load"}
    made = {one.name for one in tree.find_all(nodes.Name) if one.ctx in ("store", "param")}
    made |= {one.name for one in tree.find_all(nodes.Macro)}
    for imported in tree.find_all(nodes.FromImport):
        made |= {name if isinstance(name, str) else name[1] for name in imported.names}
    found = read - made - {"loop", "super", "caller"}
    relatives = [
        *tree.find_all(nodes.Extends),
        *tree.find_all(nodes.Include),
        *tree.find_all(nodes.FromImport),
    ]
    for one in relatives:
        found |= _names(theme, one.template.as_const(), seen)
    return found
