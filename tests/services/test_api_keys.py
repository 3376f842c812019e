"""API keys: less than their owner, hashed, gone at once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from mam import revocations
from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, UnauthorizedError, ValidationError
from mam.models import ApiKey, AuditEntry, Session, User, now
from mam.services import access, accounts, api_keys, assets, projects, sessions
from mam.services.asset_filter import Filter, where
from mam.services.proof import ProofNeededError
from mam.types import SYSTEM, Actor

WORD = "correct horse battery"


def _person(box: Mam, name: str, *, admin: bool = False) -> Actor:
    accounts.add_user(box, email=f"{name}@x.y", name=name, password=WORD, admin=admin)
    token = sessions.login(box, email=f"{name}@x.y", password=WORD)["access_token"]
    return sessions.actor_from_token(box, token)


def _key(box: Mam, actor: Actor, *scopes: str, **more: Any) -> tuple[dict[str, Any], Actor]:
    made = api_keys.create(box, actor, name="Ingest", scopes=scopes, **more)
    return made, api_keys.actor_from_key(box, made["key"])


def _listed(box: Mam, actor: Actor) -> set[str]:
    return {one["id"] for one in assets.list_assets(box, actor)["items"]}


def test_a_key_is_told_once_and_kept_hashed(box: Mam) -> None:
    # Given somebody who makes a key
    ada = _person(box, "ada")
    made, actor = _key(box, ada, "asset.read")
    # Then it looks like ours, names its owner, and is stored nowhere as it is
    assert re.fullmatch(r"mam_[A-Za-z0-9]{10}_[A-Za-z0-9_-]{43}", made["key"])
    assert made["key"].startswith(made["prefix"])
    assert (actor.user_id, actor.session_id, actor.roles) == (ada.user_id, None, ("member",))
    kept = str(list(ApiKey.select().dicts())) + str(list(AuditEntry.select().dicts()))
    assert made["key"][15:] not in kept
    # And the list shows all but the secret, with its use
    (shown,) = api_keys.list_keys(box, ada)["items"]
    assert shown == {**{name: value for name, value in made.items() if name != "key"}, **_used(shown)}
    assert shown["last_used_at"] is not None
    # And nothing else is taken for it
    for wrong in (
        made["key"][:-1],
        made["key"] + "x",
        made["key"].swapcase(),
        "mam_",
        "mam_\x00",
        made["prefix"],
    ):
        with pytest.raises(UnauthorizedError):
            api_keys.actor_from_key(box, wrong)


def _used(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown[name] for name in ("last_used_at", "last_address")}


def test_a_key_narrows_and_never_widens(box: Mam) -> None:
    # Given two projects of ada's, one of ben's, and keys for reading: everywhere, and in one project
    ada, ben = _person(box, "ada"), _person(box, "ben")
    first, second = (projects.create_project(box, ada, name=name)["id"] for name in ("A", "B"))
    foreign = projects.create_project(box, ben, name="C")["id"]
    made = {one: assets.create_asset(box, ada, project_id=one, title="x")["id"] for one in (first, second)}
    _made, wide = _key(box, ada, "asset.read", "project.read")
    _made, narrow = _key(box, ada, "asset.read", "box.admin", project_id=first)
    _made, blind = _key(box, ada, "upload.create")
    # Then lists hold what the key names, in its project
    assert _listed(box, wide) == set(made.values())
    assert _listed(box, narrow) == {made[first]}
    assert _listed(box, blind) == set()
    assert {one["id"] for one in projects.list_projects(box, wide)["items"]} == {first, second}
    assert projects.list_projects(box, narrow)["items"] == []
    # And so does every question after a right
    access.require_asset(box, narrow, "asset.read", made[first])
    for actor, action, asset_id in (
        (narrow, "asset.read", made[second]),
        (wide, "asset.write", made[first]),
        (narrow, "asset.delete", made[first]),
    ):
        with pytest.raises((NotFoundError, ForbiddenError)):
            access.require_asset(box, actor, action, asset_id)
    assert not access.allowed(box, narrow, "box.admin")  # its owner is none
    with pytest.raises(NotFoundError):
        access.require_project(box, wide, "project.read", foreign)
    # And what the owner loses the key loses at once
    projects.set_member(box, SYSTEM, first, str(ben.user_id), "owner")
    projects.remove_member(box, SYSTEM, first, str(ada.user_id))
    assert _listed(box, wide) == {made[second]}
    assert _listed(box, narrow) == set()


def test_an_administrators_key_is_bound_to_its_project(box: Mam) -> None:
    root, ben = _person(box, "root", admin=True), _person(box, "ben")
    here, there = (projects.create_project(box, ben, name=name)["id"] for name in ("A", "B"))
    asset_id = assets.create_asset(box, ben, project_id=here, title="x")["id"]
    assets.create_asset(box, ben, project_id=there, title="y")
    _made, bound = _key(box, root, "*", project_id=here)
    _made, reader = _key(box, root, "asset.read")
    assert _listed(box, bound) == {asset_id}
    assert not access.allowed(box, bound, "box.admin")
    assert len(_listed(box, reader)) == 2
    assert not access.allowed(box, reader, "box.admin")
    sql, _values = where(box, bound, Filter())
    assert "project" in sql


def test_a_key_ends_at_once_however_it_ends(box: Mam) -> None:
    """Promise F6: revoked, run out, its owner disabled: refused with the next request, and at the edges."""
    # Given keys of ada's
    ada = _person(box, "ada")
    made = [_key(box, ada, "*")[0] for _ in range(3)]
    # When one is revoked, twice
    for _ in range(2):
        api_keys.revoke(box, ada, made[0]["id"])
    # Then it is refused, edges are told, and it stays in the list
    _refused(box, made[0]["key"])
    assert f"key:{made[0]['id']}" in revocations.read(box.storage)
    assert [one["state"] for one in api_keys.list_keys(box, ada)["items"]] == ["active", "active", "revoked"]
    # When another runs out
    ApiKey.update(expires_at=now()).where(ApiKey.id == made[1]["id"]).execute()
    _refused(box, made[1]["key"])
    # And when the owner is disabled, then let in again
    for status in ("disabled", "active"):
        accounts.update_user(box, SYSTEM, str(ada.user_id), status=status)
        _refused(box, made[2]["key"])
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.action.startswith("key."))]
    assert sorted(actions) == ["key.created"] * 3 + ["key.revoked"]


def _refused(box: Mam, key: str) -> None:
    with pytest.raises(UnauthorizedError):
        api_keys.actor_from_key(box, key)


def test_what_is_asked_of_a_new_key(box: Mam, monkeypatch: pytest.MonkeyPatch) -> None:
    ada, ben = _person(box, "ada"), _person(box, "ben")
    foreign = projects.create_project(box, ben, name="C")["id"]
    # Scopes that exist, an end within reach, a project that one sees
    far, gone = now() + timedelta(days=5000), now() - timedelta(seconds=1)
    for given in ({"scopes": []}, {"scopes": ["asset.fly"]}, {"expires_at": far}, {"expires_at": gone}):
        with pytest.raises(ValidationError) as error:
            api_keys.create(box, ada, **{"name": "k", "scopes": ["*"], **given})
        assert error.value.errors[0].field == next(iter(given))
    with pytest.raises(NotFoundError):
        api_keys.create(box, ada, name="k", scopes=["*"], project_id=foreign)
    # Nobody ends another's key; nobody has more than so many
    made, _actor = _key(box, ada, "*")
    with pytest.raises(NotFoundError):
        api_keys.revoke(box, ben, made["id"])
    monkeypatch.setattr(api_keys, "MOST", 1)
    with pytest.raises(ConflictError):
        _key(box, ada, "*")
    # And a session that proved itself long ago has to do it again
    Session.update(proved_at=now() - timedelta(hours=1)).execute()
    with pytest.raises(ProofNeededError):
        _key(box, ada, "*")
    User.delete().where(User.id == ada.user_id).execute()
    _refused(box, made["key"])
