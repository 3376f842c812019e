"""Uploads as services: announce, send, resume, abort, promote, one piece, names, the sweep."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import xxhash
from upload_steps import PART, Sending, files_below, make_asset, member, sending

from mam import models
from mam.core import Mam
from mam.errors import (
    ChecksumMismatchError,
    ConflictError,
    EmptyFileError,
    ForbiddenError,
    GoneError,
    GrantError,
    NotFoundError,
    TooLargeError,
    UploadIncompleteError,
    ValidationError,
)
from mam.ids import new_id
from mam.models import Asset, AssetSearch, AuditEntry, Job, Upload, Version, now
from mam.services import uploads
from mam.services.filenames import clean_filename
from mam.services.upload_checks import MAX_PARTS, MIN_PART_BYTES, part_size_for
from mam.types import SYSTEM

NAMES = Path(__file__).resolve().parents[3] / "shared" / "media" / "hostile_names.json"


def status(asset: Asset) -> str:
    return str(Asset.get_by_id(asset.id).status)


def test_a_file_in_parts_becomes_a_version(box: Mam) -> None:
    # Given a file of two parts, announced with its hash
    one = sending(box, PART + 5)
    asset = one.asset
    sha256 = hashlib.sha256(one.data).hexdigest()
    one.presign(sha256=sha256.upper(), content_type="video/quicktime; codecs=x")
    assert status(asset) == "uploading"
    assert [part["size"] for part in one.answer["parts"]] == [PART, 5]
    assert all(part["url"].startswith("/upload-parts/") for part in one.answer["parts"])
    # When the parts arrive and it is promoted
    named = one.send_all()
    answer = one.promote(parts=named)
    # Then there is one version with the right facts, locked, its job queued, the asset processing
    version = Version.get_by_id(answer["version_id"])
    assert answer == {"asset_id": asset.id, "version_id": version.id, "status": "processing"}
    assert (version.number, version.filename, version.size) == (1, "clip.mov", PART + 5)
    assert (version.sha256, version.xxh128) == (sha256, xxhash.xxh3_128_hexdigest(one.data))
    assert version.content_type == "video/quicktime"
    assert version.locked
    assert version.retain_until > now() + timedelta(days=364)
    assert Asset.get_by_id(asset.id).current_version_id == version.id
    assert " clip mov " in AssetSearch.get(AssetSearch.asset == asset.id).labels
    job = Job.get(Job.version_id == version.id)
    assert (job.kind, job.state, job.project_id) == ("examine", "queued", asset.project_id)
    assert AuditEntry.select().where(AuditEntry.action == "upload.promoted").count() == 1
    # and the store holds the master and nothing else
    with box.storage.open("masters", version.master_key) as stream:
        assert stream.read() == one.data
    assert files_below(box.config.store) == {f"masters/{version.id}", f"masters/{version.id}.lock.json"}
    # and promoting again answers the same
    assert one.promote() == answer
    assert Version.select().count() == 1
    assert Job.select().count() == 1


def test_a_second_version_counts_on(box: Mam) -> None:
    asset = make_asset()
    for number in (1, 2):
        one = sending(box, 100 + number, asset).presign()
        one.send_all()
        version = Version.get_by_id(one.promote()["version_id"])
        assert version.number == number
    assert Asset.get_by_id(asset.id).current_version_id == version.id


def test_concurrent_promotes_make_one_version(box: Mam) -> None:
    """Promise D5: eight clients promote at once; one version, one job, one answer."""
    # Given a complete upload
    one = sending(box, 300_000).presign()
    one.send_all()
    answers: list[object] = []

    def promote() -> None:
        with models.database.connection_context():
            answers.append(one.promote())

    # When eight promote it at the same time
    threads = [threading.Thread(target=promote) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then all hear the same
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert Version.select().count() == 1
    assert Job.select().count() == 1


def test_uploads_of_one_asset_promoted_at_once_get_numbers_of_their_own(box: Mam) -> None:
    # Given four complete uploads for the same asset
    asset = make_asset()
    sent = [sending(box, 1000 + n, asset).presign() for n in range(4)]
    for one in sent:
        one.send_all()

    def promote(one: Sending) -> None:
        with models.database.connection_context():
            one.promote()

    # When they are promoted at once
    threads = [threading.Thread(target=promote, args=(one,)) for one in sent]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then each is a version, numbered without gap
    assert sorted(row.number for row in Version.select()) == [1, 2, 3, 4]


def test_missing_parts_keep_the_upload_open(box: Mam) -> None:
    # Given an upload of three parts of which one came
    one = sending(box, 2 * PART + 1).presign()
    sent = one.send(2)
    # When it is promoted
    with pytest.raises(UploadIncompleteError, match="missing: 1, 3"):
        one.promote()
    # Then it goes on: received says which came, fresh addresses are given, and nothing was promoted
    shape = uploads.get_upload(box, SYSTEM, one.id)
    assert shape["state"] == "open"
    assert shape["version_id"] is None
    assert shape["received"] == [{"number": 2, "size": PART, "etag": sent["etag"]}]
    assert status(one.asset) == "uploading"
    assert list(box.storage.list("masters")) == []
    fresh = uploads.part_addresses(box, SYSTEM, one.id, [1, 3])["parts"]
    assert [part["number"] for part in fresh] == [1, 3]
    one.answer["parts"][0], one.answer["parts"][2] = fresh
    one.send(1)
    one.send(3)
    assert one.promote()["status"] == "processing"


def test_parts_named_wrongly_are_refused(sqlite_box: Mam) -> None:
    one = sending(sqlite_box, 100).presign()
    part = one.send(1)
    for named in ([{**part, "etag": "0" * 32}], [part, {"number": 2, "etag": "x"}]):
        with pytest.raises(UploadIncompleteError):
            one.promote(parts=named)
    quoted = {"number": 1, "etag": f'"{part["etag"]}"'}
    assert one.promote(parts=[quoted])["version_id"]


def test_other_bytes_than_announced_are_not_promoted_and_can_be_mended(box: Mam) -> None:
    """422 `checksum_mismatch`: staging is kept, nothing promoted, the damaged part can be sent again."""
    # Given a file whose second part was damaged on the way
    one = sending(box, PART + 1000)
    one.presign(sha256=hashlib.sha256(one.data).hexdigest())
    one.send(1)
    one.send(2, b"\0" * 1000)
    # When it is promoted
    with pytest.raises(ChecksumMismatchError):
        one.promote()
    # Then nothing is a master, the parts are still there, and the log knows
    assert list(box.storage.list("masters")) == []
    assert Version.select().count() == 0
    shape = uploads.get_upload(box, SYSTEM, one.id)
    assert (shape["state"], len(shape["received"])) == ("open", 2)
    assert status(one.asset) == "uploading"
    assert AuditEntry.select().where(AuditEntry.action == "upload.refused").count() == 1
    # When the part is sent again, then it is promoted
    one.send(2)
    assert one.promote()["status"] == "processing"


def test_abort_frees_and_ends(box: Mam) -> None:
    """Promise A7: gone for its client, gone from the disk; once more is no error."""
    one = sending(box, 1000).presign()
    one.send(1)
    uploads.abort(box, SYSTEM, one.id)
    uploads.abort(box, SYSTEM, one.id)
    assert files_below(box.config.store) == set()
    assert status(one.asset) == "awaiting_upload"
    for call in (
        lambda: uploads.get_upload(box, SYSTEM, one.id),
        lambda: uploads.part_addresses(box, SYSTEM, one.id, [1]),
        one.promote,
        lambda: one.send(1),
    ):
        with pytest.raises(GoneError):
            call()


def test_a_version_is_not_aborted(sqlite_box: Mam) -> None:
    one = sending(sqlite_box).presign()
    one.send_all()
    one.promote()
    with pytest.raises(ConflictError):
        uploads.abort(sqlite_box, SYSTEM, one.id)
    assert uploads.get_upload(sqlite_box, SYSTEM, one.id)["state"] == "promoted"
    with pytest.raises(GoneError):
        one.send(1)


def test_nothing_changes_after_the_check(sqlite_box: Mam) -> None:
    """Promise A8: the same address used again after promote changes nothing."""
    one = sending(sqlite_box).presign()
    one.send_all()
    version = Version.get_by_id(one.promote()["version_id"])
    with pytest.raises(GoneError):
        one.send(1, b"\0" * 1000)
    with sqlite_box.storage.open("masters", version.master_key) as stream:
        assert stream.read() == one.data


def test_what_is_announced_is_checked(sqlite_box: Mam) -> None:
    config = replace(sqlite_box.config, uploads=replace(sqlite_box.config.uploads, max_bytes=1 << 40))
    mam = replace(sqlite_box, config=config)
    one = sending(mam)
    for error, more in (
        (EmptyFileError, {"size": 0}),
        (EmptyFileError, {"size": -1}),
        (TooLargeError, {"size": (1 << 40) + 1}),
        (ValidationError, {"sha256": "0" * 63}),
        (ValidationError, {"sha256": "g" * 64}),
        (ValidationError, {"filename": "x" * 1025}),
        (ValidationError, {"filename": "half \ud83d"}),
        (ValidationError, {"content_type": "no type"}),
        (ValidationError, {"content_type": "a/b\r\nSet-Cookie: x"}),
        (NotFoundError, {"asset_id": new_id()}),
        (NotFoundError, {"asset_id": "../x"}),
    ):
        with pytest.raises(error):
            one.presign(**more)
    assert Upload.select().count() == 0
    assert status(one.asset) == "awaiting_upload"
    assert files_below(mam.config.store) == set()


def test_a_terabyte_has_ten_thousand_addresses(sqlite_box: Mam) -> None:
    one = sending(sqlite_box)
    one.presign(size=1 << 40)
    parts = one.answer["parts"]
    assert len(parts) <= MAX_PARTS
    assert sum(part["size"] for part in parts) == 1 << 40
    assert len({part["url"] for part in parts}) == len(parts)


@pytest.mark.parametrize("size", [1, 5 << 20, 100 << 30, 1 << 40, 5 << 40, (160 << 30) + 1])
def test_parts_grow_with_the_file(size: int) -> None:
    part = part_size_for(size, 16 << 20)
    assert part >= MIN_PART_BYTES
    assert -(-size // part) <= MAX_PARTS
    assert part <= 5 << 30  # the largest part S3 takes


def test_strangers_see_nothing_and_viewers_may_not(box: Mam) -> None:
    """Promise A6, G2: another's upload does not exist; who may only look is told so."""
    one = sending(box)
    editor = member(one.asset, "editor", "editor@example.org")
    one.presign(editor)
    stranger = member(make_asset("Other"), "owner", "stranger@example.org")
    viewer = member(one.asset, "viewer", "viewer@example.org")
    for who, error in ((stranger, NotFoundError), (viewer, ForbiddenError)):
        for call in (
            lambda who=who: uploads.get_upload(box, who, one.id),
            lambda who=who: uploads.part_addresses(box, who, one.id, [1]),
            lambda who=who: uploads.abort(box, who, one.id),
            lambda who=who: uploads.promote(box, who, one.id),
            lambda who=who: Sending(box, one.asset, b"x").presign(who),
            lambda who=who: uploads.receive(
                box, who, one.asset.id, filename="x", content_type=None, size=1, body=iter([b"x"])
            ),
        ):
            with pytest.raises(error):
                call()
    for odd in ("../x", "%2e%2e%2f", "x" * 4096, ""):
        with pytest.raises(NotFoundError):
            uploads.get_upload(box, editor, odd)
        with pytest.raises(GrantError):
            uploads.write_part(box, odd, iter([b"x"]), 1)
    assert uploads.get_upload(box, editor, one.id)["state"] == "open"


# --- one piece -----------------------------------------------------------------------------------


def test_a_file_in_one_piece(box: Mam) -> None:
    asset = make_asset()
    data = b"0123456789" * 50_000
    pieces = (data[at : at + 7777] for at in range(0, len(data), 7777))
    version = uploads.receive(
        box, SYSTEM, asset.id, filename="clip.mov", content_type=None, size=len(data), body=pieces
    )
    assert (version["number"], version["size"]) == (1, len(data))
    assert version["sha256"] == hashlib.sha256(data).hexdigest()
    assert version["xxh128"] == xxhash.xxh3_128_hexdigest(data)
    assert version["master"]["locked"]
    with box.storage.open("masters", version["id"]) as stream:
        assert stream.read() == data
    assert status(asset) == "processing"
    assert Job.select().where(Job.version_id == version["id"]).count() == 1
    assert not any(name.startswith(("staging", "uploads", "tmp")) for name in files_below(box.config.store))


def test_a_connection_that_breaks_leaves_nothing(box: Mam) -> None:
    """Promise A4: neither a short body, a long one nor a broken one leaves a byte, a version or a row."""
    asset = make_asset()

    def broken() -> Iterator[bytes]:
        yield b"x" * 10
        raise UploadIncompleteError("The connection ended.")

    for error, size, body in (
        (UploadIncompleteError, 100, broken()),
        (UploadIncompleteError, 100, iter([b"x" * 99])),
        (TooLargeError, 100, iter([b"x" * 101])),
        (EmptyFileError, 0, iter([])),
        (TooLargeError, 1 << 50, iter([])),
    ):
        with pytest.raises(error):
            uploads.receive(box, SYSTEM, asset.id, filename="x", content_type=None, size=size, body=body)
        assert files_below(box.config.store) == set()
        assert Upload.select().count() == Version.select().count() == Job.select().count() == 0
        assert status(asset) == "awaiting_upload"


def test_a_receiver_that_slept_too_long_finds_itself_dropped(
    box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a receiver whose process stands still in the middle of the body, so that nobody renews its claim
    asset = make_asset()
    monkeypatch.setattr("mam.services.upload_state.BEAT_SECONDS", 60.0)
    monkeypatch.setattr("mam.services.upload_state.STALE_SECONDS", 0.0)

    def body() -> Iterator[bytes]:
        yield b"x" * 10
        assert uploads.sweep(box)["dropped"] == 1
        yield b"x" * 10

    # When it goes on after the sweep took it for dead
    with pytest.raises(GoneError):
        uploads.receive(box, SYSTEM, asset.id, filename="x", content_type=None, size=20, body=body())
    # Then nothing came of it
    uploads.sweep(box)
    assert files_below(box.config.store) == set()
    assert Version.select().count() == 0
    assert status(asset) == "awaiting_upload"


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("clip.mov", "clip.mov"),
        ("../../../../etc/cron.d/shared.mp4", "shared.mp4"),
        ("..\\..\\windows\\shared.mp4", "shared.mp4"),
        ("shared\0.mp4", "shared.mp4"),
        ("shared\nSet-Cookie: x=1\r\n.mp4", "sharedSet-Cookie: x=1.mp4"),
        ("\u202e4pm.shared.exe", "4pm.shared.exe"),
        ("e\u0301te\u0301.mp4", "été.mp4"),
        ("shared.mp4 ", "shared.mp4 "),
        ("\ufeffshared\u200b.mp4", "\ufeffshared\u200b.mp4"),
        ("-i shared -f null.mp4", "-i shared -f null.mp4"),
        (".mp4", ".mp4"),
        ("shared_\uff46\uff4d.mp4", "shared_\uff46\uff4d.mp4"),
        ("a" * 300 + ".mp4", "a" * 251 + ".mp4"),
        ("a" * 300, "a" * 255),
        ("", "unnamed"),
        ("..", "unnamed"),
        (" ", "unnamed"),
        ("x/", "unnamed"),
    ],
)
def test_names_are_data(given: str, kept: str) -> None:
    """Promise A13: composed, without control characters and folders; otherwise as given."""
    assert clean_filename(given) == kept


@pytest.mark.skipif(not NAMES.exists(), reason="the corpus is not beside the checkout")
def test_every_hostile_name_has_its_expected_outcome(box: Mam) -> None:
    """Promise A13: all names of the corpus are taken or refused; none becomes a path."""
    entries = json.loads(NAMES.read_text())
    assert len(entries) == 50
    asset = make_asset()
    taken = 0
    for entry in entries:
        given = entry["upload_name"]
        try:
            version = uploads.receive(
                box, SYSTEM, asset.id, filename=given, content_type=None, size=1, body=iter([b"x"])
            )
        except ValidationError:
            assert "400" in entry["expected"]
            continue
        taken += 1
        kept = Version.get_by_id(version["id"]).filename
        assert kept == version["filename"]
        assert not set(kept) & set("/\\\0\r\n\x1b\u202e")
        if "equals the input" in entry["expected"] and len(given) <= 255:
            assert kept.casefold().endswith(("mp4", "mov", "jpg", "mp4.", "mp4 ", "$data"))
    names = {name.partition("/")[0] for name in files_below(box.config.store)}
    assert names == {"masters"}
    assert taken >= 47
    assert all(info.key.count("-") == 4 for info in box.storage.list("masters"))


# --- the sweep -----------------------------------------------------------------------------------


def test_the_sweep_ends_what_is_past_its_time(box: Mam) -> None:
    """Promise A7: expired uploads are freed, running ones and masters untouched."""
    # Given an upload past its time, one that runs, and one that is a version
    old, running, done = (sending(box).presign() for _ in range(3))
    for one in (old, running, done):
        one.send(1)
    version_id = done.promote()["version_id"]
    Upload.update(expires_at=now() - timedelta(seconds=1)).where(Upload.id == old.id).execute()
    with pytest.raises(GoneError):
        old.promote()
    # When the sweep runs, twice
    counts = uploads.sweep(box)
    assert (counts["expired"], counts["freed"]) == (1, 1)
    assert set(uploads.sweep(box).values()) == {0}
    # Then only the old one is gone
    with pytest.raises(GoneError):
        uploads.get_upload(box, SYSTEM, old.id)
    assert status(old.asset) == "awaiting_upload"
    assert len(uploads.get_upload(box, SYSTEM, running.id)["received"]) == 1
    assert box.storage.stat("masters", version_id) is not None
    assert AuditEntry.select().where(AuditEntry.action == "upload.expired").count() == 1
    running.promote()


def test_the_sweep_never_eats_masters_whatever_the_clock_says(
    sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise D10: the clock ten years on, masters stay."""
    one = sending(sqlite_box).presign()
    one.send_all()
    version_id = one.promote()["version_id"]
    monkeypatch.setattr("mam.services.upload_sweep.now", lambda: now() + timedelta(days=3650))
    uploads.sweep(sqlite_box)
    with sqlite_box.storage.open("masters", version_id) as stream:
        assert stream.read() == one.data


def test_the_sweep_removes_strays_but_nothing_young(sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    sqlite_box.storage.put("staging", "stray", io.BytesIO(b"x"), 1)
    assert uploads.sweep(sqlite_box)["strays"] == 0
    monkeypatch.setattr("mam.services.upload_sweep.now", lambda: now() + timedelta(hours=2))
    assert uploads.sweep(sqlite_box)["strays"] == 1
    assert files_below(sqlite_box.config.store) == set()


def test_uploads_without_a_row_go_and_running_ones_stay(
    sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Promise A7: killed between the store's `begin` and the commit, nothing of it stays for ever."""
    # Given an upload that runs, one whose beginner was killed before the commit, and one cut in its `begin`
    running = sending(sqlite_box, PART + 5).presign()
    running.send(1)
    store = sqlite_box.storage
    store.begin("nobody", 1000, PART)
    (sqlite_box.config.store / "uploads" / "cut.new").mkdir()
    # When the sweep passes, at once and two hours later
    assert uploads.sweep(sqlite_box)["strays"] == 0
    monkeypatch.setattr("mam.services.upload_sweep.now", lambda: now() + timedelta(hours=2))
    assert uploads.sweep(sqlite_box)["strays"] == 2
    # Then only the running one is there, and goes on
    assert len(list((sqlite_box.config.store / "uploads").iterdir())) == 1
    running.send(2)
    assert running.promote()["version_id"]


def test_what_the_sender_hashed_is_compared_too(box: Mam) -> None:
    # Given parts that are not what their sender hashed
    one = sending(box, 1000).presign()
    parts = one.send_all()
    with pytest.raises(ChecksumMismatchError):
        one.promote(sha256="0" * 64)
    # Then nothing was promoted; with the right hash it is
    assert not Version.select().exists()
    one.send_all()
    one.promote(parts=parts, sha256=hashlib.sha256(one.data).hexdigest().upper())
    assert Version.select().count() == 1
