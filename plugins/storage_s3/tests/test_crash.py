"""A promote to the S3 store that is killed at any step ends, after a retry, in one master (promise D5)."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import tomlkit
from mam_storage_s3 import S3Storage

from mam import failpoints, models
from mam.config import Config, load
from mam.core import Mam, open_mam, prepare_data
from mam.models import Asset, Job, Project, Version
from mam.services import masters, upload_sweep, uploads
from mam.types import SYSTEM

DATA = os.urandom(100_000)
SCRIPT = Path(__file__).with_name("promote_once.py")


@pytest.fixture
def toml(tmp_path: Path, make_config: Callable[..., Config], storage: S3Storage) -> Path:
    """The configuration as a file, so that other processes open the same box."""
    table = {name: list(v) if isinstance(v, tuple) else v for name, v in vars(storage.settings).items()}
    text: dict[str, Any] = {
        "queue": {"url": str(make_config().queue_url)},
        "plugins": {"enabled": ["storage_s3"], "storage_s3": table},
    }
    path = tmp_path / "config.toml"
    path.write_text(tomlkit.dumps(text))
    return path


@pytest.fixture
def box(toml: Path, tmp_path: Path) -> Mam:
    """The box in this process."""
    config = load(toml, tmp_path / "data")
    prepare_data(config)
    mam = open_mam(config, migrate=True, check=False)
    mam.queue.redis.flushdb()
    models.database.connect(reuse_if_open=True)
    return mam


@pytest.mark.slow
@pytest.mark.parametrize("point", ["promote.hashed", "promote.before_commit", "promote.committed"])
def test_killed_at_any_step_there_is_one_master(
    box: Mam, toml: Path, tmp_path: Path, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise D5: before the copy, after it and before the commit, after the commit."""
    # Given a whole upload, and a promote that ends without clean-up at that step
    monkeypatch.setattr("mam.services.upload_state.STALE_SECONDS", 0.0)
    asset = Asset.create(project=Project.create(name="Rushes"), title="Clip", status="empty")
    digest = hashlib.sha256(DATA).hexdigest()
    told = uploads.presign(box, SYSTEM, asset_id=asset.id, filename="a", size=len(DATA), sha256=digest)
    httpx.put(told["parts"][0]["url"], content=DATA, timeout=60).raise_for_status()
    command = [sys.executable, str(SCRIPT), str(toml), str(tmp_path / "data"), told["upload_id"]]
    env = {**os.environ, "MAM_FAILPOINT": point}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == failpoints.EXIT_STATUS, ended.stderr
    # When the sweep finishes what was left
    upload_sweep.sweep(box)
    # Then there is one locked master of the right bytes, one version, one job, and nothing in staging
    version = Version.get()
    assert (Version.select().count(), Job.select().count()) == (1, 1)
    assert isinstance(box.storage, S3Storage)
    assert len(box.storage.versions(version.master_key)) == 1
    assert version.locked
    assert masters.verify(box, version).sha256 == digest
    assert list(box.storage.list("staging")) == []
    assert masters.orphans(box) == []
    models.database.close()
