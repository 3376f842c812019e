"""People who log in elsewhere, on both databases, with a plugin that answers what the test says."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from mam import hookimpl
from mam.core import Mam
from mam.errors import AuthenticatorAwayError, NotFoundError, UnauthorizedError
from mam.models import LoginTrip, OutsideLogin, User, now
from mam.plugins import Plugin, State
from mam.services import accounts, outside, outside_login, people, sessions, standing
from mam.types import Identity, LoginStart, LoginWay, Standing

PASSWORD = "correct horse battery staple"


def ana(**more: Any) -> Identity:
    given = {"new_account": "active", "issuer": "https://id", "subject": "1", **more}
    return Identity(given.pop("email", "ana@example.org"), "Ana", "elsewhere", **given)


@pytest.fixture
def elsewhere(box: Mam) -> SimpleNamespace:
    """A plugin `elsewhere`: `says` is who comes back, `here` whether they belong; an error is raised."""
    told = SimpleNamespace(says=ana(), here=True, asked=[])

    def answer(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value

    class Elsewhere:
        @hookimpl
        def mam_authenticate(self, credentials: Any) -> Any:
            return answer(told.says) if credentials.password == "the directory's" else answer(told.away)

        @hookimpl
        def mam_login_way(self) -> LoginWay:
            return LoginWay("elsewhere", "Elsewhere")

        @hookimpl
        def mam_login_start(self, visit: Any) -> LoginStart:
            return LoginStart(f"https://id/?state={visit.state}&back={visit.return_to}", "a verifier")

        @hookimpl
        def mam_login_finish(self, answer: Any) -> Any:
            told.asked.append(answer)
            return told.says

        @hookimpl
        def mam_standing(self, outsider: Any) -> Any:
            told.asked.append(outsider)
            return answer(told.here if isinstance(told.here, Exception) else Standing(told.here, kept="next"))

        @hookimpl
        def mam_logout_address(self, return_to: str) -> str:
            return f"https://id/out?to={return_to}"

    told.away = None
    module = Elsewhere()
    box.hooks.plugins["elsewhere"] = Plugin("elsewhere", State.ENABLED, module=module)
    box.hooks.manager.register(module, name="elsewhere")
    return told


def begin(box: Mam) -> tuple[str, str]:
    """The state and the cookie of a browser that was sent away."""
    address, browser = outside_login.begin(
        box, "elsewhere", base_url="https://box", following="/projects/new"
    )
    return address.split("state=")[1].split("&")[0], browser


def test_trip_is_taken_once_by_its_own_browser_in_time(box: Mam, elsewhere: SimpleNamespace) -> None:
    # Given a browser on its way, with the exact address to come back to
    state, browser = begin(box)
    _other_state, other_browser = begin(box)
    # When another browser comes with its state, or it comes with no state, or by another way
    for way, given, cookie in (
        ("elsewhere", state, other_browser), ("elsewhere", state, ""), ("elsewhere", "", browser),
        ("other", state, browser),
    ):  # fmt: skip
        with pytest.raises(UnauthorizedError):
            outside_login.come_back(box, way, state=given, browser=cookie)
    # Then none of that spends it: the right one comes in, once
    trip = outside_login.come_back(box, "elsewhere", state=state, browser=browser)
    assert (trip.following, trip.memory) == ("/projects/new", "a verifier")
    with pytest.raises(UnauthorizedError):
        outside_login.come_back(box, "elsewhere", state=state, browser=browser)
    cookie = outside_login.finish(box, trip, {"code": "c"}, base_url="https://box")
    assert sessions.actor_from_cookie(box, cookie).email == "ana@example.org"
    assert elsewhere.asked[0].return_to == "https://box/login/back/elsewhere"
    # And what the database holds tells nobody the state, the cookie or the memory
    row = LoginTrip.get()
    assert not {_other_state, other_browser, "a verifier"} & set(row.__data__.values())


def test_trip_that_took_too_long_begins_again(box: Mam, elsewhere: SimpleNamespace) -> None:
    state, browser = begin(box)
    LoginTrip.update(expires_at=now() - timedelta(seconds=1)).execute()
    with pytest.raises(UnauthorizedError):
        outside_login.come_back(box, "elsewhere", state=state, browser=browser)
    begin(box)
    assert LoginTrip.select().count() == 1
    with pytest.raises(NotFoundError):
        outside_login.begin(box, "nowhere", base_url="https://box", following="/")


def test_strangers_cannot_fill_the_table(
    box: Mam, elsewhere: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outside_login, "MOST", 5)
    first = begin(box)
    LoginTrip.update(expires_at=now() + timedelta(minutes=1)).execute()
    for _ in range(8):
        begin(box)
    assert LoginTrip.select().count() == 5
    with pytest.raises(UnauthorizedError):
        outside_login.come_back(box, "elsewhere", state=first[0], browser=first[1])


def test_second_person_of_an_issuer_never_gets_an_account_that_is_taken(box: Mam) -> None:
    # Given an account that belongs to a person of an issuer
    mine = outside.user_of(box, ana())
    # Then another subject of the same email gets nothing, whoever vouches for it
    assert outside.user_of(box, ana(subject="2", may_link=True)) is None
    # And another issuer's person only where it vouches
    assert outside.user_of(box, ana(issuer="https://other")) is None
    assert outside.user_of(box, ana(issuer="https://other", may_link=True)).id == mine.id


def test_roles_that_are_not_there_are_not_given(box: Mam) -> None:
    user = outside.user_of(box, ana(roles=("member", "wizard"), ruled=("member", "wizard", "admin")))
    assert people.roles_of([user.id])[user.id] == {"member"}


def test_directory_that_is_away_leaves_the_passwords_of_the_box(box: Mam, elsewhere: SimpleNamespace) -> None:
    # Given a directory that is away, and a user of the box
    accounts.add_user(box, email="local@example.org", name="L", password=PASSWORD)
    elsewhere.away = AuthenticatorAwayError("no route")
    # Then their password works, and a wrong one is told apart from a refusal and counted
    assert sessions.login(box, email="local@example.org", password=PASSWORD)
    for _ in range(10):
        with pytest.raises(AuthenticatorAwayError):
            sessions.login(box, email="local@example.org", password="wrong", address="192.0.2.1")
    with pytest.raises(Exception, match="Too many attempts"):
        sessions.login(box, email="local@example.org", password=PASSWORD, address="192.0.2.1")


def test_gone_locks_and_a_login_unlocks(box: Mam, elsewhere: SimpleNamespace) -> None:
    # Given somebody from a directory, beside an administrator of the box
    accounts.add_user(box, email="local@example.org", name="L", password=PASSWORD, admin=True)
    sessions.login(box, email="ana", password="the directory's")
    user = User.get(User.email == "ana@example.org")

    def due() -> None:
        OutsideLogin.update(checked_at=now() - timedelta(hours=1)).execute()

    # When the directory is away, nothing happens; when it knows them no more, they are locked
    elsewhere.here = AuthenticatorAwayError("no route")
    due()
    assert standing.sweep(box) == 1
    assert User.get_by_id(user.id).status == "active"
    elsewhere.here = False
    due()
    assert standing.sweep(box) == 1
    assert User.get_by_id(user.id).status == "disabled"
    # Then a right password there opens the account again
    assert sessions.login(box, email="ana", password="the directory's")["user"]["id"] == user.id


def test_last_administrator_is_logged_out_and_not_locked(box: Mam, elsewhere: SimpleNamespace) -> None:
    elsewhere.says = ana(roles=("admin",), ruled=("admin",))
    token = sessions.login(box, email="ana", password="the directory's")["access_token"]
    actor = sessions.actor_from_token(box, token)
    assert standing.logout_address(box, actor, "https://box/login") == (
        "Elsewhere", "https://id/out?to=https://box/login",
    )  # fmt: skip
    elsewhere.here = False
    OutsideLogin.update(checked_at=now() - timedelta(hours=1)).execute()
    standing.sweep(box)
    assert User.get(User.email == "ana@example.org").status == "active"
    with pytest.raises(UnauthorizedError):
        sessions.actor_from_token(box, token)
