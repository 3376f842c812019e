"""A real SeaweedFS for the whole session; every test has three buckets of its own on it."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parent))

import pytest
from mam_storage_s3 import S3Storage, Settings, open_store
from minio import Minio
from seaweed import Seaweed, started

from mam.config import Config, Secret
from mam.testing import make_config, valkey_url

__all__ = ["make_config", "valkey_url"]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    """The server of this session."""
    with tempfile.TemporaryDirectory(prefix="mam-s3-", ignore_cleanup_errors=True) as folder:
        server = started(Path(folder))
        yield server
        server.stop()


@pytest.fixture
def settings(seaweed: Seaweed) -> Settings:
    """Settings of a store that has nothing yet."""
    number = next(_numbers)
    return Settings(
        seaweed.endpoint,
        Secret(seaweed.access_key),
        Secret(seaweed.secret_key),
        secure=False,
        staging_bucket=f"staging-{number}",
        masters_bucket=f"masters-{number}",
        previews_bucket=f"previews-{number}",
    )


@pytest.fixture
def config_of(tmp_path: Path) -> Callable[..., Config]:
    """A configuration with these settings."""

    def build(settings: Settings) -> Config:
        table = {
            name: list(value) if isinstance(value, tuple) else value for name, value in vars(settings).items()
        }
        tables = {"storage_s3": table}
        return Config(tmp_path / "data", plugins=("storage_s3", "transcode_cpu"), plugin_tables=tables)

    return build


@pytest.fixture
def storage(settings: Settings, config_of: Callable[..., Config]) -> S3Storage:
    """An empty store."""
    return open_store(config_of(settings))


@pytest.fixture
def raw(seaweed: Seaweed) -> Minio:
    """The store as anybody sees it who has the box's keys."""
    return Minio(seaweed.endpoint, seaweed.access_key, seaweed.secret_key, secure=False, region="us-east-1")
