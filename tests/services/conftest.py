"""The steps that tests of services share lie beside them; pictures and films beside those of media."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mam.models import now

sys.path += [str(Path(__file__).parent), str(Path(__file__).parent.parent / "media")]


@pytest.fixture
def no_wait_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever guessed too often waits until the test is over, however long it takes."""
    moment = now()
    monkeypatch.setattr("mam.services.throttle.now", lambda: moment)
