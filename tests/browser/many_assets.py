"""Thousands of assets at once: rows straight into a box's SQLite file; no test could upload them."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from mam.ids import new_id
from mam.models import Asset, Version
from mam.services.shapes import NO_MEDIA

HASH = "LEHV6nWB2yk8pyo0adR*.7kCMdnj"
"""A BlurHash; every card draws it."""


def insert_assets(data: Path, project_id: str, count: int) -> list[str]:
    """Assets `take 00000`, `take 00001`, … each with a version that has a picture's colours; their ids."""
    start = time.time_ns() // 1000 - count
    media = {**NO_MEDIA, "duration": 12.5, "width": 1920, "height": 1080}
    asset = _columns(Asset(project=project_id, kind="video", status="ready"))
    version = _columns(
        Version(
            number=1, filename="a.mov", size=10**9, sha256="a" * 64, xxh128="b" * 32, media=media,
            blurhash=HASH, preview_status="unsupported",
        )
    )  # fmt: skip
    assets, versions = [], []
    for number in range(count):
        one, its, moment = new_id(), new_id(), start + number
        when = {"created_at": moment, "updated_at": moment}
        assets.append({**asset, **when, "id": one, "title": f"take {number:05}", "current_version_id": its})
        versions.append({**version, "created_at": moment, "id": its, "asset_id": one, "master_key": its})
    with closing(sqlite3.connect(data / "mam.db", timeout=60)) as db, db:
        for table, rows in (("asset", assets), ("version", versions)):
            names = ", ".join(rows[0])
            marks = ", ".join(f":{name}" for name in rows[0])
            db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608 - our own
    return [row["id"] for row in assets]


def _columns(row: Asset | Version) -> dict[str, Any]:
    """The columns of a row that is not stored yet, with the models' own defaults."""
    fields = type(row)._meta.sorted_fields  # noqa: SLF001 - peewee's documented Meta
    return {field.column_name: field.db_value(row.__data__.get(field.name)) for field in fields}
