"""The fixtures every test may ask for come with the product: `mam.testing`.

What programs that were killed left of their coverage is looked at before it is put together: a file torn in
the middle of a write tells nothing, and must not end the run (pytest-cov ends with an internal error there).
"""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("mam.testing_contracts")
pytest_plugins = ["mam.testing"]

settings.register_profile("mam", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("mam")


@pytest.fixture(autouse=True)
def log_of_its_own() -> Generator[None]:
    """What a command in this process set up for its log goes with its test, whose stream is closed then."""
    yield
    root = logging.getLogger()
    for handler in [one for one in root.handlers if type(one) is logging.StreamHandler]:
        root.removeHandler(handler)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """After the last test, and before pytest-cov combines: remove the data files that are none."""
    result = yield
    if not hasattr(session.config, "workerinput"):  # a worker of xdist combines nothing
        remove_torn(Path(os.environ.get("COVERAGE_FILE") or session.config.rootpath / ".coverage"))
    return result


def remove_torn(data_file: Path) -> list[Path]:
    """Remove the parallel data files beside this one that SQLite cannot read; answers which they were."""
    found = [one for one in data_file.parent.glob(f"{data_file.name}.*") if not one.name.endswith("-journal")]
    torn = [one for one in found if not _is_whole(one)]
    for one in torn:
        one.unlink(missing_ok=True)
        warnings.warn(f"{one.name} was torn by a kill; its coverage does not count", stacklevel=1)
    return torn


def _is_whole(file: Path) -> bool:
    """Whether all of a data file can be read; what a broken write left beside it is undone first."""
    try:
        with closing(sqlite3.connect(file, timeout=5)) as database:
            database.execute("SELECT version FROM coverage_schema")
            return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))
    except sqlite3.Error:
        return False
