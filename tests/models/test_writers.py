"""Who writes into SQLite stands in line: threads in the order they came, processes in turn."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from peewee import OperationalError

from mam import models
from mam.core import Mam
from mam.models.writers import Line

WRITER = """
import sys, time
from mam import models
from pathlib import Path
from mam import config
models.connect(config.load(Path(sys.argv[1])))
print("ready", flush=True)
for _ in sys.stdin:
    until, wrote = time.monotonic() + float(sys.argv[2]), 0
    with models.database.connection_context():
        while time.monotonic() < until:
            with models.database.atomic():
                time.sleep(0.003)
            wrote += 1
    print(wrote, flush=True)
"""


def test_a_line_is_served_in_its_order() -> None:
    # Given a line that is taken, and four that come one after the other
    line, served, threads = Line(), [], []
    assert line.acquire(0)

    def come(name: int) -> None:
        assert line.acquire(60)
        served.append(name)
        line.release()

    for name in range(4):
        threads.append(threading.Thread(target=come, args=(name,)))
        threads[-1].start()
        while line.length <= name:
            time.sleep(0.001)
    # When it is given on
    line.release()
    for thread in threads:
        thread.join(60)
    # Then the first was first, and whoever comes now waits for nobody
    assert served == [0, 1, 2, 3]
    assert line.acquire(0)


def test_who_waits_too_long_leaves_the_line() -> None:
    # Given a line that is taken
    line = Line()
    assert line.acquire(0)
    # When somebody waits no longer than that
    assert not line.acquire(0.01)
    # Then nobody is in the way once it is given on
    line.release()
    assert line.acquire(0)


def test_a_writer_who_waits_too_long_is_told(sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a thread in the middle of a transaction
    monkeypatch.setattr(type(models.database.obj), "turn_seconds", 0.05)
    begun, end = threading.Event(), threading.Event()

    def write() -> None:
        with models.database.connection_context(), models.database.atomic():
            begun.set()
            end.wait(60)

    thread = threading.Thread(target=write)
    thread.start()
    assert begun.wait(60)
    # When another one wants to write meanwhile
    with pytest.raises(OperationalError, match="busy"), models.database.atomic():
        raise AssertionError("two at once")
    # Then it can as soon as the first is done
    end.set()
    thread.join(60)
    with models.database.atomic():
        assert models.User.select().count() >= 0


def test_a_transaction_that_fails_gives_its_turn_on(sqlite_box: Mam) -> None:
    # Given transactions that end in every way
    with pytest.raises(ZeroDivisionError), models.database.atomic():
        _ = 1 / 0
    with models.database.atomic() as transaction:
        transaction.rollback()
    with models.database.atomic(), models.database.atomic():
        pass
    # Then the line is free, for this thread and for others
    turn = models.database.obj.queue_here()
    turn.take(0)
    turn.give()


def test_a_forked_process_has_a_turn_of_its_own(sqlite_box: Mam) -> None:
    # Given a process that has written
    with models.database.atomic():
        pass
    queue = models.database.obj.queue_here()
    # When another process finds it, as after a fork
    queue.process = 0
    # Then it opens what is locked itself
    assert models.database.obj.queue_here() is not queue


def test_nobody_waits_for_ever_for_one_who_stands_still(
    sqlite_box: Mam, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise C4: a worker that was stopped before its transaction holds no lock of SQLite's."""
    # Given another process that has the turn, and does nothing with it
    monkeypatch.setattr("mam.models.writers.COURTESY_SECONDS", 0.2)
    folder = Path(models.database.obj.database).parent
    still = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)  # a file description of its own, as a process has
    fcntl.flock(still, fcntl.LOCK_EX)
    # When two threads write, then both can
    writers = [threading.Thread(target=_write) for _ in range(2)]
    for one in writers:
        one.start()
    for one in writers:
        one.join(60)
    assert [one.is_alive() for one in writers] == [False, False]
    assert models.Project.select().count() == 2
    # And once that process goes on, the turn is free for everybody
    fcntl.flock(still, fcntl.LOCK_UN)
    deadline = time.monotonic() + 60
    while not _is_free(still):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.close(still)
    _write()


def _write() -> None:
    with models.database.connection_context(), models.database.atomic():
        models.Project.create(name="Rushes")


def _is_free(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_processes_write_in_turn(sqlite_box: Mam, tmp_path: Path) -> None:
    # Given four processes that write all the time into one file
    config = tmp_path / "turns.toml"
    config.write_text(f'[database]\nurl = "{sqlite_box.config.database_url}"\n', "utf-8")
    command = [sys.executable, "-c", WRITER, str(config), "3"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    running = [subprocess.Popen(command, **pipes) for _ in range(4)]
    try:
        for one in running:
            assert one.stdout.readline() == "ready\n"
        # When they do so for the same three seconds (again where a busy machine let one of them wait itself)
        wrote = next((found for found in (_round(running) for _ in range(5)) if _is_fair(found)), None)
    finally:
        for one in running:
            one.communicate(timeout=100)
    # Then each wrote its share: SQLite alone lets one process write nearly all
    assert wrote is not None


def _round(running: list[subprocess.Popen[str]]) -> list[int]:
    """Have all write at the same time; how often each did."""
    for one in running:
        one.stdin.write("go\n")
        one.stdin.flush()
    return [int(one.stdout.readline()) for one in running]


def _is_fair(wrote: list[int]) -> bool:
    return min(wrote) * 4 > max(wrote)
