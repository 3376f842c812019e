"""A lying line or store before the real server: caught before anybody works with the bytes (promise D7)."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import lying
import pytest
from mam_storage_s3 import Settings
from test_s3_box import PART, put_parts, send

from mam import models
from mam.config import Config, Uploads
from mam.core import Mam, open_mam, prepare_data
from mam.errors import ChecksumMismatchError, StorageError, UploadIncompleteError
from mam.models import Asset, AuditEntry, Job, Project, Version, now
from mam.services import box as services_box
from mam.services import health, jobs, locks, masters, previews, uploads
from mam.types import SYSTEM

KINDS = (previews.examine,)


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A small picture that a worker can show."""
    path = tmp_path_factory.mktemp("picture") / "p.png"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180", "-frames:v", "1", path]
    subprocess.run(command, check=True)
    return path.read_bytes()


@pytest.fixture
def proxy(seaweed: object) -> Iterator[lying.Proxy]:
    """The lying line to the server."""
    with lying.lying(seaweed.endpoint) as running:  # type: ignore[attr-defined]
        yield running


@contextmanager
def box_on(make_config: Callable[..., Config], listed: Config) -> Iterator[Mam]:
    """A box whose store is the plugin with these settings."""
    config = make_config(
        plugins=listed.plugins, plugin_tables=listed.plugin_tables, uploads=Uploads(part_bytes=PART)
    )
    prepare_data(config)
    box = open_mam(config, migrate=True, check=False)
    box.queue.redis.flushdb()
    models.database.connect(reuse_if_open=True)
    yield box
    models.database.close()
    box.queue.redis.close()


@pytest.fixture
def mam(
    make_config: Callable[..., Config],
    config_of: Callable[..., Config],
    settings: Settings,
    proxy: lying.Proxy,
) -> Iterator[Mam]:
    """A box that reaches the real server through the liar."""
    with box_on(make_config, config_of(replace(settings, endpoint=proxy.endpoint))) as box:
        yield box


def reads_of_masters(settings: Settings) -> Callable[[lying.Request], bool]:
    """The bytes of masters, not what is asked about them."""

    def match(request: lying.Request) -> bool:
        about = {"retention", "legal-hold", "versions"} & set(request.query)
        ours = request.path.startswith(f"/{settings.masters_bucket}/")
        return request.method == "GET" and ours and not about

    return match


def examine(version: Version) -> Job:
    """The job that looks into a new master."""
    job: Job = Job.get(Job.kind == "examine", Job.version_id == version.id)
    return job


LIES = {
    "short": lying.short,
    "cut": lying.cut,
    "flipped": lying.flipped,
    "stale": lying.stale(b"older bytes"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_lie_is_caught_before_processing_and_the_job_succeeds_later(
    mam: Mam, settings: Settings, proxy: lying.Proxy, picture: bytes, name: str
) -> None:
    """Promise D7: short body, shorter body, flipped byte, stale version: nothing is made of it."""
    # Given a new master, and a line that lies about its bytes twice
    version = send(mam, picture).version
    proxy.tell(LIES[name], 2, reads_of_masters(settings))
    # When a worker examines it
    jobs.run(mam, examine(version).id)
    # Then both reads were seen through, nothing was made, and the job waits for another try
    waiting = examine(version)
    assert (proxy.told, waiting.state, waiting.attempts) == (2, "queued", 1)
    assert list(mam.storage.list("previews")) == []
    assert Version.get_by_id(version.id).preview_status != "failed"
    # When the line is honest again, then the job succeeds
    Job.update(run_after=now()).where(Job.id == waiting.id).execute()
    jobs.run(mam, waiting.id)
    assert examine(version).state == "done"
    assert Version.get_by_id(version.id).preview_status == "ready"


def test_one_lie_or_one_stumble_is_read_again_at_once(
    mam: Mam, settings: Settings, proxy: lying.Proxy, picture: bytes
) -> None:
    """Promise D7: a single flipped byte, or a 500 and then a 200, cost a second read and no more."""
    version = send(mam, picture).version
    for lie in (lying.flipped, lying.short, lying.failing):
        proxy.tell(lie, 1, reads_of_masters(settings))
        with masters.local_copy(mam, version) as path:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == version.sha256
        assert proxy.told == 1
    # And a verify that was lied to once does not call the master damaged
    proxy.tell(lying.flipped, 1, reads_of_masters(settings))
    assert masters.verify(mam, version).sha256 == version.sha256
    assert not AuditEntry.select().where(AuditEntry.action == "master.damaged").exists()


def test_a_wrong_etag_of_a_part_promotes_nothing(mam: Mam, proxy: lying.Proxy, picture: bytes) -> None:
    """Promise D7: the browser was told another part than the store has: 422, and the part comes again."""
    # Given an upload whose part is answered with another's ETag
    asset = Asset.create(project=Project.create(name="Rushes"), title="A", status="empty")
    told = uploads.presign(mam, SYSTEM, asset_id=asset.id, filename="a.png", size=len(picture))
    proxy.tell(lying.wrong_etag, 1, lambda request: request.method == "PUT" and "partNumber" in request.query)
    named = put_parts(told["parts"], picture)
    # When it is promoted with what the browser was told, then nothing is
    with pytest.raises(UploadIncompleteError):
        uploads.promote(mam, SYSTEM, told["upload_id"], named)
    assert list(mam.storage.list("masters")) == []
    # And the part sent again is
    done = uploads.promote(mam, SYSTEM, told["upload_id"], put_parts(told["parts"], picture))
    assert Version.get_by_id(done["version_id"]).sha256 == hashlib.sha256(picture).hexdigest()


@pytest.mark.parametrize("step", ["look", "copy"])
def test_a_wrong_etag_during_the_move_promotes_nothing(
    mam: Mam, settings: Settings, proxy: lying.Proxy, picture: bytes, step: str
) -> None:
    """Promise D7, D5: of the staging object or of a copied part: an error, staging kept, then one master."""
    # Given an upload, and a lie at that step of the move
    asset = Asset.create(project=Project.create(name="Rushes"), title="A", status="empty")
    told = uploads.presign(mam, SYSTEM, asset_id=asset.id, filename="a.png", size=len(picture))
    put_parts(told["parts"], picture)
    steps = {
        "look": lambda request: request.method == "HEAD" and settings.staging_bucket in request.path,
        "copy": lambda request: request.method == "PUT" and settings.masters_bucket in request.path,
    }
    proxy.tell(lying.wrong_etag, 1, steps[step])
    # When it is promoted, then it fails or goes on unharmed; there is never a wrong master
    try:
        uploads.promote(mam, SYSTEM, told["upload_id"])
    except StorageError:
        assert not Version.select().exists()
    assert proxy.told == 1
    version = Version.get_by_id(uploads.promote(mam, SYSTEM, told["upload_id"])["version_id"])
    assert masters.verify(mam, version).sha256 == hashlib.sha256(picture).hexdigest()
    assert [one.key for one in mam.storage.list("masters")] == [version.master_key]


def test_bytes_that_change_between_upload_and_promote_are_noticed(
    mam: Mam, settings: Settings, proxy: lying.Proxy, picture: bytes
) -> None:
    """Promise D7 at promote: what the sender hashed is compared with what the store gives."""
    asset = Asset.create(project=Project.create(name="Rushes"), title="A", status="empty")
    digest = hashlib.sha256(picture).hexdigest()
    told = uploads.presign(mam, SYSTEM, asset_id=asset.id, filename="a", size=len(picture), sha256=digest)
    put_parts(told["parts"], picture)
    proxy.tell(
        lying.flipped,
        1,
        lambda request: request.method == "GET" and request.path.startswith(f"/{settings.staging_bucket}/")
        and "uploadId" not in request.query,
    )  # fmt: skip
    with pytest.raises(ChecksumMismatchError):
        uploads.promote(mam, SYSTEM, told["upload_id"])
    assert list(mam.storage.list("masters")) == []


# --- a lock that is a lie ------------------------------------------------------------------------

_RETENTION = (
    '<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>COMPLIANCE</Mode>'
    "<RetainUntilDate>2099-01-01T00:00:00.000Z</RetainUntilDate></Retention>"
)
_LOCKED_BUCKET = (
    '<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
)


def says_locked(request: lying.Request) -> lying.Answer | None:
    """Answer every question about locks with a yes, whatever the bucket behind can do."""
    xml = [("Content-Type", "application/xml")]
    if "object-lock" in request.query:
        return lying.Answer(200, xml, _LOCKED_BUCKET.encode())
    if "retention" in request.query:
        return lying.Answer(200, xml, _RETENTION.encode() if request.method == "GET" else b"")
    if "legal-hold" in request.query:
        return lying.Answer(200, xml, b"<LegalHold><Status>OFF</Status></LegalHold>")
    return None


def test_a_store_that_answers_200_and_deletes_is_lying_and_loud(  # noqa: PLR0917 - fixtures
    make_config: Callable[..., Config],
    config_of: Callable[..., Config],
    settings: Settings,
    proxy: lying.Proxy,
    raw: object,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Issue 4, 2: a real server whose lock is faked before it; health, admin page and doctor say so."""
    # Given a bucket with versions and no lock, before which somebody answers yes to every question of locks
    from minio.commonconfig import ENABLED
    from minio.versioningconfig import VersioningConfig

    from mam.cli import doctor

    raw.make_bucket(settings.masters_bucket)  # type: ignore[attr-defined]
    raw.set_bucket_versioning(settings.masters_bucket, VersioningConfig(ENABLED))  # type: ignore[attr-defined]
    proxy.instead = says_locked
    monkeypatch.setattr("mam_storage_s3.masters.LockedMasters._lock_headers", lambda _self, _until: {})
    with box_on(make_config, config_of(replace(settings, endpoint=proxy.endpoint))) as mam:
        # When the lock is proven
        (proof,) = locks.prove_all(mam)
        # Then it is called what it is, and everybody who asks is told
        assert (proof["state"], proof["severity"]) == ("lying", "error")
        assert "the probe is gone" in proof["message"]
        told = health.check(mam)
        assert told["checks"]["storage"]["status"] == "degraded"
        assert "lying" in told["checks"]["storage"]["detail"]
        assert services_box.storage(mam, SYSTEM)["stores"][0]["state"] == "lying"
        with pytest.raises(doctor.FailedStepError, match="lying"):
            doctor._locks(mam.config)  # noqa: SLF001 - the step of the harness
