"""A version with its preview made, and a drawing to burn into its stills."""

from __future__ import annotations

import hashlib
import io

import xxhash

from mam.core import Mam
from mam.ids import new_id
from mam.models import Asset, Job, Project, Version
from mam.services import jobs, previews
from mam.types import SYSTEM

BOX = {"kind": "box", "color": "#00ff00", "width": 0.03, "from": [0.25, 0.25], "to": [0.75, 0.75]}
DRAWN = {"version": 1, "shapes": [BOX]}


def ready(mam: Mam, data: bytes, name: str) -> Version:
    """A version of that master with its preview made."""
    version_id = new_id()
    asset = Asset.create(project=Project.create(name="Rushes"), title=name, status="processing")
    mam.storage.put("masters", version_id, io.BytesIO(data), len(data))
    Asset.update(current_version_id=version_id).where(Asset.id == asset.id).execute()
    Version.create(
        id=version_id, asset=asset, number=1, filename=name, size=len(data), master_key=version_id,
        sha256=hashlib.sha256(data).hexdigest(), xxh128=xxhash.xxh3_128_hexdigest(data),
    )  # fmt: skip
    previews.request(mam, SYSTEM, version_id)
    while (version := Version.get_by_id(version_id)).preview_status in ("queued", "processing"):
        jobs.run(mam, Job.select().where(Job.state == "queued").order_by(Job.created_at).first().id)
    assert version.preview_status == "ready"
    return Version.get_by_id(version_id)
