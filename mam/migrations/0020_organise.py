"""Full-text search, tags as rows, fields of a project's own, saved collections, who moved what to the trash.

What is there already is indexed: titles, tags, metadata, file names, open notes, the words of files.
"""

import json

from peewee import *
from mam.models.base import UTCField
from mam.search_words import fold, line, name_line

_MARK = " \x1e "  # stood between what people wrote and what the file says
_MOST_NOTES = 2000
_LONGEST = 100_000
_BATCH = 200
SORTED = ("created_at", "updated_at", "title")  # PostgreSQL takes no order from an index behind IS NULL

FTS = """
CREATE VIRTUAL TABLE asset_fts USING fts5(title, labels, said, words, place,
    content='asset_search', content_rowid='id', tokenize='ascii', prefix='1 2 3')
"""
TRIGGERS = (
    """CREATE TRIGGER asset_search_in AFTER INSERT ON asset_search BEGIN
    INSERT INTO asset_fts(rowid, title, labels, said, words, place)
    VALUES (new.id, new.title, new.labels, new.said, new.words, new.place); END""",
    """CREATE TRIGGER asset_search_out AFTER DELETE ON asset_search BEGIN
    INSERT INTO asset_fts(asset_fts, rowid, title, labels, said, words, place)
    VALUES ('delete', old.id, old.title, old.labels, old.said, old.words, old.place); END""",
    """CREATE TRIGGER asset_search_change AFTER UPDATE OF title, labels, said, words, place ON asset_search BEGIN
    INSERT INTO asset_fts(asset_fts, rowid, title, labels, said, words, place)
    VALUES ('delete', old.id, old.title, old.labels, old.said, old.words, old.place);
    INSERT INTO asset_fts(rowid, title, labels, said, words, place)
    VALUES (new.id, new.title, new.labels, new.said, new.words, new.place); END""",
)
# The words stand between single blanks and are letters and digits only: their numbers are their places.
# 16 000 places are kept, 1 MB is the most that a vector may hold. Gaps keep phrases within one text.
VECTOR = """
CREATE FUNCTION mam_vector(VARIADIC texts text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(string_agg(quote_literal(word) || ':' || place, ' ' ORDER BY place), '')::tsvector FROM (
        SELECT word, LEAST(row_number() OVER (ORDER BY part, n) + (part - 1) * 8, 16383) AS place
        FROM unnest(texts) WITH ORDINALITY AS given(body, part),
        LATERAL unnest(string_to_array(trim(body), ' ')) WITH ORDINALITY AS found(word, n)
        WHERE word <> '' ORDER BY part, n LIMIT 60000
    ) AS placed
$$
"""
POSTGRESQL = (
    VECTOR,
    """CREATE TABLE asset_vector (
    id INTEGER PRIMARY KEY REFERENCES asset_search ON DELETE CASCADE,
    title tsvector NOT NULL, labels tsvector NOT NULL, everything tsvector NOT NULL)""",
    "CREATE INDEX asset_vector_title ON asset_vector USING gin (title)",
    "CREATE INDEX asset_vector_labels ON asset_vector USING gin (labels)",
    "CREATE INDEX asset_vector_everything ON asset_vector USING gin (everything)",
    """CREATE FUNCTION mam_asset_vector() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO asset_vector (id, title, labels, everything) VALUES (new.id, mam_vector(new.place, new.title),
        mam_vector(new.place, new.title, new.labels),
        mam_vector(new.place, new.title, new.labels, new.said, new.words))
    ON CONFLICT (id) DO UPDATE SET title = excluded.title, labels = excluded.labels,
        everything = excluded.everything;
    RETURN NULL; END $$""",
    """CREATE TRIGGER asset_search_vector
    AFTER INSERT OR UPDATE OF title, labels, said, words, place ON asset_search
    FOR EACH ROW EXECUTE FUNCTION mam_asset_vector()""",
)


def up(migrator, db):
    class User(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "user"

    class Project(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "project"

    class Asset(Model):
        id = CharField(primary_key=True, max_length=36)

        class Meta:
            database = db
            table_name = "asset"

    class AssetSearch(Model):
        id = AutoField()
        asset = ForeignKeyField(Asset, unique=True, on_delete="CASCADE")
        place = CharField(max_length=40)
        title = TextField(default="")
        labels = TextField(default="")
        said = TextField(default="")
        words = TextField(default="")
        text = TextField(default="")

        class Meta:
            database = db
            table_name = "asset_search"

    class AssetTag(Model):
        asset = ForeignKeyField(Asset, on_delete="CASCADE")
        name = CharField(max_length=100)
        project = ForeignKeyField(Project, on_delete="CASCADE")
        folded = CharField(max_length=200)

        class Meta:
            database = db
            table_name = "asset_tag"
            primary_key = CompositeKey("asset", "name")
            indexes = ((("project", "name"), False), (("name", "asset"), False), (("folded",), False))

    class CustomField(Model):
        id = CharField(primary_key=True, max_length=36)
        project = ForeignKeyField(Project, on_delete="CASCADE")
        key = CharField(max_length=64)
        name = CharField(max_length=200)
        type = CharField(max_length=16)
        options = TextField(default="[]")
        position = IntegerField(default=0)
        created_at = UTCField()
        deleted_at = UTCField(null=True)

        class Meta:
            database = db
            table_name = "custom_field"
            indexes = ((("project", "key"), True),)

    class FieldValue(Model):
        id = AutoField()
        asset = ForeignKeyField(Asset, on_delete="CASCADE")
        field = ForeignKeyField(CustomField, on_delete="CASCADE")
        text = CharField(max_length=300)
        number = FloatField(null=True)

        class Meta:
            database = db
            table_name = "field_value"
            indexes = ((("field", "text"), False), (("field", "number"), False))

    class Collection(Model):
        id = CharField(primary_key=True, max_length=36)
        project = ForeignKeyField(Project, on_delete="CASCADE")
        owner = ForeignKeyField(User, null=True, on_delete="CASCADE")
        name = CharField(max_length=200)
        filter = TextField(default="{}")
        created_by = ForeignKeyField(User, null=True, on_delete="SET NULL")
        created_at = UTCField()
        updated_at = UTCField()

        class Meta:
            database = db
            table_name = "collection"
            indexes = ((("project", "name", "id"), False),)

    db.create_tables([AssetSearch, AssetTag, CustomField, FieldValue, Collection])
    migrator.migrate(
        migrator.add_column("asset", "deleted_by", CharField(null=True, max_length=36)),
        *(migrator.add_index("asset", ("project_id", name, "id"), False) for name in SORTED),
    )
    sqlite = isinstance(db, SqliteDatabase)
    for statement in (FTS, *TRIGGERS) if sqlite else POSTGRESQL:
        db.execute_sql(statement)
    _index(db, AssetSearch, AssetTag)
    migrator.migrate(migrator.drop_column("asset", "search_text"))


def _index(db, search, tag):
    after = ""
    while True:
        rows = _rows(
            db,
            "SELECT id, project_id, title, tags, metadata, search_text FROM asset "
            f"WHERE id > ? ORDER BY id LIMIT {_BATCH}",
            after,
        )
        if not rows:
            return
        after = rows[-1][0]
        search.insert_many([_found(db, *row) for row in rows]).execute()
        tags = [
            {"asset": row[0], "project": row[1], "name": name[:100], "folded": fold(name)[:200]}
            for row in rows
            for name in dict.fromkeys(one[:100] for one in json.loads(row[3]))
        ]
        for first in range(0, len(tags), 200):
            tag.insert_many(tags[first : first + 200]).execute()


def _found(db, asset, project, title, tags, metadata, text):
    names = [row[0] for row in _rows(db, "SELECT filename FROM version WHERE asset_id = ?", asset)]
    notes = _rows(
        db,
        "SELECT body FROM comment WHERE asset_id = ? AND deleted_at IS NULL AND NOT internal "
        f"ORDER BY id DESC LIMIT {_MOST_NOTES}",
        asset,
    )
    text = text.partition(_MARK)[2]
    return {
        "asset": asset,
        "place": "_" + project.replace("-", ""),
        "title": name_line([title]),
        "labels": name_line(names) + line([*json.loads(tags), *_texts(json.loads(metadata))]),
        "said": line([" ".join(row[0] for row in notes)[:_LONGEST]]),
        "words": line([text]),
        "text": text,
    }


def _rows(db, sql, *values):
    return db.execute_sql(sql.replace("?", db.param), values).fetchall()


def _texts(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif value is not None:
        yield str(value)


def down(migrator, db):
    sqlite = isinstance(db, SqliteDatabase)
    migrator.migrate(migrator.add_column("asset", "search_text", TextField(default="")))
    migrator.migrate(
        *(migrator.drop_index("asset", f"asset_project_id_{name}_id") for name in SORTED),
        migrator.drop_column("asset", "deleted_by"),
    )
    db.execute_sql("DROP TABLE asset_fts" if sqlite else "DROP TABLE asset_vector")
    for name in ("collection", "field_value", "custom_field", "asset_tag", "asset_search"):
        migrator.migrate(migrator.drop_table(name))
    if not sqlite:
        db.execute_sql("DROP FUNCTION mam_asset_vector()")
        db.execute_sql("DROP FUNCTION mam_vector(VARIADIC text[])")
