"""The quota of a project: what counts, what is refused, and that a race gets nothing more."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from upload_steps import Sending, files_below, make_asset, sending

from mam import models
from mam.core import Mam
from mam.errors import MamError, QuotaExceededError
from mam.models import Asset, Upload, Version
from mam.services import quota, uploads
from mam.types import SYSTEM

SIZE = 100_000


def limit(mam: Mam, size: int) -> Mam:
    """The same box with a quota."""
    config = replace(mam.config, uploads=replace(mam.config.uploads, quota_bytes=size))
    return replace(mam, config=config)


def test_twenty_uploads_at_once_into_room_for_three(box: Mam) -> None:
    """Promise A9: 20 parallel uploads, quota for 3: 3 stored, 17 refused by name, nothing in staging."""
    # Given a project with room for three files, and twenty assets in it
    mam = limit(box, 3 * SIZE + SIZE // 2)
    first = make_asset()
    assets = [first, *(Asset.create(project=first.project_id, title=str(n)) for n in range(19))]
    together = threading.Barrier(20)
    outcomes: list[str] = []

    def send(number: int) -> None:
        one = sending(mam, SIZE, assets[number])
        together.wait(90)
        outcomes.append(in_parts(one) if number % 2 else whole(mam, one))

    # When all twenty are sent at the same moment, half of them in one piece
    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    # Then three are stored and the others are told why
    assert sorted(outcomes) == ["quota_exceeded"] * 17 + ["stored"] * 3
    assert Version.select().count() == Upload.select().count() == 3
    assert quota.used_bytes(first.project_id) == 3 * SIZE
    kept = files_below(mam.config.store)
    assert len(kept) == 6
    assert all(name.startswith("masters/") for name in kept)
    assert sum(Asset.get_by_id(one.id).status == "awaiting_upload" for one in assets) == 17


def in_parts(one: Sending) -> str:
    """Send a file in parts; how it ended."""
    try:
        with models.database.connection_context():
            one.presign()
            one.send_all()
            one.promote()
    except MamError as error:
        return error.error_code
    return "stored"


def whole(mam: Mam, one: Sending) -> str:
    """Send a file in one piece; how it ended."""
    given = {"filename": "a.bin", "content_type": None, "size": SIZE, "body": iter([one.data])}
    try:
        uploads.receive(mam, SYSTEM, one.asset.id, **given)
    except MamError as error:
        return error.error_code
    return "stored"


def test_room_comes_back_with_an_upload_that_is_given_up(box: Mam) -> None:
    # Given a project that one unfinished upload fills
    mam = limit(box, SIZE)
    one = sending(mam, SIZE).presign()
    with pytest.raises(QuotaExceededError, match="not finished count"):
        sending(mam, 1, one.asset).presign()
    # When it is aborted
    uploads.abort(mam, SYSTEM, one.id)
    # Then there is room for another, and other projects never were in the way
    assert sending(mam, SIZE, one.asset).presign().id
    assert sending(mam, SIZE).presign().id


def test_what_has_no_bytes_of_its_own_does_not_count(box: Mam) -> None:
    # Given a project whose quota one master fills to a half
    mam = limit(box, 2 * SIZE)
    one = sending(mam, SIZE).presign()
    one.send_all()
    one.promote()
    # When its bytes come again and are linked to it
    again = sending(mam, SIZE, Asset.create(project=one.asset.project_id, title="again"))
    again.data = one.data
    again.presign(duplicates="link")
    again.send_all()
    again.promote()
    # Then they take no room
    assert Version.select().count() == 2
    assert quota.used_bytes(one.asset.project_id) == SIZE


def test_without_a_quota_nothing_is_counted(sqlite_box: Mam) -> None:
    assert sqlite_box.config.uploads.quota_bytes == 0
    sending(sqlite_box, 10).presign()
