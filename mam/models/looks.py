"""Tables of what pictures and films look like: perceptual hashes, and the pieces they are found by."""

from __future__ import annotations

from peewee import AutoField, BlobField, CharField, CompositeKey, FloatField, ForeignKeyField, IntegerField

from mam.models.base import Table, UTCField, now
from mam.models.library import Version


class Fingerprint(Table):
    """The perceptual hashes of a version: one of a picture, one every `step` seconds of a film.

    `hashes` are 64 bits each, big-endian; 0 stands for a moment with nothing to see. `recipe` numbers the way
    they were made: only those of one recipe are compared.
    """

    id = AutoField()
    version = ForeignKeyField(Version, unique=True, backref="fingerprints", on_delete="CASCADE")
    version_id: str
    kind = CharField(16)
    recipe = IntegerField()
    step = FloatField(default=0)
    duration = FloatField(default=0)
    hashes = BlobField()
    created_at = UTCField(default=now)


class FingerprintBand(Table):
    """A quarter of a hash, by which fingerprints that share it are found.

    `fingerprint` is an id without a constraint: some millions of rows need no second index; one whose
    fingerprint is gone finds nothing.
    """

    key = IntegerField()
    fingerprint = IntegerField()

    class Meta:
        """A key finds its fingerprints in one place of the table's own order."""

        primary_key = CompositeKey("key", "fingerprint")
