"""Pipes beside a contained program's stdout: everything arrives, a listener can end it, nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from mam.errors import SourceError
from mam.media.taps import Taps


def test_everything_written_is_heard(tmp_path: Path) -> None:
    # Given two pipes
    heard = {"one": bytearray(), "two": bytearray()}
    with Taps(tmp_path, {name: into.extend for name, into in heard.items()}):  # noqa: SIM117 - a step each
        # When more than they hold is written into each, by turns
        with (tmp_path / "one").open("wb") as one, (tmp_path / "two").open("wb") as two:
            for number in range(64):
                one.write(bytes([number]) * 100_000)
                two.write(bytes([number]) * 10_000)
    # Then all of it has come, in order, and no file is left
    assert bytes(heard["one"]) == b"".join(bytes([number]) * 100_000 for number in range(64))
    assert bytes(heard["two"]) == b"".join(bytes([number]) * 10_000 for number in range(64))
    assert list(tmp_path.iterdir()) == []


def test_a_listener_that_has_enough_is_told_of(tmp_path: Path) -> None:
    def enough(_data: bytes) -> None:
        raise SourceError("That is too much.", code="source_too_large")

    with pytest.raises(SourceError, match="too much"), Taps(tmp_path, {"one": enough}):
        (tmp_path / "one").write_bytes(b"x")
    assert list(tmp_path.iterdir()) == []
