"""Tables of the machines that work for a box: which there are, and the tokens by which others join."""

from __future__ import annotations

from peewee import CharField

from mam.ids import new_id
from mam.models.base import JSONField, Table, UTCField, now


class WorkerNode(Table):
    """A machine on which workers run. `key` is its own id where it joined by a token, else its host name.

    `facts` is what it last said of itself. `drained_at` keeps it from new jobs, `removed_at` from working.
    """

    id = CharField(36, primary_key=True, default=new_id)
    key = CharField(200, unique=True)
    host = CharField(200)
    facts = JSONField(default=dict)
    seen_at = UTCField(null=True)
    joined_at = UTCField(null=True)
    drained_at = UTCField(null=True)
    removed_at = UTCField(null=True)
    created_at = UTCField(default=now)


class WorkerToken(Table):
    """A one-time token by which a machine joins; only its hash is stored. `made_by` is a user's id."""

    id = CharField(36, primary_key=True, default=new_id)
    token_hash = CharField(64, unique=True)
    made_by = CharField(36, null=True)
    created_at = UTCField(default=now)
    expires_at = UTCField()
    used_at = UTCField(null=True)
    revoked_at = UTCField(null=True)
    node_id = CharField(36, null=True)
