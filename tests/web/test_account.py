"""One's own account over HTTP: API keys, codes, sessions; what no key may do, what is to be proved again."""

from __future__ import annotations

import base64
import re
import time
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from library import actor_of, make_library
from quart import Quart
from web_calls import ids_of, send
from web_people import PASSWORD, Person, make_people

from mam import revocations
from mam.core import Mam
from mam.models import Session, now
from mam.services.codes import STEP, code_at
from mam.signing import check_grant
from mam.web.app import ROUTES, create_app
from mam.web.routes import PUBLIC


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> int:
    """Now, for the codes of second factors: their clock stands, so that no step passes during a test."""
    moment = int(time.time())
    monkeypatch.setattr("mam.services.codes.time", SimpleNamespace(time=lambda: moment))
    return moment


async def _with_key(app: Quart, person: Person, *scopes: str, **more: Any) -> tuple[Person, dict[str, Any]]:
    status, made = await person.call("POST", "/api/keys", json={"name": "Ingest", "scopes": scopes, **more})
    assert status == 201, made
    return Person(app.test_client(), person.user, made["key"]), made


async def test_a_key_is_a_login_with_less(box: Mam, app: Quart, people: dict[str, Person]) -> None:
    # Given ana's library and a key of hers that reads
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    program, made = await _with_key(app, ana, "asset.read", "project.read", "preview.read")
    # Then it reads, and nothing else
    assert (await program.call("GET", "/auth/me"))[1]["id"] == ana.user["id"]
    assert (await program.call("GET", f"/api/assets/{library.asset_id}"))[0] == 200
    status, problem = await program.call("PATCH", f"/api/assets/{library.asset_id}", json={"title": "Other"})
    assert (status, problem["code"]) == (403, "forbidden")
    # And what it signs ends with it
    body = {"version_id": library.version_id, "expires_in": 600}
    signed = (await program.call("POST", "/api/sign-preview", json=body))[1]
    assert (await ana.call("DELETE", f"/api/keys/{made['id']}"))[0] == 204
    assert (await program.call("GET", "/auth/me"))[0] == 401
    grant = signed["url"].split("/s/")[1].split("/")[0]
    tags = check_grant(box.keys, grant, version_id=library.version_id, now=time.time(), ip="").tags
    assert f"key:{made['id']}" in set(tags) & set(revocations.read(box.storage))


async def test_no_key_changes_an_account(
    sqlite_box: Mam, sqlite_app: Quart, sqlite_people: dict[str, Any]
) -> None:
    """An administrator's key of every scope, too, gets no further than the door of these calls and pages."""
    admin = sqlite_people["admin"]
    library = make_library(sqlite_box, actor_of(sqlite_box, admin.token))
    program, _made = await _with_key(sqlite_app, admin, "*")
    assert (await program.call("GET", "/api/admin/users"))[0] == 200
    closed = [one for one in ROUTES if one.right not in (PUBLIC, "guest") and (one.page or not one.keys)]
    accounts = {one.path for one in closed if not one.page}
    assert {"/api/keys", "/api/account/password", "/api/admin/users/<user_id>"} <= accounts
    for route in closed:
        status, problem = await send(program, route, ids_of(library))
        assert (status, problem["code"]) == (403, "key_refused"), route.name


async def test_an_old_login_proves_itself_again(sqlite_box: Mam, sqlite_people: dict[str, Any]) -> None:
    # Given a session whose last proof is old
    ana = sqlite_people["ana"]
    Session.update(proved_at=now() - timedelta(hours=1)).execute()
    wanted = {"name": "k", "scopes": ["*"]}
    # When it asks for a key, then it has to prove itself; a wrong password does not do
    assert (await ana.call("POST", "/api/keys", json=wanted))[1]["code"] == "proof_needed"
    status, problem = await ana.call("POST", "/api/account/proof", json={"password": "wrong"})
    assert (status, problem["errors"][0]["field"]) == (422, "password")
    assert (await ana.call("POST", "/api/account/proof", json={}))[0] == 422
    # When the password is right, then it gets one
    assert (await ana.call("POST", "/api/account/proof", json={"password": PASSWORD}))[0] == 204
    assert (await ana.call("POST", "/api/keys", json=wanted))[0] == 201


async def test_codes_from_enrolment_to_login(box: Mam, people: dict[str, Person], standing: int) -> None:
    """RFC 6238 over HTTP: set up, asked for, never taken twice; recovery codes work once."""
    ana, nobody = people["ana"], people["nobody"]
    login = {"email": "ana@example.org", "password": PASSWORD}
    # Given ana, who sets up a second factor
    assert (await ana.call("GET", "/api/account/second-factor"))[1]["enabled"] is False
    begun = (await ana.call("POST", "/api/account/second-factor"))[1]
    assert set("".join(begun["qr"])) == {"0", "1"}
    assert len(begun["qr"]) == len(begun["qr"][0])
    secret, step = base64.b32decode(begun["secret"]), standing // STEP
    # (until it is confirmed nobody is asked for anything)
    assert (await nobody.call("POST", "/auth/login", json=login))[0] == 200
    path = "/api/account/second-factor/confirm"
    assert (await ana.call("POST", path, json={"code": code_at(secret, step + 9)}))[0] == 422
    told = (await ana.call("POST", path, json={"code": code_at(secret, step - 1)}))[1]["recovery_codes"]
    assert len(set(told)) == 10
    # When she logs in with the password alone, then a code is asked for, whatever the client is
    status, problem = await nobody.call("POST", "/auth/login", json=login)
    assert (status, problem["code"]) == (401, "otp_required")
    status, problem = await nobody.call("POST", "/auth/login", json={**login, "otp": "12345x"})
    assert (status, problem["code"]) == (401, "otp_invalid")
    # When the code is right, then she is in; the same code again, or one from before it, is refused
    code = code_at(secret, step)
    assert (await nobody.call("POST", "/auth/login", json={**login, "otp": code}))[0] == 200
    for spent in (code, code_at(secret, step - 1)):
        assert (await nobody.call("POST", "/auth/login", json={**login, "otp": spent}))[0] == 401
    # And a recovery code works once
    answers = [
        (await nobody.call("POST", "/auth/login", json={**login, "otp": told[0]}))[0] for _ in range(2)
    ]
    assert answers == [200, 401]
    assert (await ana.call("GET", "/api/account/second-factor"))[1]["recovery_codes_left"] == 9


async def test_sessions_are_listed_and_ended(box: Mam, people: dict[str, Person], app: Quart) -> None:
    """Promise F6: an ended login is refused with its next request."""
    # Given ana, logged in again from another program, and once more
    ana, ben = people["ana"], people["ben"]
    body = {"email": "ana@example.org", "password": PASSWORD}
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    others = []
    for program in (firefox, "curl/8.1"):
        answer = await app.test_client().post("/auth/login", json=body, headers={"User-Agent": program})
        others.append(Person(app.test_client(), ana.user, (await answer.get_json())["access_token"]))
    # Then she sees three, hers marked, the new ones said to be new
    shown = (await ana.call("GET", "/api/account/sessions"))[1]["items"]
    assert [one["device"] for one in shown[:2]] == ["curl", "Firefox, Linux"]
    assert [one["current"] for one in shown] == [False, False, True]
    assert [one["unfamiliar"] for one in shown] == [True, True, False]
    # When she says that she knows them, then they are no news any more
    await ana.call("POST", "/api/account/sessions/seen")
    shown = (await ana.call("GET", "/api/account/sessions"))[1]["items"]
    assert not any(one["unfamiliar"] for one in shown)
    # When she ends one, then that one is out; ben could not have done it
    path = f"/api/account/sessions/{shown[0]['id']}"
    assert (await ben.call("DELETE", path))[0] == 404
    assert (await ana.call("DELETE", path))[0] == 204
    assert [(await one.call("GET", "/auth/me"))[0] for one in (others[1], others[0])] == [401, 200]
    # When she ends all others, then only she is left
    assert (await ana.call("DELETE", "/api/account/sessions"))[1] == {"ended": 1}
    assert [(await one.call("GET", "/auth/me"))[0] for one in (others[0], ana, ben)] == [401, 200, 200]


async def test_another_password_ends_the_other_logins(
    sqlite_people: dict[str, Any], sqlite_app: Quart
) -> None:
    ana = sqlite_people["ana"]
    body = {"email": "ana@example.org", "password": PASSWORD}
    pair = await (await sqlite_app.test_client().post("/auth/login", json=body)).get_json()
    program, _made = await _with_key(sqlite_app, ana, "asset.read")
    assert (await ana.call("PUT", "/api/account/password", json={"password": "short"}))[0] == 422
    assert (await ana.call("PUT", "/api/account/password", json={"password": "another good sentence"}))[
        0
    ] == 204
    refreshed = await sqlite_app.test_client().post(
        "/auth/refresh", json={"refresh_token": pair["refresh_token"]}
    )
    assert refreshed.status_code == 401
    assert (await ana.call("POST", "/auth/login", json=body))[0] == 401
    assert (await program.call("GET", "/auth/me"))[0] == 200


async def test_whose_role_needs_a_second_factor_sets_one_up_first(sqlite_box: Mam, standing: int) -> None:
    # Given a box where administrators need one, and an administrator without
    auth = replace(sqlite_box.config.auth, second_factor=("admin",))
    strict = replace(sqlite_box, config=replace(sqlite_box.config, auth=auth))
    app = create_app(strict)
    people = make_people(strict, app)
    admin, ana = people["admin"], people["ana"]
    # Then nothing opens but the account, for members everything as ever
    status, problem = await admin.call("GET", "/api/projects")
    assert (status, problem["code"]) == (403, "second_factor_required")
    assert (await ana.call("GET", "/api/projects"))[0] == 200
    page = await admin.client.get(
        "/", headers={"Authorization": f"Bearer {admin.token}", "Accept": "text/html"}
    )
    assert (page.status_code, page.headers["Location"]) == (303, "/account/security")
    # When it is set up, everything opens
    begun = (await admin.call("POST", "/api/account/second-factor"))[1]
    code = code_at(base64.b32decode(begun["secret"]), standing // STEP)
    assert (await admin.call("POST", "/api/account/second-factor/confirm", json={"code": code}))[0] == 200
    assert (await admin.call("GET", "/api/projects"))[0] == 200


async def test_the_portals_second_step(
    sqlite_box: Mam, sqlite_app: Quart, sqlite_people: dict[str, Any], standing: int
) -> None:
    """The form of the second step carries a ticket, never the password; it works without scripts."""
    ana, client = sqlite_people["ana"], sqlite_app.test_client()
    begun = (await ana.call("POST", "/api/account/second-factor"))[1]
    secret, step = base64.b32decode(begun["secret"]), standing // STEP
    await ana.call("POST", "/api/account/second-factor/confirm", json={"code": code_at(secret, step - 1)})
    form = {"email": "ana@example.org", "password": PASSWORD, "next": "/account/keys"}
    page = await (await client.post("/login", form=form)).get_data(as_text=True)
    assert PASSWORD not in page
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
    # A wrong code asks again; a ticket that is none begins again
    wrong = await client.post("/login/code", form={"ticket": ticket, "code": "no", "next": "//evil"})
    assert (wrong.status_code, "mam_session" in wrong.headers.get("Set-Cookie", "")) == (403, False)
    assert 'name="ticket"' in await wrong.get_data(as_text=True)
    begin = await client.post("/login/code", form={"ticket": ticket[:-2], "code": code_at(secret, step)})
    assert 'name="password"' in await begin.get_data(as_text=True)
    # The right one lets in, and goes on
    done = await client.post(
        "/login/code", form={"ticket": ticket, "code": code_at(secret, step), "next": form["next"]}
    )
    assert (done.status_code, done.headers["Location"]) == (303, "/account/keys")
    assert "mam_session" in done.headers["Set-Cookie"]
