"""A disk that fills up stops previews, then uploads, in a sentence each; what is there can be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from upload_steps import sending

from mam.core import Mam
from mam.errors import StorageFullError, StorageUnreachableError
from mam.models import Asset, Upload, Version
from mam.services import health, pressure

FAR = 1 << 62
"""More bytes free than any disk has."""


def pressed(mam: Mam, **limits: int) -> Mam:
    storage = replace(
        mam.config.storage, **{"warn_bytes": 1, "previews_bytes": 1, "uploads_bytes": 1, **limits}
    )
    return replace(mam, config=replace(mam.config, storage=storage))


def test_each_stage_stops_what_it_says_and_reading_goes_on(sqlite_box: Mam) -> None:
    # Given a master
    sent = sending(sqlite_box).presign()
    sent.send_all()
    sent.promote()
    version = Version.select().get()
    # When there is room, then all is taken
    well = pressed(sqlite_box)
    assert pressure.stage(well) == ""
    pressure.admit_upload(well)
    pressure.admit_preview(well)
    # When the disk fills up, then one thing after the other is stopped, the page says which
    for limits, stage in (
        ({"warn_bytes": FAR}, "warn"),
        ({"warn_bytes": FAR, "previews_bytes": FAR}, "previews"),
        ({"warn_bytes": FAR, "previews_bytes": FAR, "uploads_bytes": FAR}, "uploads"),
    ):
        mam = pressed(sqlite_box, **limits)
        assert pressure.stage(mam) == stage
        told = health.check(mam)["checks"]["disk"]
        assert (told["status"], told["detail"]) == ("degraded", pressure.SENTENCES[stage])
        if stage == "warn":
            pressure.admit_preview(mam)
        else:
            with pytest.raises(StorageUnreachableError, match="previews wait"):
                pressure.admit_preview(mam)
        if stage != "uploads":
            pressure.admit_upload(mam)
    # And an upload is refused before it has a row, while the master can be read
    before = Upload.select().count()
    with pytest.raises(StorageFullError, match="new uploads are refused"):
        sending(mam, asset=Asset.select().get()).presign()
    assert Upload.select().count() == before
    with mam.storage.open("masters", version.master_key) as stream:
        assert stream.read() == sent.data


def test_by_itself_it_goes_by_the_size_of_the_disk(sqlite_box: Mam) -> None:
    assert pressure.thresholds(sqlite_box, 100 << 20) == {
        "warn": 10 << 20, "previews": 3 << 20, "uploads": 1 << 20,
    }  # fmt: skip
    assert pressure.thresholds(sqlite_box, 100 << 40) == {
        "warn": 20 << 30, "previews": 5 << 30, "uploads": 1 << 30,
    }  # fmt: skip
    assert pressure.thresholds(pressed(sqlite_box, uploads_bytes=7), 100 << 40)["uploads"] == 7
