"""The audit log becomes a chain: what was recorded so far is numbered without gaps, hashed and linked.

Carries its own copy of the encoding, for history does not change when the code does.
"""

import hashlib
import json

from peewee import *
from mam.models.base import UTCField

FIELDS = (
    "seq",
    "at",
    "action",
    "actor_id",
    "actor_name",
    "subject_kind",
    "subject_id",
    "project_id",
    "address",
    "request_id",
    "data",
    "bytes",
)
GENESIS = hashlib.sha256(b"mam audit chain 1").hexdigest()


def up(migrator, db):
    migrator.migrate(
        migrator.add_column("audit_entry", "prev", CharField(max_length=64, default="")),
        migrator.add_column("audit_entry", "hash", CharField(max_length=64, default="")),
    )

    class AuditHead(Model):
        id = IntegerField(primary_key=True, default=1)
        seq = IntegerField(default=0)
        hash = CharField(max_length=64, default="")
        key_id = CharField(max_length=32, default="")
        signature = CharField(max_length=128, default="")
        anchored_seq = IntegerField(default=0)
        anchored_at = UTCField()

        class Meta:
            database = db
            table_name = "audit_head"

    db.create_tables([AuditHead])
    seq, last = chained(db)
    AuditHead.insert(id=1, seq=seq, hash=last, anchored_seq=0, anchored_at=0).execute()


def chained(db):
    """Link every entry that is there; answers the last number and hash."""
    mark = db.param
    names = ", ".join(f'"{name}"' for name in FIELDS)
    read = f'SELECT {names} FROM "audit_entry" WHERE "seq" > {mark} ORDER BY "seq" LIMIT 500'
    write = f'UPDATE "audit_entry" SET "seq" = {mark}, "prev" = {mark}, "hash" = {mark} WHERE "seq" = {mark}'
    seq, prev, old = 0, GENESIS, -1
    while rows := db.execute_sql(read, (old,)).fetchall():
        for row in rows:
            seq, old = seq + 1, row[0]
            values = [seq, *row[1:]]
            values[10] = json.dumps(
                json.loads(row[10]), ensure_ascii=False, sort_keys=True, separators=(",", ":")
            )
            digest = hashed(prev, values)
            db.execute_sql(write, (seq, prev, digest, old))
            prev = digest
    return seq, prev


def hashed(prev, values):
    parts = [b"mam audit entry 1", bytes.fromhex(prev)]
    parts += [b"" if value is None else b"=" + str(value).encode() for value in values]
    return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()
