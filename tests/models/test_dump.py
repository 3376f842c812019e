"""Rows out of a database and into another: in their own schema first, whatever came since."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from mam import models
from mam.core import Mam
from mam.models import Comment, Folder, Project, User, dump
from mam.models.schema import applied_migrations, known_migrations, run_migrations
from mam.testing import make_blank


def test_a_line_gives_back_what_a_row_was() -> None:
    # Given every kind of value that a column holds
    row = {"a": None, "b": 3, "c": 1.5, "d": "ä\u202e\n", "e": b"\0\xff", "f": True, "g": '{"x": [1]}'}
    # Then it comes back as it was
    assert dump.from_line(dump.to_line(row)) == row
    with pytest.raises(ValueError, match="no object"):
        dump.from_line(b"[]")


def test_a_dump_is_of_one_moment(box: Mam) -> None:
    # Given a table of which one row was read
    assert box
    for number in range(3):
        Project.create(name=f"P{number}")

    def write() -> None:
        with models.database.connection_context():
            Project.create(name="late")

    with dump.one_moment():
        walk = dump.rows("project")
        first = next(walk)
        # When another connection writes meanwhile, then it need not wait, and is not seen
        writer = threading.Thread(target=write)
        writer.start()
        writer.join(30)
        assert not writer.is_alive()
        assert {first["name"], *(row["name"] for row in walk)} == {"P0", "P1", "P2"}
    assert Project.select().count() == 4


def test_rows_of_an_older_schema_are_loaded_and_brought_forward(box: Mam) -> None:
    # Given the rows of a release, whose tables had fewer columns
    lines = {
        "user": {"id": "u", "email": "a@example.org", "display_name": "A", "created_at": 5},
        "project": {"id": "p", "name": "Old", "created_by_id": "u", "created_at": 6},
        "asset": {"id": "a", "project_id": "p", "title": "Reel", "created_at": 7},
    }
    make_blank(box)
    old = "0001_initial"
    run_migrations(old)
    models.database.connect()
    assert applied_migrations() == [old]
    kinds = {table: {one.name for one in models.database.get_columns(table)} for table in lines}
    assert all(line.keys() <= kinds[table] for table, line in lines.items())
    full = {table: {**_defaults(table), **line} for table, line in lines.items()}
    # When they are loaded, and the schema is brought forward
    dump.load({table: partial(iter, [row]) for table, row in full.items()})
    models.database.close()
    assert run_migrations() == known_migrations()[1:]
    models.database.connect()
    # Then they are there, with what came since
    assert [one.title for one in models.Asset.select()] == ["Reel"]
    assert User.get_by_id("u").email == "a@example.org"


def _defaults(table: str) -> dict[str, object]:
    """A value for each column that needs one."""
    empty = {"boolean": False, "integer": 0, "bigint": 0, "text": "{}"}
    columns = [one for one in models.database.get_columns(table) if not one.null]
    return {one.name: empty.get(one.data_type.lower(), "x") for one in columns}


def test_a_column_that_the_schema_has_not_is_refused(box: Mam) -> None:
    # Given a row with a column of a newer version
    assert box
    Project.create(name="kept")
    # Then nothing is loaded, and nothing lost
    with pytest.raises(ValueError, match="has no column"):
        dump.load({"project": lambda: [{"id": "p", "name": "P", "future": 1}]})
    assert Project.select().count() == 1


def test_a_row_may_come_before_its_parent(box: Mam) -> None:
    # Given folders of which the child was made first
    assert box
    project = Project.create(name="P")
    child = Folder.create(project=project, name="child")
    Folder.update(parent=Folder.create(project=project, name="parent")).where(Folder.id == child.id).execute()
    with dump.one_moment():
        lines = {name: [dump.to_line(row) for row in dump.rows(name)] for name in dump.tables()}
    # When everything is loaded again
    counts = dump.load({name: partial(map, dump.from_line, some) for name, some in lines.items()})
    # Then the child has its parent, and what counts up goes on
    assert Folder.get_by_id(child.id).parent.name == "parent"
    assert counts["folder"] == 2
    assert Comment.select().count() == 0
