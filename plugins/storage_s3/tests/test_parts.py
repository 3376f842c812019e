"""Parts at signed addresses: what the store itself refuses, and what an upload leaves behind."""

from __future__ import annotations

import http.server
import io
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from mam_storage_s3 import S3Storage, Settings, connection, open_store
from mam_storage_s3.signatures import presign
from mam_storage_s3.store import attachment
from mam_storage_s3.uploads import Reference, newest
from minio.datatypes import Part
from minio.error import S3Error
from urllib3 import HTTPResponse

from mam.config import Config
from mam.errors import GoneError, NotFoundError, StorageError, TooLargeError
from mam.services.upload_checks import part_size_for
from mam.testing_contracts import PART, Parts
from mam.types import DistantPartStorage, LockingStorage, MultipartStorage, PartInfo, SignedReadStorage

Configure = Callable[[Settings], Config]

FREED_SECONDS = 4
"""SeaweedFS freed what it took for duplicates within 0.5 to 1.5 s of its answer (measured)."""


def test_every_ability_but_files_is_there(storage: S3Storage) -> None:
    for ability in (MultipartStorage, DistantPartStorage, SignedReadStorage, LockingStorage):
        assert isinstance(storage, ability)


def test_a_part_of_another_length_is_refused_by_the_store(storage: S3Storage) -> None:
    """Promise A4: longer, shorter, or without a length: 403, and nothing is stored."""
    # Given the address of a part of 100 bytes
    ref = storage.begin("k", 100, PART)
    url = storage.part_address("k", ref, 1, 100, 60).url
    # When other lengths are sent to it
    statuses = [httpx.put(url, content=b"x" * size, timeout=60).status_code for size in (0, 99, 101)]
    statuses.append(httpx.put(url, content=iter([b"x" * 100]), timeout=60).status_code)
    # Then each is refused; the right one is taken
    assert statuses == [403, 403, 403, 403]
    assert storage.list_parts("k", ref) == []
    assert httpx.put(url, content=b"x" * 100, timeout=60).status_code == 200


def test_changed_and_expired_addresses_write_nothing(storage: S3Storage) -> None:
    """Promise A6: another part, upload, key or signature, and a second too late."""
    # Given an address
    ref = storage.begin("k", 200, PART)
    url = storage.part_address("k", ref, 1, 200, 60).url
    settings, place = storage.settings, storage.connection.public_place(storage.settings.staging_bucket, "k")
    old = presign(
        "PUT", place, {}, access_key=settings.access_key, secret_key=settings.secret_key,
        region="us-east-1", expires_in=5, now=datetime.now(UTC) - timedelta(seconds=7),
    )  # fmt: skip
    # When it is changed, or too old
    changed = [
        url.replace("partNumber=1", "partNumber=2"),
        url.replace("/k?", "/other?"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"),
        old,
    ]
    # Then nothing is taken
    assert [httpx.put(one, content=b"x" * 200, timeout=60).status_code for one in changed] == [403] * 5
    assert storage.list_parts("k", ref) == []
    assert storage.stat("staging", "k") is None


def test_a_part_sent_twice_keeps_its_bytes(storage: S3Storage) -> None:
    """Promise A2: the line broke after the part was stored, and the browser sends the same bytes again.

    The store frees what it takes for duplicates some time after it answered, and still gives them from its
    cache then; the copy inside the store reads what is there.
    """
    # Given an upload whose every part came twice
    upload = Parts(storage, key="again")
    for number in (1, 1, 2, 2, 3, 3):
        upload.send(number)
    # When it is joined, and promoted after the store tidied up
    upload.complete()
    time.sleep(FREED_SECONDS)
    storage.promote("again", "master", retain_until=None)
    # Then every byte is there
    with storage.open("masters", "master") as stream:
        assert stream.read() == upload.data


def test_an_upload_without_its_reference_can_be_aborted(storage: S3Storage) -> None:
    """A crash between begin and the row: abort by key alone frees it (promise A7)."""
    # Given an upload with a part, whose reference was lost, and one of another key
    lost, other = Parts(storage, key="lost"), Parts(storage, key="lost-not")
    lost.send(1)
    other.send(1)
    # When the key is aborted without a reference
    storage.abort("lost", "")
    # Then only that one is gone
    assert lost.received() == []
    assert len(other.received()) == 1


def test_too_many_parts_and_foreign_references(storage: S3Storage) -> None:
    with pytest.raises(TooLargeError):
        storage.begin("k", 10_001 * PART, PART)
    ref = storage.begin("k", 100, PART)
    for key, text in (("other", ref), ("k", ""), ("k", "1.2.3.4"), ("k", "x")):
        with pytest.raises(GoneError):
            storage.part_address(key, text, 1, 100, 60)
    assert Reference.read("k", ref) is not None


@pytest.mark.parametrize("size", [1, 16 << 20, (10_000 * (16 << 20)) + 1, 5 << 40])
def test_the_part_size_grows_to_5_tib(storage: S3Storage, size: int) -> None:
    """Issue 4, 1: a box's own part size makes at most 10 000 parts of 5 MiB to 5 GiB of any size."""
    part = part_size_for(size, 16 << 20)
    reference = Reference.read("k", storage.begin("k", size, part))
    assert reference is not None
    assert reference.count <= 10_000
    assert 5 << 20 <= part <= 5 << 30
    assert sum(reference.size_of(n) for n in range(1, reference.count + 1)) == size


def test_the_later_of_two_listed_parts_counts() -> None:
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    listed = [Part(2, "c", early, 3), Part(1, "new", late, 5), Part(1, "old", early, 5)]
    assert newest(listed) == [PartInfo(1, 5, "new"), PartInfo(2, 3, "c")]


def test_browsers_may_have_another_address(settings: Settings, config_of: Configure) -> None:
    """Addresses name the public endpoint; bucket names go before it where the store wants that."""
    public = replace(settings, public_endpoint="https://s3.example.com", path_style=False)
    store = open_store(config_of(public))
    url = store.connection.address("PUT", "bucket", "k", query={}, headers={}, expires_in=60)
    assert url.startswith("https://bucket.s3.example.com/k?")
    bucket = settings.staging_bucket
    assert store.part_origin() == f"https://{bucket}.s3.example.com"


def test_a_download_leaves_under_its_own_name(storage: S3Storage) -> None:
    """Promise H3: quotes, line breaks and other alphabets stay one header."""
    # Given an object and a hostile name
    storage.put("masters", "m1", io.BytesIO(b"bytes"), 5)
    name = 'a"b\r\nSet-Cookie: x=1;ü.mov'
    # When it is fetched at its signed address
    url = storage.read_address(
        "masters", "m1", version=None, expires_in=60, filename=name, content_type="video/quicktime"
    )
    answer = httpx.get(url, timeout=60)
    # Then it is an attachment of that name and type
    assert answer.content == b"bytes"
    assert answer.headers["content-disposition"] == attachment(name)
    assert answer.headers["content-type"] == "video/quicktime"
    assert "set-cookie" not in answer.headers
    with pytest.raises(NotFoundError):
        storage.read_address("masters", "none", version=None, expires_in=60, filename="x", content_type="")


def test_parts_are_listed_page_by_page(storage: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given pages of one part
    true = storage.connection.call

    def small(*args: object, **more: object) -> object:
        query = more.get("query")
        if isinstance(query, dict) and "max-parts" in query:
            query["max-parts"] = "1"
        return true(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(storage.connection, "call", small)
    parts = Parts(storage)
    for number in (1, 2, 3):
        parts.send(number)
    # When they are listed, then all come
    assert [one.number for one in parts.received()] == [1, 2, 3]


# --- a store that lies ---------------------------------------------------------------------------


@pytest.fixture
def broken() -> Iterator[str]:
    """A server that announces ten bytes and sends four."""

    class Short(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.wfile.write(b"four")

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    yield from (endpoint for endpoint, _ in served(Short, []))


@pytest.fixture
def stumbling() -> Iterator[tuple[str, list[str]]]:
    """A server that fails the first time, or every time for a path that says so; and what it was asked."""
    asked: list[str] = []

    class Stumbling(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            failed = len(asked) == 1 or self.path.endswith("always")
            body = b"" if failed else b"whole"
            self.send_response(500 if failed else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    yield from served(Stumbling, asked)


def served(handler: type, asked: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Run a small server while a test lasts."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def test_a_short_body_is_an_error_and_no_end(settings: Settings, config_of: Configure, broken: str) -> None:
    """Promise D7: a body that ends too early never reads as a whole object."""
    store = open_store(config_of(replace(settings, endpoint=broken)))
    store.buckets._ready.add("previews")  # noqa: SLF001 - this server has no buckets
    with store.open("previews", "v/x") as stream, pytest.raises(StorageError):
        stream.read()


def test_a_store_that_stumbles_is_asked_again(
    settings: Settings, config_of: Configure, stumbling: tuple[str, list[str]]
) -> None:
    """Promise D7: 500 and then 200 is a 200; a store that goes on so is an error after two more tries."""
    endpoint, asked = stumbling
    store = open_store(config_of(replace(settings, endpoint=endpoint)))
    store.buckets._ready.add("previews")  # noqa: SLF001 - this server has no buckets
    with store.open("previews", "once") as stream:
        assert stream.read() == b"whole"
    with pytest.raises(StorageError, match="proxy"), store.open("previews", "always"):
        pytest.fail("there is nothing to read")
    assert len(asked) == 2 + 3


def test_an_error_inside_a_good_answer_is_an_error() -> None:
    """S3 may answer 200 to a completion and tell of its failure in the body."""
    body = b'<?xml version="1.0"?><Error><Code>InternalError</Code><Message>x</Message></Error>'
    with pytest.raises(S3Error):
        connection._raise_for(HTTPResponse(body=body, status=200))  # noqa: SLF001 - no server does it on demand
