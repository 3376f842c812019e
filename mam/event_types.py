"""The events that integrators hear of: every type by its stable name, who may hear it, what its data holds.

The list is a promise: a name never changes its meaning, and fields are only added. Pure knowledge; writes
nothing. `docs/webhooks.md` lists the same, held to it by a test.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass

PING = "webhook.ping"
"""The test event; it goes to the one webhook that asked for it."""

ALL = "*"
"""The pattern of every type."""


@dataclass(frozen=True)
class EventType:
    """One type. `right` is the action in the project that a listener needs; `fields` are its own data.

    Events of the box, which are of no project, are for administrators. `published` types come from
    `mam.services.events`, the others from the audit log's entry of the same name.
    """

    name: str
    right: str
    what: str
    fields: tuple[str, ...] = ()
    published: bool = False


def _of(
    right: str, *rows: tuple[str, str] | tuple[str, str, tuple[str, ...]], published: bool = False
) -> tuple[EventType, ...]:
    return tuple(EventType(row[0], right, row[1], row[2] if len(row) > 2 else (), published) for row in rows)  # noqa: PLR2004


_TITLE = ("title",)
_NOTE = ("frame", "internal", "comment_id")
_FILE = ("filename", "size")
_BATCH = ("batch_id", "operation", "state", "total", "done", "failed")
_SEEN = ("status", "playable", "percent", "error")

TYPES: tuple[EventType, ...] = (
    *_of(
        "project.read",
        ("project.created", "A project was made.", ("name",)),
        ("project.updated", "A project's name or description changed.", ("name",)),
        ("project.trashed", "A project was put into the trash."),
        ("project.restored", "A project came back from the trash."),
        ("project.handed_off", "A project was written out to be handed on.", ("number", "files")),
        ("member.set", "Somebody was given a role in a project.", ("user_id", "role")),
        ("member.removed", "Somebody left a project.", ("user_id",)),
        ("folder.created", "A folder was made.", ("folder_id", "name")),
        ("folder.updated", "A folder was renamed or moved.", ("folder_id", "name")),
        ("folder.deleted", "A folder was removed.", ("folder_id", "name")),
        ("tag.renamed", "A tag was renamed or merged.", ("name", "to", "assets")),
        ("tag.removed", "A tag was taken off everywhere.", ("name", "assets")),
        ("field.created", "A project has a new field.", ("field_id", "name", "type")),
        ("field.updated", "A project's field changed.", ("field_id", "name", "type")),
        ("field.deleted", "A project's field was taken away.", ("field_id", "name", "type")),
        ("field.purged", "A project's field was taken away with its values.", ("field_id", "name", "type")),
        ("field.restored", "A project's field came back.", ("field_id", "name", "type")),
        ("manifest.created", "A new generation of the ASC MHL manifest.", ("manifest_id", "number", "files")),
        ("manifest.received", "A manifest came in with its files.", ("manifest_id", "name", "files")),
    ),
    *_of(
        "asset.read",
        ("asset.created", "An asset was made; no byte of it need be there yet.", _TITLE),
        ("asset.updated", "An asset's title, tags, metadata or folder changed.", _TITLE),
        ("asset.trashed", "An asset was put into the trash.", _TITLE),
        ("asset.restored", "An asset came back from the trash.", _TITLE),
        ("asset.stacked", "Versions of another asset joined this one.", ("other_asset_id", "version_ids")),
        ("asset.unstacked", "Versions left this asset.", ("other_asset_id", "version_ids")),
        ("version.labelled", "A version was given a label.", ("number", "filename", "label")),
        ("version.made_current", "Another version is the current one.", ("number", "filename", "before")),
        ("version.removed", "A version was taken out of its asset.", ("number", "filename")),
        ("version.restored", "A version was put back.", ("number", "filename")),
        ("captions.added", "A version has new captions.", ("captions_id", "filename", "language")),
        ("captions.removed", "Captions were removed.", ("captions_id",)),
        ("proxy.requested", "A file to edit with was asked for.", ("recipe",)),
        ("proxy.removed", "A file to edit with was removed.", ("recipe",)),
        ("master.indexed", "A file was taken in where it lies.", ("size", "sha256")),
        ("master.verified", "A master was read again and is what it was."),
        ("master.damaged", "A master is not what it was: an alarm.", ("reason", "detail")),
        ("master.healed", "A damaged master was put right from a copy.", ("source",)),
        ("master.hold_set", "A legal hold was put on a master.", ("reason",)),
        ("master.hold_lifted", "A legal hold was lifted.", ("reason",)),
        ("copy.made", "A master has a further copy.", ("store",)),
        ("copy.damaged", "A copy of a master is not what it was: an alarm.", ("store", "reason")),
        ("copy.healed", "A damaged copy was put right.", ("store",)),
    ),
    *_of(
        "asset.write",
        ("upload.created", "An upload was begun.", ("upload_id", *_FILE)),
        ("upload.aborted", "An upload was broken off.", ("upload_id", "filename")),
        ("upload.expired", "An unfinished upload was removed.", ("upload_id",)),
        ("upload.refused", "Bytes did not match what was announced.", ("upload_id", *_FILE, "sha256")),
        ("upload.promoted", "An upload became a master.", ("upload_id", *_FILE, "sha256")),
        ("job.dead", "Work was given up after its last attempt.", ("job_id", "kind", "code", "detail")),
        ("job.retry", "An administrator had work done again.", ("job_id",)),
        ("job.cancel", "An administrator stopped work.", ("job_id",)),
        ("batch.finished", "A batch that changed something here is over.", _BATCH),
    ),
    *_of(
        "preview.read",
        ("version.created", "A version is there; its preview is queued.", ("status",)),
        ("version.described", "A version's technical facts are known.", ("status",)),
        ("version.playable", "A version's first rendition plays.", _SEEN),
        ("version.ready", "A version's preview is ready.", _SEEN),
        ("version.failed", "A version's preview cannot be made.", _SEEN),
        ("version.analysed", "A version was measured: loudness, black, freeze …", ("analysis",)),
        published=True,
    ),
    *_of(
        "comment.read",
        ("comment.created", "Somebody wrote a note.", _NOTE),
        ("comment.updated", "A note's words, place or drawing changed.", _NOTE),
        ("comment.deleted", "A note was deleted.", _NOTE),
        ("comment.restored", "A deleted note came back.", _NOTE),
        ("comment.resolved", "A note was ticked off.", _NOTE),
        ("comment.unresolved", "A note is open again.", _NOTE),
        ("comment.reacted", "Somebody reacted to a note.", ("comment_id", "name")),
        ("comment.unreacted", "A reaction was taken back.", ("comment_id", "name")),
        ("comment.attached", "A note has a new file.", ("comment_id", "file_id", *_FILE)),
        ("comment.detached", "A note's file was removed.", ("comment_id", "file_id", *_FILE)),
        ("comment.imported", "Notes came in from a file.", ("notes",)),
        ("comment.carried", "Open notes were carried to a newer version.", ("from_version_id", "notes")),
        ("review.requested", "A review was asked for.", ("status",)),
        ("review.changed", "A review's people, rule or date changed.", ("status",)),
        ("review.withdrawn", "A review was withdrawn.", ("status",)),
        ("review.decided", "Somebody approved or asked for changes.", ("status", "decision")),
    ),
    *_of(
        "share.manage",
        ("share.created", "A share link was made.", ("share_id",)),
        ("share.updated", "A share link changed.", ("share_id", "changed")),
        ("share.renewed", "A share link has a new address.", ("share_id",)),
        ("share.revoked", "A share link was ended.", ("share_id",)),
        ("share.opened", "A guest looked at something shared.", ("share_id",)),
        ("share.downloaded", "A guest took a file away.", ("share_id", "what")),
        ("share.refused", "A wrong password was given at a share link.", ("share_id",)),
    ),
    *_of(
        "member.manage",
        ("master.downloaded", "Somebody took a master away."),
        ("webhook.created", "A webhook was made.", ("webhook_id",)),
        ("webhook.updated", "A webhook changed.", ("webhook_id", "changed")),
        ("webhook.deleted", "A webhook was removed.", ("webhook_id",)),
        ("webhook.rotated", "A webhook has a new secret.", ("webhook_id",)),
        ("webhook.disabled", "A webhook failed for too long and was switched off.", ("webhook_id", "reason")),
    ),
    *_of(
        "box.admin",
        ("user.registered", "Somebody made an account.", ("user_id",)),
        ("user.added", "An administrator made an account.", ("user_id",)),
        ("user.updated", "An account's status, roles or name changed.", ("user_id",)),
        ("storage.lock_proven", "The stores' locks were tried.", ()),
        ("config.changed", "The box was started with another configuration.", ()),
        ("plugin.switched_off", "A plugin was switched off: by hand, or it failed.", ("plugin", "reason")),
        ("plugin.switched_on", "A plugin was switched on again.", ("plugin",)),
        ("plugin.configured", "A plugin's settings were changed on its page.", ("plugin", "fields")),
    ),
)
"""Every type there is."""

BY_NAME = {one.name: one for one in TYPES}


def is_pattern(text: str) -> bool:
    """Whether `text` names a type, every type (`*`), or all of one family (`comment.*`)."""
    families = {one.name.split(".")[0] for one in TYPES}
    return text == ALL or text in BY_NAME or (text.endswith(".*") and text[:-2] in families)


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether a type is among what the patterns name."""
    return any(pattern in (ALL, name) or fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
