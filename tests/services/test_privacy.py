"""One person's data: all of it in a zip, or gone, while notes and the audit chain stay."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, UnauthorizedError, ValidationError
from mam.ids import new_id
from mam.models import ApiKey, Asset, Comment, Member, Project, Session, User, Version
from mam.services import accounts, audit_check, privacy, sessions
from mam.types import SYSTEM, Actor

PASSWORD = "correct horse battery staple"


@pytest.fixture
def ana(box: Mam) -> User:
    """Somebody with a login, a place in a project, a note and a master; and an administrator beside."""
    accounts.add_user(box, email="admin@example.org", name="Admin", password=PASSWORD, admin=True)
    user = accounts.add_user(box, email="ana@example.org", name="Ana Example", password=PASSWORD)
    sessions.login(box, email="ana@example.org", password=PASSWORD)
    project = Project.create(name="P")
    Member.create(project=project, user=user["id"], role="editor")
    asset = Asset.create(project=project, title="Film")
    version = Version.create(
        asset=asset, number=1, filename="a.mov", size=5, sha256="0" * 64, xxh128="0" * 32,
        master_key=new_id(), created_by=user["id"],
    )  # fmt: skip
    Comment.create(asset=asset, version=version, author=user["id"], body="Too dark")
    return User.get_by_id(user["id"])


def test_everything_about_a_person_is_in_the_zip(box: Mam, ana: User) -> None:
    """Given a person, when exported, then account, notes, files and audit are there and no secret is."""
    packed = zipfile.ZipFile(io.BytesIO(b"".join(privacy.export(box, SYSTEM, ana.id))))
    assert packed.testzip() is None
    person = json.loads(packed.read("person.json"))
    assert (person["email"], person["projects"][0]["role"]) == ("ana@example.org", "editor")
    assert len(person["sessions"]) == 1
    assert json.loads(packed.read("notes.jsonl"))["body"] == "Too dark"
    assert json.loads(packed.read("files.jsonl"))["filename"] == "a.mov"
    assert b"login.succeeded" in packed.read("audit.jsonl")
    assert b"hash" not in b"".join(packed.read(name) for name in packed.namelist())


def test_an_erased_person_cannot_be_named_and_the_rest_stays(box: Mam, ana: User) -> None:
    """Given a person, when erased, then ways in and names go; notes, masters and the chain stay."""
    told = privacy.plan(box, SYSTEM, ana.id)
    assert (told["done"], told["kept_notes"], told["removed"]["session"]) == (False, 1, 1)
    assert User.get_by_id(ana.id).email == "ana@example.org"
    assert privacy.erase(box, SYSTEM, ana.id, email="ANA@example.org")["done"]
    row = User.get_by_id(ana.id)
    assert (row.display_name, row.status, row.password_hash) == (privacy.ERASED, "disabled", None)
    assert "ana" not in row.email
    for table in (Session, ApiKey, Member):
        assert not table.select().where(table.user == ana.id).exists()
    assert Comment.get(Comment.author == ana.id).body == "Too dark"
    assert audit_check.state(box, SYSTEM)["holds"]
    with pytest.raises(UnauthorizedError):
        sessions.login(box, email="ana@example.org", password=PASSWORD)
    with pytest.raises(ConflictError, match="already"):
        privacy.plan(box, SYSTEM, ana.id)


def test_who_may_not_be_erased(box: Mam, ana: User) -> None:
    """Given the last administrator, a wrong address, oneself or a member who asks, then nothing changes."""
    admin = accounts.find_user(box, "admin@example.org")
    with pytest.raises(ConflictError, match="last administrator"):
        privacy.erase(box, SYSTEM, admin, email="admin@example.org")
    with pytest.raises(ValidationError, match="confirm"):
        privacy.erase(box, SYSTEM, ana.id, email="ben@example.org")
    accounts.update_user(box, SYSTEM, ana.id, roles=["admin", "member"])
    with pytest.raises(ConflictError, match="yourself"):
        privacy.erase(box, Actor(admin, roles=("admin",)), admin, email="admin@example.org")
    for call in (privacy.plan, lambda *given: next(privacy.export(*given))):
        with pytest.raises(ForbiddenError):
            call(box, Actor(ana.id, roles=("member",)), ana.id)
    assert User.get_by_id(ana.id).display_name == "Ana Example"
