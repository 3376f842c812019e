"""Logging in with the password of a real directory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from mam_auth_ldap import directory
from mam_auth_ldap.settings import Settings

from mam.core import Mam
from mam.errors import AuthenticatorAwayError, ConfigError, UnauthorizedError
from mam.models import OutsideLogin, User, now
from mam.services import accounts, people, sessions, standing
from mam.web.app import create_app

PASSWORD = "correct horse battery staple"  # noqa: S105
ANA, BEN = ("uid=ana,ou=people,dc=studio,dc=example", "uid=ben,ou=people,dc=studio,dc=example")
ADMINS = "cn=admins,ou=groups,dc=studio,dc=example"
CREW = "cn=crew,ou=groups,dc=studio,dc=example"

Table = Callable[..., dict[str, Any]]
Make = Callable[..., Settings]
Open = Callable[..., Mam]


def log_in(mam: Mam, login: str, password: str) -> Any:
    return sessions.login(mam, email=login, password=password)["user"]


def make_due() -> None:
    OutsideLogin.update(checked_at=now() - timedelta(hours=2)).execute()


@pytest.mark.parametrize("scheme", ["ldaps", "ldap"])
def test_passwords_are_checked_over_tls(settings: Make, people_server: Any, scheme: str) -> None:
    # Given a directory with TLS from the first byte, or by StartTLS
    port = people_server.tls if scheme == "ldaps" else people_server.plain
    given = settings(servers=[f"{scheme}://localhost:{port}"], group_base="ou=groups,dc=studio,dc=example")
    # Then the right password is right, by uid and by email; everything else is not
    assert directory.checked(given, "ana", "ana's password")[0].dn == ANA
    assert directory.checked(given, "ben@example.org", "ben's password")[1] == [CREW]
    for login, password in (
        ("ana", "ben's password"), ("ana", ""), ("ana", "x\0"), ("", "ana's password"), ("nobody", "x"),
        ("twins@example.org", "twin1's password"), ("service", "service"),
    ):  # fmt: skip
        assert directory.checked(given, login, password) is None, (login, password)


def test_what_is_typed_never_becomes_a_filter(settings: Make) -> None:
    # Given somebody whose very name has the signs of filters
    given = settings()
    assert directory.checked(given, "st*r(x)", "star's password")[0].first("mail") == "star@example.org"
    # Then signs of filters in a login mean themselves
    for login in ("*", "a*", "ana)(uid=*", "*)(|(uid=ana", "ana)(userPassword=*", "\\61na", "an\\2a"):
        assert directory.checked(given, login, "ana's password") is None, login


def test_foreign_certificates_get_no_password(settings: Make, people_server: Any) -> None:
    for scheme, port in (("ldaps", people_server.tls), ("ldap", people_server.plain)):
        directory.forget()
        given = settings(servers=[f"{scheme}://localhost:{port}"], ca_file="")
        with pytest.raises(AuthenticatorAwayError):
            directory.checked(given, "ana", "ana's password")


def test_next_server_is_asked_where_the_first_is_away(settings: Make, people_server: Any) -> None:
    given = settings(servers=["ldaps://localhost:1", f"ldaps://localhost:{people_server.tls}"])
    assert directory.checked(given, "ana", "ana's password") is not None
    directory.forget()
    with pytest.raises(AuthenticatorAwayError):
        directory.checked(settings(bind_password="wrong"), "ana", "ana's password")  # noqa: S106


async def test_the_page_lets_one_type_a_name_that_is_no_email(open_box: Open) -> None:
    """A browser refuses `ana` in a field for an email: nobody of the directory could log in."""
    # Given a box that asks the directory
    client = create_app(open_box()).test_client()
    # When the page is opened
    page = await (await client.get("/login", headers={"Accept": "text/html"})).get_data(as_text=True)
    # Then the field takes any name, and the form logs in with it
    assert "Email or user name" in page
    assert 'name="email" type="text"' in page
    answer = await client.post("/login", form={"email": "ana", "password": "ana's password", "next": "/"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_groups_become_roles_and_go_again(open_box: Open, people_server: Any) -> None:
    # Given rules, written with another case and spacing than the directory's
    mam = open_box(roles=["CN=Admins, OU=groups, dc=studio, dc=example => admin"])
    accounts.add_user(mam, email="local@example.org", name="L", password=PASSWORD, admin=True)
    # When somebody of the group logs in
    ana = log_in(mam, "ana", "ana's password")
    assert (ana["email"], set(ana["roles"])) == ("ana@example.org", {"admin", "member"})
    # Then the role goes with the group, and what was typed is stored nowhere
    people_server.order("set", ANA, "memberOf", CREW)
    make_due()
    assert standing.sweep(mam) == 1
    assert people.roles_of([ana["id"]])[ana["id"]] == {"member"}
    assert User.get_by_id(ana["id"]).password_hash is None


def test_who_left_the_directory_is_locked_and_comes_back(open_box: Open, people_server: Any) -> None:
    mam = open_box(active_filter="(!(employeeType=left))")
    accounts.add_user(mam, email="local@example.org", name="L", password=PASSWORD, admin=True)
    ana, ben = log_in(mam, "ana", "ana's password"), log_in(mam, "ben", "ben's password")
    # When one entry is marked as left, and the other is removed
    people_server.order("set", ANA, "employeeType", "left")
    people_server.order("drop", BEN)
    make_due()
    assert standing.sweep(mam) == 2
    # Then both are locked, and passwords change nothing of that
    assert {User.get_by_id(one["id"]).status for one in (ana, ben)} == {"disabled"}
    with pytest.raises(UnauthorizedError):
        log_in(mam, "ana", "ana's password")
    # And who is back comes in
    people_server.order("set", ANA, "employeeType", "staff")
    assert log_in(mam, "ana", "ana's password")["id"] == ana["id"]


def test_directory_away_is_said_and_the_boxs_passwords_work(open_box: Open, people_server: Any) -> None:
    # Given a box with people of the directory and its own, and a directory that goes away
    mam = open_box()
    accounts.add_user(mam, email="local@example.org", name="L", password=PASSWORD, admin=True)
    ana = log_in(mam, "ana", "ana's password")
    people_server.process.kill()
    people_server.process.wait()
    # Then its people are told so, nobody is locked, and the administrator of the box comes in
    with pytest.raises(AuthenticatorAwayError, match="does not answer now"):
        log_in(mam, "ana", "ana's password")
    make_due()
    standing.sweep(mam)
    assert User.get_by_id(ana["id"]).status == "active"
    assert log_in(mam, "local@example.org", PASSWORD)["email"] == "local@example.org"


def test_required_group_and_emails_of_others(open_box: Open, people_server: Any) -> None:
    mam = open_box(required_group=ADMINS)
    mine = accounts.add_user(mam, email="ana@example.org", name="Ana", password=PASSWORD)
    # Given an account of the box with the email of an entry: it is not handed over, and ben is in no group
    for login in ("ana", "ben"):
        with pytest.raises(UnauthorizedError):
            log_in(mam, login, f"{login}'s password")
    # Then the box's own password goes on working
    assert log_in(mam, "ana@example.org", PASSWORD)["id"] == mine["id"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("servers", []), ("servers", ["http://x"]), ("bind_password", ""), ("user_filter", "(uid=x)"),
        ("user_filter", "(uid={login}))(("), ("group_filter", "member={dn}"), ("active_filter", "(a=b)(c=d)"),
        ("roles", ["admins"]), ("timeout", 60.0), ("base", ""),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(key: str, value: Any) -> None:
    good = {"servers": ("ldaps://x",), "base": "dc=x", "bind_dn": "cn=x", "bind_password": "x"}
    Settings(**good)
    with pytest.raises(ConfigError, match="auth_ldap"):
        Settings(**{**good, key: tuple(value) if isinstance(value, list) else value})


def test_plain_connections_are_refused_but_to_this_machine() -> None:
    good = {"base": "dc=x", "bind_dn": "cn=x", "bind_password": "x", "start_tls": False}
    Settings(servers=("ldap://127.0.0.1",), **good)
    with pytest.raises(ConfigError, match="overheard"):
        Settings(servers=("ldap://directory.example",), **good)
