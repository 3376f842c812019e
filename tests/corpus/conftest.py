"""One box for all files of a test process, so that a worker has to survive each of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mam import models
from mam.config import Config, Media, QueueConfig, Secret

sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "media")]

from whole_box import WholeBox, opened


@pytest.fixture(scope="session")
def whole_box(tmp_path_factory: pytest.TempPathFactory, valkey_url: str) -> Iterator[WholeBox]:
    """A box with one rung below the source's own, so that the corpus takes minutes and not an hour."""
    queue = QueueConfig(url=Secret(f"{valkey_url}?db=15"))
    mam = opened(
        Config(data=tmp_path_factory.mktemp("corpus") / "data", queue=queue, media=Media(rungs=(1080, 240)))
    )
    yield WholeBox(mam)
    models.database.close()
    mam.queue.redis.close()
