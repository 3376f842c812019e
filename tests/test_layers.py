"""The house has floors: a module imports only from rows below its own (see CONTRIBUTING.md)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

CONTRACTS = ("mam.testing_contracts", "mam.testing_plugins", "mam.testing_transcoders")

# Rows from the top; a module may import from rows below it, and from its own row where the row says so.
ROWS = (
    ("mam.web", "mam.cli", "mam.edge", "mam.worker", "mam.testing"),
    ("mam.webhook_sender",),
    CONTRACTS,
    ("mam.services",),
    ("mam.core",),
    ("mam.plugin_settings", "mam.plugin_tables"),
    ("mam.models", "mam.plugins", "mam.queue", "mam.builtin"),
    ("mam.hookspecs", "mam.containment", "mam.valkey", "mam.logs", "mam.failpoints", "mam.revocations"),
    ("mam.media", "mam.sealed"),
    ("mam.signing", "mam.webhook_signing", "mam.outgoing_post"),
    ("mam.keyring", "mam.passwords", "mam.outgoing", "mam.http_body"),
    ("mam.tracing",),
    ("mam.config", "mam.metrics_text"),
    (
        "mam.types",
        "mam.errors",
        "mam.event_types",
        "mam.ids",
        "mam.leash",
        "mam.ladder_config",
        "mam.search_words",
        "mam.metrics",
    ),
)
BUILTIN_MAY = (
    "mam.hookimpl",
    "mam.types",
    "mam.errors",
    "mam.media",
    "mam.config",
    "mam.signing",
    "mam.keyring",
)
PLUGIN_MAY = ("mam.hookimpl", "mam.types", "mam.errors", "mam.media", "mam.config")
# The password login and the store of files reach one row further, each for the reason given.
EXCEPTIONS = {
    ("mam.builtin.login_password", "mam.models"),  # it reads the user's hash
    ("mam.builtin.login_password", "mam.passwords"),  # and checks it
    ("mam.builtin.storage_files", "mam.failpoints"),  # faults between its steps are tested
}
LIBRARY_ROOMS = {
    "quart": ("mam.web", "mam.edge"),
    "peewee": ("mam.models", "mam.services", "mam.migrations"),
    "playhouse": ("mam.models", "mam.services", "mam.migrations"),
    "dramatiq": ("mam.queue", "mam.worker"),
}


def modules() -> Iterator[tuple[str, Path]]:
    for file in sorted((ROOT / "mam").rglob("*.py")):
        parts = file.relative_to(ROOT).with_suffix("").parts
        if parts[1] != "migrations":
            yield ".".join(parts).removesuffix(".__init__"), file


def imports_of(file: Path) -> Iterator[str]:
    """Every absolute name a module imports, `from a import b` as `a.b`; types-only imports too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, rooms: tuple[str, ...]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


def row_of(name: str) -> int | None:
    found = [number for number, rooms in enumerate(ROWS) if within(name, rooms)]
    return found[0] if found else None


@pytest.mark.parametrize(("name", "file"), [pytest.param(*one, id=one[0]) for one in modules()])
def test_module_imports_only_from_below(name: str, file: Path) -> None:
    for imported in imports_of(file):
        if imported.startswith("mam."):
            allowed = may_answer if within(name, ("mam.builtin",)) else may_ask
            assert allowed(name, imported), f"{name} imports {imported}"


def may_ask(name: str, imported: str) -> bool:
    own, theirs = row_of(name), row_of(imported)
    if own is None or theirs is None or theirs > own:
        return True
    same_room = name.split(".")[:2] == imported.split(".")[:2]
    # commands start servers and workers; the portal's server mounts the edge
    mounts = within(name, ("mam.web",)) and within(imported, ("mam.edge",))
    return same_room or mounts or (within(name, ("mam.cli",)) and theirs == own)


def may_answer(name: str, imported: str) -> bool:
    own_room = ".".join(name.split(".")[:3])
    excused = any(within(name, (who,)) and within(imported, (what,)) for who, what in EXCEPTIONS)
    return excused or within(imported, (*BUILTIN_MAY, own_room))


@pytest.mark.parametrize(("name", "file"), [pytest.param(*one, id=one[0]) for one in modules()])
def test_library_lives_only_in_its_room(name: str, file: Path) -> None:
    for imported in imports_of(file):
        rooms = LIBRARY_ROOMS.get(imported.partition(".")[0])
        assert rooms is None or within(name, rooms), f"{name} imports {imported}; it lives in {rooms}"


def test_every_module_has_a_row() -> None:
    homeless = [n for n, _ in modules() if n not in ("mam", "mam.builtin") and row_of(n) is None]
    assert homeless == []


@pytest.mark.parametrize(
    "file", sorted((ROOT / "plugins").glob("*/mam_*/**/*.py")), ids=lambda file: file.stem
)
def test_plugin_imports_only_the_border(file: Path) -> None:
    own = next(part for part in file.parts if part.startswith("mam_"))
    for imported in imports_of(file):
        if imported.startswith("mam."):
            assert within(imported, PLUGIN_MAY), f"{own}: {imported}"
