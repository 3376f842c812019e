"""The machines that work for a box, and the tokens by which they join."""

from peewee import *
from mam.models.base import JSONField
from mam.models.base import UTCField


def up(migrator, db):
    class WorkerNode(Model):
        id = CharField(primary_key=True, max_length=36)
        key = CharField(max_length=200, unique=True)
        host = CharField(max_length=200)
        facts = JSONField(default=dict)
        seen_at = UTCField(null=True)
        joined_at = UTCField(null=True)
        drained_at = UTCField(null=True)
        removed_at = UTCField(null=True)
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "worker_node"

    class WorkerToken(Model):
        id = CharField(primary_key=True, max_length=36)
        token_hash = CharField(max_length=64, unique=True)
        made_by = CharField(max_length=36, null=True)
        created_at = UTCField()
        expires_at = UTCField()
        used_at = UTCField(null=True)
        revoked_at = UTCField(null=True)
        node_id = CharField(max_length=36, null=True)

        class Meta:
            database = db
            table_name = "worker_token"

    db.create_tables([WorkerNode, WorkerToken])
