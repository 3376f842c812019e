"""Invitations: one account a link, with what was chosen, while its maker still administers."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, MamError, NotFoundError, ValidationError
from mam.models import AuditEntry, Invitation, Member, User, database, now
from mam.services import accounts, invitations, people, projects, sessions
from mam.types import SYSTEM, Actor

WORD = "correct horse battery"


def _person(box: Mam, name: str, *, admin: bool = False) -> Actor:
    accounts.add_user(box, email=f"{name}@x.y", name=name, password=WORD, admin=admin)
    return sessions.actor_from_token(
        box, sessions.login(box, email=f"{name}@x.y", password=WORD)["access_token"]
    )


def _invite(box: Mam, actor: Actor, **more: Any) -> tuple[dict[str, Any], str]:
    made = invitations.create(box, actor, base_url="https://box", **more)
    return made, made["url"].rpartition("/")[2]


def _accept(box: Mam, token: str, **more: Any) -> tuple[Actor, str]:
    given = {"email": "new@x.y", "display_name": "New", "password": "a good enough password", **more}
    return invitations.accept(box, token=token, **given)


def test_a_link_makes_one_account_with_what_was_chosen(box: Mam) -> None:
    # Given an administrator who invites an editor by address
    root, ana = _person(box, "root", admin=True), _person(box, "ana")
    project = projects.create_project(box, ana, name="A")["id"]
    places = [{"project_id": project, "role": "editor"}]
    _made, token = _invite(box, root, email="New@X.Y", projects=places)
    assert token not in str(list(Invitation.select().dicts())) + str(list(AuditEntry.select().dicts()))
    assert invitations.look(box, token) == {"email": "new@x.y", "invited_by": "root"}
    # When that person takes it, whatever email they type
    actor, cookie = _accept(box, token, email="eve@x.y")
    # Then the account is theirs, with the role there, and they are in
    assert (actor.email, actor.roles) == ("new@x.y", ("member",))
    assert sessions.actor_from_cookie(box, cookie) is not None
    assert Member.get(Member.user == actor.user_id, Member.project == project).role == "editor"
    # And the link is spent
    for again in (lambda: invitations.look(box, token), lambda: _accept(box, token, email="two@x.y")):
        with pytest.raises(NotFoundError):
            again()
    (shown,) = invitations.list_invitations(box, root)["items"]
    assert (shown["state"], shown["used_by"], "url" in shown) == ("used", actor.user_id, False)


def test_of_two_at_once_one_comes_in(box: Mam) -> None:
    _made, token = _invite(box, _person(box, "root", admin=True))
    start = threading.Barrier(4)

    def run(number: int) -> str:
        with database.connection_context():
            start.wait(60)
            try:
                _accept(box, token, email=f"n{number}@x.y")
            except MamError:
                return "refused"
            return "in"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(run, range(4))) == ["in", "refused", "refused", "refused"]
    assert User.select().where(User.email.startswith("n")).count() == 1


def test_a_link_ends_by_itself_by_hand_and_with_its_maker(box: Mam) -> None:
    root, other = _person(box, "root", admin=True), _person(box, "other", admin=True)
    late, taken, orphan = (_invite(box, root) for _ in range(3))
    Invitation.update(expires_at=now() - timedelta(seconds=1)).where(Invitation.id == late[0]["id"]).execute()
    invitations.revoke(box, other, taken[0]["id"])
    accounts.update_user(box, SYSTEM, str(root.user_id), roles=[people.MEMBER])
    for _made, token in (late, taken, orphan):
        with pytest.raises(NotFoundError):
            _accept(box, token)
    states = [one["state"] for one in invitations.list_invitations(box, other)["items"]]
    assert states == ["open", "revoked", "expired"]


def test_who_may_invite_and_what_is_refused(box: Mam) -> None:
    root, ana = _person(box, "root", admin=True), _person(box, "ana")
    for call in (
        lambda: _invite(box, ana),
        lambda: invitations.list_invitations(box, ana),
        lambda: invitations.revoke(box, ana, "x"),
    ):
        with pytest.raises(ForbiddenError):
            call()
    with pytest.raises(ValidationError):
        _invite(box, root, roles=["emperor"])
    with pytest.raises(ConflictError):
        _invite(box, root, email="ana@x.y")
    # A password that is easy to guess spends nothing
    _made, token = _invite(box, root)
    with pytest.raises(ValidationError) as error:
        _accept(box, token, password="new1234567")
    assert error.value.errors[0].field == "password"
    assert _accept(box, token)


@pytest.mark.parametrize(
    "word",
    ["password123", "qwertyuiop12", "aaaaaaaaaaaa", "21.11.2026", "adalovelace", "Ada@Lovelace.org1"],
)
def test_easy_passwords_are_refused(sqlite_box: Mam, word: str) -> None:
    with pytest.raises(ValidationError):
        accounts.add_user(sqlite_box, email="ada@lovelace.org", name="Ada Lovelace", password=word)


@pytest.mark.parametrize(
    "word", ["a short sentence is good", "kSx9_fJ2mq", "vier Worte reichen aus", "長いパスワードです長いよ"]
)
def test_good_passwords_are_taken_whatever_they_are_made_of(sqlite_box: Mam, word: str) -> None:
    assert accounts.add_user(sqlite_box, email="ada@lovelace.org", name="Ada Lovelace", password=word)


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    "word", ["4@8({[<369&#!1/|0$5+7%2" * 3, "aA4@bB8cC({[<eE3gG69iI!1|lL|7oO0sS$5tT+7xX%zZ2" * 2]
)
def test_no_password_takes_for_ever_to_look_at(sqlite_box: Mam, word: str) -> None:
    """Left alone, zxcvbn tries every reading of such signs: minutes of a thread for anybody who asks."""
    assert accounts.add_user(sqlite_box, email="ada@lovelace.org", name="Ada Lovelace", password=word)
