"""The two options every command shares."""

from __future__ import annotations

import pytest

from mam.cli.box import hoist


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("up --data d --port 1", "--data d up --port 1"),
        ("--data d up", "--data d up"),
        ("config check --config=f", "--config=f config check"),
        ("ingest a --data d b --config f", "--data d --config f ingest a b"),
        ("ingest -- --data d", "ingest -- --data d"),
        ("up --data", "--data up"),
        ("up --database x", "up --database x"),
    ],
)
def test_shared_options_stand_anywhere(line: str, expected: str) -> None:
    assert hoist(line.split()) == expected.split()
