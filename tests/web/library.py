"""A project with something of everything in it, made through the services."""

from __future__ import annotations

from dataclasses import dataclass

from mam.core import Mam
from mam.ids import new_id
from mam.models import (
    ApiKey,
    Asset,
    Batch,
    BatchItem,
    Comment,
    Event,
    Job,
    Passkey,
    ProjectRole,
    Rendition,
    Share,
    Upload,
    Version,
    Webhook,
    WebhookDelivery,
    WorkerNode,
    WorkerToken,
    now,
)
from mam.services import assets, collections, fields, folders, projects, sessions
from mam.types import Actor


@dataclass
class Library:
    """Ids of one of each."""

    project_id: str
    folder_id: str
    asset_id: str
    version_id: str
    upload_id: str
    job_id: str
    user_id: str
    comment_id: str
    share_id: str
    field_id: str
    collection_id: str
    key_id: str
    session_id: str
    passkey_id: str
    invitation_id: str
    webhook_id: str
    delivery_id: str
    batch_id: str
    organisation_id: str
    role_id: str
    worker_id: str
    token_id: str


def actor_of(mam: Mam, token: str) -> Actor:
    """Whoever holds the token."""
    return sessions.actor_from_token(mam, token)


def make_library(mam: Mam, actor: Actor) -> Library:
    """A project of `actor` with a folder, an asset, a ready version, an open upload and a job."""
    project = projects.create_project(mam, actor, name="Rushes")
    folder = folders.create_folder(mam, actor, project["id"], name="Day 1")
    asset = assets.create_asset(
        mam,
        actor,
        project_id=project["id"],
        folder_id=folder["id"],
        title="A001",
        metadata={"scene": "7"},
        tags=["rushes"],
    )
    version = make_version(asset["id"])
    upload = Upload.create(
        asset=asset["id"], user=actor.user_id, filename="a.mov", size=10, part_size=16 << 20,
        staging_key=new_id(), store_ref="none", version_id=new_id(), expires_at=now(),
    )  # fmt: skip
    job = Job.create(
        kind="render", queue="render", version_id=version.id, project_id=project["id"], state="dead"
    )
    note = Comment.create(
        asset=asset["id"], version=version.id, author=actor.user_id, frame=0, body="Whose hand is that?"
    )
    share = Share.create(project=project["id"], kind="project", token_hash=new_id())
    field = fields.create_field(mam, actor, project["id"], name="Reel", kind="text")
    saved = collections.create_collection(
        mam, actor, project["id"], name="Films", wanted={"kind": "video"}, shared=True
    )
    key = ApiKey.create(
        user=actor.user_id, name="Ingest", prefix=new_id()[-10:], secret_hash="", expires_at=now()
    )
    hook = Webhook.create(
        project=project["id"], url="https://hooks.example.org/", events=["*"], key_id="none"
    )
    event = Event.create(
        seq=(1 << 40) + Event.select().count(), id=new_id(), type="project.created", at=now(),
        project_id=project["id"], right="project.read",
        body='{"id":"e","type":"project.created","timestamp":"t","data":{}}',
    )  # fmt: skip
    delivery = WebhookDelivery.create(webhook=hook.id, event=event.seq, state="dead")
    passkey = Passkey.create(user=actor.user_id, name="Phone", credential=new_id(), public_key="")
    batch = Batch.create(user=actor.user_id, operation="tag", total=1, done=1, state="done", job_id=new_id())
    BatchItem.create(batch=batch.id, place=0, target=asset["id"], state="done", result_id=asset["id"])
    role = ProjectRole.create(key=new_id()[-10:], name=f"Colourist {new_id()[-10:]}", actions=["asset.read"])
    worker = WorkerNode.create(key=new_id(), host="render1", joined_at=now())
    token = WorkerToken.create(token_hash=new_id(), expires_at=now())
    return Library(
        project["id"], folder["id"], asset["id"], version.id, upload.id, job.id, str(actor.user_id), note.id,
        share.id, field["id"], saved["id"], key.id, str(actor.session_id), passkey.id, new_id(),
        hook.id, delivery.id, batch.id, project["organisation_id"], role.id, worker.id, token.id,
    )  # fmt: skip


def make_version(asset_id: str, number: int = 1, **more: object) -> Version:
    """A version whose preview is ready with two rungs, an audio track and a poster."""
    generation = new_id()
    values = {
        "filename": f"take_{number}.mov", "size": 1000, "sha256": "0" * 64, "xxh128": "0" * 32,
        "master_key": new_id(), "locked": True, "preview_status": "ready", "preview_playable": True,
        "preview_percent": 100, "preview_generation": generation, **more,
    }  # fmt: skip
    version = Version.create(asset=asset_id, number=number, **values)
    for name, kind, height in (("360", "video", 360), ("720", "video", 720), ("audio0", "audio", None)):
        Rendition.create(
            version=version.id, generation=generation, name=name, kind=kind, status="ready", height=height
        )
    Rendition.create(version=version.id, generation=generation, name="poster", kind="poster", status="ready")
    Asset.update(current_version_id=version.id, status="ready", kind="video").where(
        Asset.id == asset_id
    ).execute()
    return version
