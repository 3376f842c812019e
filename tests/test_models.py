"""The tables on both databases."""

from datetime import UTC, datetime

from mam import models
from mam.core import Mam
from mam.models.schema import pending_migrations


def test_migrated_schema_takes_rows_and_gives_them_back(box: Mam) -> None:
    # Given a box whose database was made by the migrations
    assert box.config.database_url
    assert pending_migrations_is_empty()
    # When a project with odd values is written
    at = datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
    user = models.User.create(email="a@example.org", display_name="Ä\u202e", created_at=at)
    project = models.Project.create(name="Rushes", created_by=user)
    asset = models.Asset.create(project=project, title="x", metadata={"reel": ["A003"]}, tags=["day"])
    # Then the same values are read, times in UTC to the microsecond
    assert models.User.get_by_id(user.id).created_at == at
    assert models.Asset.get_by_id(asset.id).metadata == {"reel": ["A003"]}


def pending_migrations_is_empty() -> bool:
    models.database.close()
    try:
        return pending_migrations() == []
    finally:
        models.database.connect()
