"""A box behind HTTP, on both databases or one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from quart import Quart

from mam.core import Mam
from mam.web.app import create_app

sys.path.append(str(Path(__file__).parent))
from web_people import Person, make_people, serving  # found by the path above


@pytest.fixture
def app(box: Mam) -> Quart:
    """The app of a box, once on SQLite and once on PostgreSQL."""
    return create_app(box)


@pytest.fixture
def sqlite_app(sqlite_box: Mam) -> Quart:
    """The app of a box on SQLite, for what does not touch the database's dialect."""
    return create_app(sqlite_box)


@pytest.fixture
def people(box: Mam, app: Quart) -> dict[str, Person]:
    """`admin`, `ana`, `ben` and `nobody` at the app on both databases."""
    return make_people(box, app)


@pytest.fixture
def sqlite_people(sqlite_box: Mam, sqlite_app: Quart) -> dict[str, Person]:
    """The same people at the app on SQLite."""
    return make_people(sqlite_box, sqlite_app)


@pytest.fixture
def live(sqlite_box: Mam) -> Iterator[str]:
    """A real server on a free port of 127.0.0.1; answers its address."""
    yield from serving(create_app(sqlite_box), sqlite_box)
