"""Children of `mam up`: restarted, stopped in order, killed when deaf."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mam.cli import supervisor as module
from mam.cli.supervisor import Supervisor


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    made = Supervisor()
    yield made
    made.stop()
    for one, handler in before.items():
        signal.signal(one, handler)


def test_fallen_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    # Given a child that ends at its first start and stays at its second
    mark = tmp_path / "mark"
    code = (
        "import pathlib, time; "
        f"p = pathlib.Path({str(mark)!r}); n = p.exists(); p.touch(); n and time.sleep(60)"
    )
    child = supervisor.start("once", [sys.executable, "-c", code])
    # When it is watched, then it is started again after a pause
    assert supervisor.wait_until(
        lambda: child.failures == 1 and child.is_running and child.resume_at == 0, 60
    )


def test_deaf_child_is_killed_after_the_grace_time(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given a child that ignores SIGTERM
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.3)
    ready = tmp_path / "ready"
    code = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )
    child = supervisor.start("deaf", [sys.executable, "-c", code])
    assert supervisor.wait_until(ready.exists, 60)
    # When everything is stopped, then it is gone all the same
    supervisor.stop()
    assert child.process.returncode == -signal.SIGKILL


def test_signal_ends_the_watch(supervisor: Supervisor) -> None:
    signal.raise_signal(signal.SIGTERM)
    supervisor.watch()
    assert supervisor.stopping
    assert not supervisor.wait_until(lambda: True, 1)
