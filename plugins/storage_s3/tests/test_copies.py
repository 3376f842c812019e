"""S3 as the second store of a box on files, and files as the second store of a box on S3 (issue 4, 5)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import lying
import pytest
from mam_storage_s3 import Settings
from minio import Minio
from minio.error import S3Error
from seaweed import Seaweed
from test_lies import reads_of_masters

from mam import models
from mam.builtin.storage_files import release
from mam.config import Config, Copy, StorageConfig
from mam.core import Mam, open_mam, prepare_data
from mam.models import Asset, AuditEntry, Job, MasterCopy, Project, Version
from mam.services import copies, fixity, healing, jobs, masters, receiving
from mam.types import SYSTEM

DATA = os.urandom(300_000)


@contextmanager
def opened(config: Config) -> Iterator[Mam]:
    prepare_data(config)
    box = open_mam(config, migrate=True, check=False)
    box.queue.redis.flushdb()
    models.database.connect(reuse_if_open=True)
    yield box
    models.database.close()
    box.queue.redis.close()


def table(settings: Settings) -> dict[str, Any]:
    """The settings as they stand in a TOML file."""
    return {name: list(one) if isinstance(one, tuple) else one for name, one in vars(settings).items()}


def promoted(mam: Mam) -> Version:
    """A master with its copy."""
    asset = Asset.create(project=Project.create(name="Rushes"), title="Clip", status="empty")
    told = receive(mam, asset)
    for job in list(Job.select().where(Job.kind == "copy")):
        jobs.run(mam, job.id)
    return Version.get_by_id(told)


def receive(mam: Mam, asset: Asset) -> str:
    """The bytes in one piece, promoted; the version's id."""
    given = {"filename": "a.bin", "content_type": None, "size": len(DATA), "body": iter([DATA])}
    answer = receiving.receive(mam, SYSTEM, asset.id, **given)
    return str(answer["id"])


def test_a_box_on_files_is_healed_from_a_locked_bucket(
    make_config: Callable[..., Config], settings: Settings, raw: Minio
) -> None:
    """Promise D8 with S3 behind: the copy is locked there, proven, and heals the rotten file."""
    # Given a box on files whose second store is a bucket, and a master
    copy = Copy("away", plugin="storage_s3", settings=table(settings))
    with opened(make_config(storage=StorageConfig(copies=(copy,)))) as mam:
        version = promoted(mam)
        # Then its copy lies in the bucket, locked as long
        row = MasterCopy.get()
        assert (row.state, row.error) == ("good", None)
        kept = raw.get_object_retention(
            settings.masters_bucket, version.master_key, version_id=row.copy_version
        )
        assert kept is not None
        assert kept.retain_until_date >= version.retain_until.replace(microsecond=0)  # type: ignore[union-attr]
        with pytest.raises(S3Error):
            raw.remove_object(settings.masters_bucket, version.master_key, version_id=row.copy_version)
        # When the file rots, then it is healed from there
        path = mam.config.store / "masters" / version.master_key
        release(path)
        path.chmod(0o600)
        path.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
        assert healing.verify(mam, version) == "away"
        assert masters.verify(mam, Version.get()).sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_box_on_s3_is_healed_by_a_new_locked_object(
    make_config: Callable[..., Config], settings: Settings, seaweed: Seaweed, raw: Minio, tmp_path: Path
) -> None:
    """A locked bucket whose master reads wrong: the good bytes are written again under lock, and pinned."""
    # Given a box on S3 behind a line that can lie, with a second store on files
    (tmp_path / "second").mkdir()
    storage = StorageConfig(copies=(Copy("nas", path=str(tmp_path / "second")),))
    with lying.lying(seaweed.endpoint) as proxy:
        tables = {"storage_s3": table(replace(settings, endpoint=proxy.endpoint))}
        with opened(make_config(storage=storage, plugins=("storage_s3",), plugin_tables=tables)) as mam:
            version = promoted(mam)
            old = version.master_key
            # When the master is read wrong for good, and the scrub comes by
            match = reads_of_masters(settings)
            proxy.tell(lying.flipped, 99, lambda request: match(request) and request.path.endswith(old))
            Version.update(
                verified_at=None, checked_at=None, created_at=version.created_at.replace(year=2020)
            ).execute()
            assert fixity.scrub(mam, "worker") == 1
            # Then the version names another object of the same bytes, under the same lock
            healed = Version.get_by_id(version.id)
            assert (healed.master_key, healed.damage) == (f"{old}.r1", None)
            assert masters.verify(mam, healed).sha256 == version.sha256
            kept = raw.get_object_retention(
                settings.masters_bucket, healed.master_key, version_id=healed.master_version
            )
            assert kept is not None
            assert kept.mode == "COMPLIANCE"
            told = AuditEntry.get(AuditEntry.action == "master.healed").data
            assert (told["from"], told["old_key"], told["new_key"]) == ("nas", old, f"{old}.r1")
            assert copies.states(mam, healed)[0]["state"] == "good"
            assert masters.orphans(mam) == []
    release(tmp_path / "second")
