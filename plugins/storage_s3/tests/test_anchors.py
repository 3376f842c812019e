"""Anchors of the audit log in a real bucket: locked by version, found under what is put over them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import pytest
from mam_storage_s3 import Settings
from minio import Minio
from minio.error import S3Error

from mam import models
from mam.config import Config
from mam.core import Mam, open_mam, prepare_data
from mam.models import AuditEntry, AuditHead
from mam.services import audit, audit_anchor, audit_check, masters
from mam.types import SYSTEM


@pytest.fixture
def mam(
    make_config: Callable[..., Config], config_of: Callable[..., Config], settings: Settings
) -> Iterator[Mam]:
    """A box whose store is the plugin."""
    listed = config_of(settings)
    config = make_config(plugins=listed.plugins, plugin_tables=listed.plugin_tables)
    prepare_data(config)
    box = open_mam(config, migrate=True, check=False)
    models.database.connect(reuse_if_open=True)
    yield box
    models.database.close()
    box.queue.redis.close()


def test_whoever_has_database_and_bucket_key_cannot_hide_a_cut(
    mam: Mam, settings: Settings, raw: Minio
) -> None:
    """Promises J2, D3, D4: tail cut, head signed earlier, anchor covered by a marker or by another one."""
    # Given a short log, its signed head, and an anchor of the longer one
    for number in range(4):
        audit.record(mam, SYSTEM, "test.written", data={"n": number})
    short = AuditHead.get_by_id(1)
    audit.record(mam, SYSTEM, "test.written")
    anchor = audit_anchor.write(mam)
    assert anchor is not None
    assert masters.orphans(mam) == []
    bucket = settings.masters_bucket
    version = raw.stat_object(bucket, anchor.object).version_id
    # Then the store refuses to remove it
    with pytest.raises(S3Error):
        raw.remove_object(bucket, anchor.object, version_id=version)
    # When the log is cut, the old head put back, and the anchor covered
    AuditEntry.delete().where(AuditEntry.seq > 4).execute()
    AuditHead.update(seq=4, hash=short.hash, signature=short.signature).execute()
    raw.put_object(bucket, anchor.object, io.BytesIO(b"{}"), 2)
    assert audit_check.check(mam).first_bad == 5
    raw.remove_object(bucket, anchor.object)
    # Then it shows all the same
    assert audit_check.check(mam).first_bad == 5
