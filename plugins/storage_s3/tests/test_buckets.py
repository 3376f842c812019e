"""Buckets that are made, checked and refused; a store that is away; settings that cannot be (promise D9)."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from mam_storage_s3 import Settings, mam_check, mam_storage, open_store
from mam_storage_s3.settings import origins
from minio import Minio
from minio.versioningconfig import VersioningConfig
from seaweed import Seaweed, free_ports

from mam.config import Config, Secret, Server
from mam.core import open_storage
from mam.errors import ConfigError, StorageError
from mam.plugins import State, open_hooks
from mam.testing_contracts import Parts

Configure = Callable[[Settings], Config]


def test_missing_buckets_are_made_ready(settings: Settings, config_of: Configure, raw: Minio) -> None:
    # Given a server without our buckets
    # When the box opens its store
    mam_storage(config=config_of(settings))
    # Then there are three, the masters' with versions and lock, staging with its lifecycle
    assert raw.get_bucket_versioning(settings.masters_bucket).status == "Enabled"
    raw.get_object_lock_config(settings.masters_bucket)
    assert raw.get_bucket_versioning(settings.previews_bucket).status != "Enabled"
    lifecycle = raw.get_bucket_lifecycle(settings.staging_bucket)
    assert lifecycle is not None
    assert lifecycle.rules[0].expiration.days == 7
    # And opening again is no error
    mam_storage(config=config_of(settings))


def test_a_masters_bucket_without_lock_is_refused(
    settings: Settings, config_of: Configure, raw: Minio
) -> None:
    """Promise D9: start-up error naming bucket and fix; the box does not take another store instead."""
    # Given a masters bucket somebody made without object lock
    raw.make_bucket(settings.masters_bucket)
    config = config_of(settings)
    # When the box opens, then it refuses, naming bucket and fix
    hooks = open_hooks(config)
    hooks.check_all()
    with pytest.raises(ConfigError, match=rf"{settings.masters_bucket}.*object lock.*masters_bucket"):
        open_storage(config, hooks)
    # And the self-check says the same, without proving a lock that is not there
    findings = mam_check(config=config)
    assert [one.check for one in findings if one.severity == "error"] == ["bucket masters"]


def test_a_masters_bucket_without_versions_is_refused(
    settings: Settings, config_of: Configure, raw: Minio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise D9, second half. This server suspends no versions of a locked bucket: the answer is changed."""
    raw.make_bucket(settings.masters_bucket, object_lock=True)
    monkeypatch.setattr(Minio, "get_bucket_versioning", lambda self, name: VersioningConfig("Suspended"))
    with pytest.raises(
        ConfigError, match=rf"{settings.masters_bucket}.*keeps no versions.*Turn versioning on"
    ):
        mam_storage(config=config_of(settings))


def test_missing_buckets_are_named_where_they_may_not_be_made(
    settings: Settings, config_of: Configure
) -> None:
    config = config_of(replace(settings, create_buckets=False))
    with pytest.raises(
        ConfigError, match=rf"{settings.staging_bucket} \(staging\) does not exist.*create_buckets"
    ):
        mam_storage(config=config)


def test_wrong_keys_and_missing_rights_are_told(
    settings: Settings, config_of: Configure, seaweed: Seaweed
) -> None:
    wrong = open_store(config_of(replace(settings, secret_key=Secret("wrong"))))
    with pytest.raises(StorageError, match=r"access_key|secret_key|may not"):
        wrong.stat("staging", "x")
    reader = replace(
        settings,
        access_key=Secret(seaweed.reader_key),
        secret_key=Secret(seaweed.reader_secret),
        create_buckets=False,
    )
    with pytest.raises(StorageError, match=settings.staging_bucket):
        open_store(config_of(reader)).stat("staging", "x")


def test_an_edge_with_keys_for_the_previews_alone_reads_them(
    settings: Settings, config_of: Configure, seaweed: Seaweed, raw: Minio
) -> None:
    # Given previews in the bucket that the reader's key is for
    if not raw.bucket_exists("previews"):
        raw.make_bucket("previews")
    raw.put_object("previews", "v/master.m3u8", io.BytesIO(b"#EXTM3U"), 7)
    keys = replace(settings, access_key=Secret(seaweed.reader_key), secret_key=Secret(seaweed.reader_secret))
    # When a box with that key opens
    store = mam_storage(config=config_of(replace(keys, previews_bucket="previews", create_buckets=False)))
    # Then it reads previews, and cannot write them or read masters
    with store.open("previews", "v/master.m3u8") as stream:
        assert stream.read() == b"#EXTM3U"
    with pytest.raises(StorageError):
        store.put("previews", "v/x", io.BytesIO(b"x"), 1)
    with pytest.raises(StorageError):
        store.stat("masters", "x")


# --- a store that is away ------------------------------------------------------------------------


def test_a_store_that_is_away_does_not_stop_the_start(
    settings: Settings, config_of: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an address where nobody listens
    config = config_of(replace(settings, endpoint=f"127.0.0.1:{free_ports(1)[0]}"))
    # When the box opens
    hooks = open_hooks(config)
    hooks.check_all()
    store = open_storage(config, hooks)
    # Then it is open with this store and no other, and says what is wrong when asked
    assert type(store).__name__ == "S3Storage"
    assert hooks.plugins["storage_s3"].state is State.ENABLED
    with pytest.raises(StorageError, match="does not answer"):
        store.stat("staging", "x")
    # And after some silence it is not even asked for a moment
    monkeypatch.setattr("mam_storage_s3.connection._PAUSE_SECONDS", 60)
    for _ in range(3):
        with pytest.raises(StorageError):
            store.stat("staging", "x")
    monkeypatch.setattr(store.connection.client, "stat_object", _never)
    monkeypatch.setattr(store.connection.client, "bucket_exists", _never)
    with pytest.raises(StorageError, match="in a moment"):
        store.stat("staging", "x")


def _never(*_given: object, **_named: object) -> None:
    raise AssertionError("the store was asked")


def test_a_store_that_comes_back_is_used_again(
    settings: Settings, config_of: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise D6, the store's part: silence is an error soon, and the next call after it works."""
    # Given a store that accepts connections and says nothing
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr("mam_storage_s3.connection.READ_SECONDS", 0.3)
        monkeypatch.setattr("mam_storage_s3.connection._PAUSE_SECONDS", 0.3)
        endpoint = f"127.0.0.1:{silent.getsockname()[1]}"
        store = open_store(config_of(replace(settings, endpoint=endpoint)))
        for _ in range(3):
            with pytest.raises(StorageError, match="does not answer"):
                store.stat("staging", "x")
    # When it answers again (here: the true one takes its place)
    true = open_store(config_of(settings))
    store.connection.client = true.connection.client
    monkeypatch.setattr(store.connection, "_base", true.connection._base)  # noqa: SLF001 - the server moved
    time.sleep(0.4)
    # Then it is used, its buckets made and checked
    assert store.stat("staging", "x") is None


# --- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"endpoint": "https://s3.example.com"}, "endpoint"),
        ({"public_endpoint": "s3.example.com"}, "public_endpoint"),
        ({"previews_bucket": "mam-staging", "staging_bucket": "mam-staging"}, "masters_bucket"),
        ({"sse": "kms"}, "sse_kms_key"),
        ({"retention": "compliance"}, "retention"),
    ],
)
def test_settings_that_cannot_be_are_named(
    settings: Settings, config_of: Configure, change: dict[str, str], key: str
) -> None:
    with pytest.raises(ConfigError, match=rf"plugins\.storage_s3\.{key}"):
        mam_storage(config=config_of(replace(settings, **change)))


def test_a_typo_in_the_settings_stops_the_box_instead_of_changing_the_store(
    settings: Settings, config_of: Configure
) -> None:
    """A listed store that is stopped is not replaced by files on disk: masters would be in two places."""
    config = config_of(settings)
    config.plugin_tables["storage_s3"]["endpont"] = "x"  # type: ignore[index]
    with pytest.raises(ConfigError, match="endpont"):
        open_storage(config, open_hooks(config))


def test_no_secret_shows(settings: Settings, config_of: Configure) -> None:
    assert settings.secret_key not in repr(settings)
    assert settings.access_key not in repr(settings)
    wrong = replace(settings, access_key=Secret("nobody"), secret_key=Secret("hush-hush"))
    with pytest.raises(StorageError) as told:
        open_store(config_of(wrong)).stat("staging", "x")
    assert "hush-hush" not in str(told.value)


def test_a_private_authority_is_trusted_by_its_file_alone(
    settings: Settings, config_of: Configure, seaweed: Seaweed
) -> None:
    # Given the server's HTTPS side
    tls = replace(settings, endpoint=seaweed.tls_endpoint, secure=True, ca_file=str(seaweed.ca_file))
    # When it is asked with and without the authority's certificate
    assert open_store(config_of(tls)).stat("staging", "x") is None
    with pytest.raises(StorageError, match="SSL"):
        open_store(config_of(replace(tls, ca_file=""))).stat("staging", "x")


def test_the_store_encrypts_when_told(settings: Settings, config_of: Configure, raw: Minio) -> None:
    # Given encryption by the store
    storage = open_store(config_of(replace(settings, sse="s3")))
    # When a master is made of parts
    parts = Parts(storage)
    for number in (1, 2, 3):
        parts.send(number)
    parts.complete()
    master = storage.promote(parts.key, "m1", retain_until=None)
    # Then the store says that it is encrypted, and reads back what came in
    head = raw.stat_object(settings.masters_bucket, "m1").metadata
    assert head is not None
    assert head["x-amz-server-side-encryption"] == "AES256"
    with storage.open("masters", "m1", version=master.version) as stream:
        assert stream.read() == parts.data


def test_a_key_of_a_key_store_is_asked_for(settings: Settings, config_of: Configure) -> None:
    """SSE-KMS: every object is begun with the key's id (no key store runs here: headers only)."""
    storage = open_store(config_of(replace(settings, secure=True, sse="kms", sse_kms_key="masters-key")))
    headers = storage.sse_headers()
    assert headers["X-Amz-Server-Side-Encryption"] == "aws:kms"
    assert headers["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"] == "masters-key"


def test_lifecycles_expire_staging_and_never_a_master(
    settings: Settings, config_of: Configure, raw: Minio
) -> None:
    """Promise D10, the store's part: the only rule on masters moves them to a colder class, as configured."""
    # Given a box that wants its masters cold after 30 days, and staging kept for 3
    config = config_of(replace(settings, cold_days=30, cold_class="STANDARD_IA", staging_days=3))
    storage = open_store(config)
    findings = storage.buckets.findings()
    # When the rules are asked for
    staging, cold = (
        raw.get_bucket_lifecycle(name) for name in (settings.staging_bucket, settings.masters_bucket)
    )
    # Then staging expires after three days, also what was never completed
    assert staging is not None
    assert staging.rules[0].expiration.days == 3
    # And masters are moved, or it is said that this store moves none; nothing ever expires there
    for rule in cold.rules if cold else ():
        assert rule.expiration is None
        assert rule.noncurrent_version_expiration is None
    told = [one for one in findings if one.check == "lifecycle"]
    assert told or (cold is not None and cold.rules[0].transition.days == 30)
    assert storage.buckets._rule("previews") is None  # noqa: SLF001 - no rule is made at all


# --- browsers ------------------------------------------------------------------------------------


def test_the_portal_may_put_parts_and_read_their_etag(settings: Settings, config_of: Configure) -> None:
    # Given a box with a public address
    config = replace(config_of(settings), server=Server(public_url="https://mam.example.com/"))
    storage = open_store(config)
    ref = storage.begin("k", 100, 5 << 20)
    url = storage.part_address("k", ref, 1, 100, 60).url
    # When a browser asks before it sends, from the portal and from elsewhere
    asking = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    portal = httpx.options(url, headers={**asking, "Origin": "https://mam.example.com"})
    stranger = httpx.options(url, headers={**asking, "Origin": "https://evil.example.com"})
    # Then the portal may, and sees the ETag of what it sent
    assert portal.status_code == 200
    assert stranger.headers.get("access-control-allow-origin") is None
    sent = httpx.put(url, content=b"x" * 100, headers={"Origin": "https://mam.example.com"}, timeout=60)
    assert "ETag" in sent.headers["access-control-expose-headers"]
    assert storage.part_origin() == f"http://{settings.endpoint}"
    assert sent.headers["etag"].strip('"') == storage.list_parts("k", ref)[0].etag


def test_origins_are_the_portals_own(settings: Settings) -> None:
    config = Config(data=None, server=Server(port=9000))  # type: ignore[arg-type]
    assert origins(config, settings) == ("http://localhost:9000", "http://127.0.0.1:9000")
    assert origins(config, replace(settings, cors_origins=("https://a",))) == ("https://a",)
