"""Accounts: registering, the list of users, their changes, and the first administrator."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from mam.core import Mam
from mam.errors import (
    ConflictError,
    ForbiddenError,
    MamError,
    NotFoundError,
    RateLimitedError,
    ValidationError,
)
from mam.ids import new_id
from mam.models import AuditEntry, Setting, User, database
from mam.services import accounts, people, sessions, throttle
from mam.types import SYSTEM, Actor

WORD = "correct horse battery"


def _with(box: Mam, **auth: object) -> Mam:
    return replace(box, config=replace(box.config, auth=replace(box.config.auth, **auth)))  # type: ignore[arg-type]


def _user(box: Mam, name: str, *, admin: bool = False) -> Actor:
    made = accounts.add_user(box, email=f"{name}@x.y", name=name, password=WORD, admin=admin)
    return Actor(made["id"], made["email"], name, tuple(made["roles"]))


def _together(*calls: Callable[[], Any]) -> list[Any]:
    """The answers (or errors) of calls made at the same moment, each on a connection of its own."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        with database.connection_context():
            start.wait(60)
            try:
                return call()
            except MamError as error:
                return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# --- registering ---------------------------------------------------------------------------------


def test_who_registers_waits_for_an_administrator(box: Mam) -> None:
    # When somebody registers on a box with the default rule
    made = accounts.register(box, email=" Ada@Example.COM ", display_name=" Ada ", password=WORD)["user"]
    # Then the account is pending, under the one spelling of its email, and never shows a hash
    assert {key: made[key] for key in ("email", "display_name", "status", "roles")} == {
        "email": "ada@example.com",
        "display_name": "Ada",
        "status": "pending",
        "roles": ["member"],
    }
    assert set(made) == {"id", "email", "display_name", "status", "roles", "created_at"}
    stored = User.get_by_id(made["id"]).password_hash
    assert stored.startswith("$argon2id$")
    # And it cannot log in: the right password is told why, a wrong one is not
    with pytest.raises(ForbiddenError) as pending:
        sessions.login(box, email="ada@example.com", password=WORD)
    assert pending.value.error_code == "account_pending"
    # Until an administrator activates it
    accounts.update_user(box, SYSTEM, made["id"], status="active")
    assert sessions.login(box, email="ada@example.com", password=WORD)["user"]["status"] == "active"


def test_registration_follows_the_configuration(sqlite_box: Mam) -> None:
    made = accounts.register(
        _with(sqlite_box, registration="open"), email="a@x.y", display_name="A", password=WORD
    )
    assert made["user"]["status"] == "active"
    with pytest.raises(ForbiddenError) as closed:
        accounts.register(
            _with(sqlite_box, registration="closed"), email="b@x.y", display_name="B", password=WORD
        )
    assert closed.value.error_code == "registration_closed"


@pytest.mark.parametrize("same", ["a@x.y", "A@X.Y", " a@x.y\t"])
def test_an_email_has_one_account(box: Mam, same: str) -> None:
    accounts.register(box, email="a@x.y", display_name="A", password=WORD)
    with pytest.raises(ConflictError) as taken:
        accounts.register(box, email=same, display_name="B", password=WORD)
    assert taken.value.error_code == "email_taken"
    assert User.select().count() == 1


def test_one_email_registered_at_once_makes_one_account(box: Mam) -> None:
    calls = [lambda: accounts.register(box, email="a@x.y", display_name="A", password=WORD)] * 4
    answers = _together(*calls)
    assert sorted(type(answer).__name__ for answer in answers) == ["ConflictError"] * 3 + ["dict"]


LONG_EMAILS = ("a" * 65 + "@x.y", "a@" + "x." * 140 + "y")
BAD = {
    "email": [
        *(
            "",
            "a",
            "@x",
            "a@",
            "a b@x.y",
            "a@x..y",
            ".a@x.y",
            "a.@x.y",
            "a@-x.y",
            "a@b@c",
            "ä@x.y",
            "<a@x.y>",
        ),
        *("a@x.y\nb@x.y", "a\x00@x.y", "a@x.y\x00", "a@x.y,b@x.y", *LONG_EMAILS),
    ],
    "display_name": ["", "   ", "x" * 201, "a\nb", "a\x00", "\ud800", "a\u202eb", "\x1b[2J"],
    "password": ["", "short", "x" * 9, "x" * 1025],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in BAD.items() for value in values]
)
def test_bad_input_names_its_field(sqlite_box: Mam, field: str, value: str) -> None:
    good = {"email": "a@x.y", "display_name": "A", "password": WORD}
    with pytest.raises(ValidationError) as error:
        accounts.register(sqlite_box, **{**good, field: value})
    assert [one.field for one in error.value.errors] == [field]
    assert User.select().count() == 0


@pytest.mark.parametrize("email", ["a@localhost", "first.last+tag@sub.example.co", "o'neil@x.y", "a@1.2"])
def test_ordinary_emails_pass(email: str) -> None:
    assert people.checked_email(email) == email


@pytest.mark.usefixtures("no_wait_ends")
def test_one_address_cannot_make_accounts_without_end(
    sqlite_box: Mam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "REGISTER", throttle.Limit(free=3, longest=60))
    # Given three accounts made from one address
    one = {"display_name": "U", "password": WORD, "address": "192.0.2.1"}
    for number in range(3):
        accounts.register(sqlite_box, email=f"u{number}@x.y", **one)
    # Then the next has to wait, and another address has not
    with pytest.raises(RateLimitedError) as error:
        accounts.register(sqlite_box, email="more@x.y", **one)
    assert error.value.retry_after >= 1
    accounts.register(sqlite_box, email="more@x.y", **{**one, "address": "192.0.2.2"})


# --- users ---------------------------------------------------------------------------------------


def test_users_are_listed_page_by_page_for_administrators(box: Mam) -> None:
    # Given five users
    actors = [_user(box, f"u{number}", admin=number == 0) for number in range(5)]
    # When they are listed two by two
    seen, cursor = [], None
    while True:
        page = accounts.list_users(box, actors[0], cursor=cursor, limit=2)
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    # Then everybody comes once, with roles
    assert sorted(user["email"] for user in seen) == [f"u{number}@x.y" for number in range(5)]
    assert sum("admin" in user["roles"] for user in seen) == 1
    with pytest.raises(ForbiddenError):
        accounts.list_users(box, actors[1])
    with pytest.raises(ValidationError):
        accounts.list_users(box, actors[0], cursor="x")


def test_me_is_the_actor(box: Mam) -> None:
    ada = _user(box, "ada")
    assert accounts.me(box, ada)["email"] == "ada@x.y"
    with pytest.raises(NotFoundError):
        accounts.me(box, SYSTEM)


def test_nobody_climbs_and_the_last_administrator_stays(box: Mam) -> None:
    """Promise G5: members give nobody rights; the last administrator can be neither demoted nor shut out."""
    # Given one administrator and one member
    root, ada = _user(box, "root", admin=True), _user(box, "ada")
    # When the member makes itself administrator, it is refused
    with pytest.raises(ForbiddenError):
        accounts.update_user(box, ada, str(ada.user_id), roles=["admin"])
    # When the last administrator is demoted or disabled, by itself or the console, it is a conflict
    for change in ({"roles": ["member"]}, {"roles": []}, {"status": "disabled"}, {"status": "pending"}):
        for actor in (root, SYSTEM):
            with pytest.raises(ConflictError) as last:
                accounts.update_user(box, actor, str(root.user_id), **change)
            assert last.value.error_code == "last_admin"
    assert accounts.me(box, root)["roles"] == ["admin", "member"]
    # And with a second one it may go
    accounts.update_user(box, root, str(ada.user_id), roles=["admin", "member"])
    assert accounts.update_user(box, root, str(root.user_id), roles=["member"])["roles"] == ["member"]


def test_two_administrators_who_demote_each_other_leave_one(box: Mam) -> None:
    # Given two administrators
    one, two = _user(box, "one", admin=True), _user(box, "two", admin=True)
    # When each takes the other's role at the same moment
    answers = _together(
        lambda: accounts.update_user(box, one, str(two.user_id), roles=["member"]),
        lambda: accounts.update_user(box, two, str(one.user_id), roles=["member"]),
    )
    # Then one of them is refused
    assert sorted(type(answer).__name__ for answer in answers) == ["ConflictError", "dict"]
    assert len(people.active_admins()) == 1


def test_changes_of_users_are_checked_and_noted(box: Mam) -> None:
    ada = _user(box, "ada")
    with pytest.raises(ValidationError):
        accounts.update_user(box, SYSTEM, str(ada.user_id), roles=["member", "emperor"])
    with pytest.raises(ValidationError):
        accounts.update_user(box, SYSTEM, str(ada.user_id), status="gone")
    for nobody in (new_id(), "x", "", "\x00"):
        with pytest.raises(NotFoundError):
            accounts.update_user(box, SYSTEM, nobody, status="active")
    # A name alone leaves tokens alone; a box without administrators can still be mended from the console
    version = User.get_by_id(ada.user_id).version
    assert (
        accounts.update_user(box, SYSTEM, str(ada.user_id), display_name="Ada L.")["display_name"] == "Ada L."
    )
    assert User.get_by_id(ada.user_id).version == version
    entry = AuditEntry.select().where(AuditEntry.action == "user.updated").get()
    assert (entry.subject_id, entry.data["display_name"]) == (ada.user_id, "Ada L.")


def test_the_console_adds_users_and_sets_passwords(box: Mam) -> None:
    ada = _user(box, "ada")
    with pytest.raises(ConflictError):
        _user(box, "ADA")
    accounts.set_password(box, str(ada.user_id), "another long word")
    assert sessions.login(box, email="ada@x.y", password="another long word")["user"]["id"] == ada.user_id
    with pytest.raises(ValidationError):
        accounts.set_password(box, str(ada.user_id), "short")


# --- set-up --------------------------------------------------------------------------------------

ROOT = {"email": "Root@x.y", "display_name": "Root", "password": WORD}


def test_the_newest_link_makes_the_first_administrator_once(box: Mam) -> None:
    """Promise F12: set-up runs once; an older link and a second run are refused."""
    # Given a box that was started twice
    old, new = accounts.setup_token(box), accounts.setup_token(box)
    assert old
    assert new
    assert new not in str(Setting.get_by_id("setup_token").value)
    # When the older link is used, it is refused
    for wrong in (old, "", "x", "\ud800"):
        with pytest.raises(ForbiddenError) as invalid:
            accounts.complete_setup(box, token=wrong, **ROOT)
        assert invalid.value.error_code == "setup_invalid"
    # When the newest is used, the administrator is made and logged in
    actor, cookie = accounts.complete_setup(box, token=new, **ROOT, address="192.0.2.1", user_agent="test")
    assert actor.is_admin
    found = sessions.actor_from_cookie(box, cookie, "192.0.2.1")
    assert found == actor
    # Then nobody can do it again, and no link is made any more
    with pytest.raises(ForbiddenError) as done:
        accounts.complete_setup(box, token=new, **{**ROOT, "email": "eve@x.y"})
    assert done.value.error_code == "setup_done"
    assert accounts.setup_token(box) is None
    assert not accounts.setup_needed(box)


def test_two_setups_at_once_make_one_administrator(box: Mam) -> None:
    """Promise F12: two parallel first runs end with one administrator and one 403."""
    token = str(accounts.setup_token(box))
    calls = [
        lambda name=name: accounts.complete_setup(box, token=token, **{**ROOT, "email": f"{name}@x.y"})
        for name in "abcd"
    ]
    answers = _together(*calls)
    assert sorted(type(answer).__name__ for answer in answers) == ["ForbiddenError"] * 3 + ["tuple"]
    assert len(people.active_admins()) == User.select().count() == 1


def test_who_registered_under_the_owners_email_is_taken_over(box: Mam) -> None:
    # Given somebody who registered the owner's email before the set-up
    squatted = accounts.register(
        _with(box, registration="open"),
        email="root@x.y",
        display_name="Eve",
        password="the word of eve",
    )["user"]
    held = sessions.login(box, email="root@x.y", password="the word of eve")
    # When the owner completes the set-up with it
    actor, _cookie = accounts.complete_setup(box, token=str(accounts.setup_token(box)), **ROOT)
    # Then the account is the owner's, and what the other held is void
    assert actor.user_id == squatted["id"]
    with pytest.raises(MamError):
        sessions.actor_from_token(box, held["access_token"])
    with pytest.raises(MamError):
        sessions.refresh(box, held["refresh_token"])


def test_an_administrator_from_the_console_needs_no_setup(sqlite_box: Mam) -> None:
    token = str(accounts.setup_token(sqlite_box))
    _user(sqlite_box, "root", admin=True)
    with pytest.raises(ForbiddenError) as done:
        accounts.complete_setup(sqlite_box, token=token, **ROOT)
    assert done.value.error_code == "setup_done"
