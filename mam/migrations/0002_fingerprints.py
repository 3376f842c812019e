"""What a picture or film looks like, to find its look-alikes; what is to become of a master that is there twice."""

from peewee import *
from mam.models.base import UTCField


def up(migrator, db):
    class Version(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "version"

    class Fingerprint(Model):
        id = AutoField()
        version = ForeignKeyField(Version, unique=True, on_delete="CASCADE")
        kind = CharField(max_length=16)
        recipe = IntegerField()
        step = FloatField(default=0)
        duration = FloatField(default=0)
        hashes = BlobField()
        created_at = UTCField()

        class Meta:
            database = db
            table_name = "fingerprint"

    db.create_tables([Fingerprint])

    class FingerprintBand(Model):
        key = IntegerField()
        fingerprint = IntegerField()

        class Meta:
            database = db
            table_name = "fingerprint_band"
            primary_key = CompositeKey("key", "fingerprint")

    db.create_tables([FingerprintBand])
    migrator.migrate(migrator.add_column("upload", "duplicates", CharField(null=True, max_length=8)))
    migrator.migrate(migrator.add_column("upload", "turn", CharField(null=True, max_length=64)))
    migrator.migrate(migrator.add_index("upload", ("turn",), True))


def down(migrator, db):
    migrator.migrate(migrator.drop_index("upload", "upload_turn"))
    migrator.migrate(migrator.drop_column("upload", "turn"))
    migrator.migrate(migrator.drop_column("upload", "duplicates"))
    migrator.migrate(migrator.drop_table("fingerprint_band"))
    migrator.migrate(migrator.drop_table("fingerprint"))
