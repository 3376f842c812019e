"""Encoders outside the box, and progress as it is noted."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import time
from typing import Any

import pytest

from mam.core import Mam
from mam.errors import UnauthorizedError
from mam.ids import new_id
from mam.models import Asset, Job, Project, Version
from mam.services import jobs, leases, preview_state, previews


@pytest.fixture
def version(sqlite_box: Mam) -> Version:
    """A version whose preview is on its way; its master is not needed here."""
    assert sqlite_box.config.data
    asset = Asset.create(project=Project.create(name="Rushes"), title="A film", status="processing")
    digests = {"sha256": "0" * 64, "xxh128": "0" * 32}
    return Version.create(asset=asset, number=1, filename="a.mov", size=1, master_key=new_id(), **digests)


@pytest.fixture
def external(sqlite_box: Mam, version: Version) -> leases.Lease:
    """A running job whose encoder is outside."""
    job = jobs.enqueue("render", version_id=version.id, queue="render")
    lease = leases.claim(sqlite_box, job.id, "w")
    assert lease is not None
    return lease


def signed(mam: Mam, lease: leases.Lease, *, at: float | None = None, **fields: Any) -> tuple[bytes, str]:
    body = json.dumps({"job_id": lease.job_id, "lease_token": lease.token, **fields}).encode()
    moment = str(int(at or time.time()))
    secret = previews.callback_secret(mam, lease.job_id, lease.token).encode()
    return (
        body,
        f"t={moment},v1={hmac.new(secret, moment.encode() + b'.' + body, hashlib.sha256).hexdigest()}",
    )


def test_a_signed_callback_moves_the_preview(sqlite_box: Mam, external: leases.Lease) -> None:
    # When the encoder tells progress, then it is noted
    assert previews.callback(sqlite_box, *signed(sqlite_box, external, percent=40))["accepted"]
    assert Version.get_by_id(external.version_id).preview_percent == 40
    # When it fails, the preview does with its reason
    previews.callback(
        sqlite_box, *signed(sqlite_box, external, error={"code": "source_corrupt", "detail": "No."})
    )
    version = Version.get_by_id(external.version_id)
    assert (version.preview_status, version.preview_error_detail) == ("failed", "No.")


def test_every_other_callback_is_refused(sqlite_box: Mam, external: leases.Lease) -> None:
    """Promise G7: without, with a stale, a replayed or another attempt's signature nothing happens."""
    body, good = signed(sqlite_box, external, percent=40)
    other = dataclasses.replace(external, token=new_id())
    bad = [
        (body, ""),
        (body, "t=1,v1=" + "0" * 64),
        (body.replace(b"40", b"41"), good),
        (b"not json", good),
        (b"[]", good),
        (b'{"job_id": 1, "lease_token": []}', good),
        signed(sqlite_box, external, at=time.time() - 400, percent=40),
        signed(sqlite_box, external, at=time.time() + 400, percent=40),
        signed(sqlite_box, other, percent=40),
    ]
    for case in bad:
        with pytest.raises(UnauthorizedError):
            previews.callback(sqlite_box, *case)
    assert Version.get_by_id(external.version_id).preview_percent == 0
    # And a good one holds once
    previews.callback(sqlite_box, body, good)
    with pytest.raises(UnauthorizedError):
        previews.callback(sqlite_box, body, good)


def test_a_version_that_is_gone_ends_its_job(sqlite_box: Mam) -> None:
    job = jobs.enqueue("examine", version_id=new_id())
    jobs.run(sqlite_box, job.id)
    assert (Job.get_by_id(job.id).state, Job.get_by_id(job.id).error_code) == ("done", "gone")


def test_an_older_progress_never_lowers_the_percentage(sqlite_box: Mam, version: Version) -> None:
    job = jobs.enqueue("render", version_id=version.id)
    for percent in (10, 50, 30, 100):
        preview_state.progress(sqlite_box, version.id, job.id, percent)
    assert Version.get_by_id(version.id).preview_percent == 99
