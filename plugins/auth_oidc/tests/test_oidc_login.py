"""Logging in with a real provider: the way there and back, accounts, roles, and who has left."""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable
from datetime import timedelta

import pytest
from oidc_browser import Browser
from provider_server import Provider

from mam.core import Mam
from mam.models import AuditEntry, OutsideLogin, Session, User, now
from mam.services import accounts, api_keys, people, sessions, standing
from mam.types import SYSTEM

PASSWORD = "correct horse battery staple"  # noqa: S105

Open = Callable[..., Mam]
At = Callable[[Mam], Browser]


def user_of(email: str) -> User:
    return User.get(User.email == email)


def roles(email: str) -> set[str]:
    user = user_of(email)
    return people.roles_of([user.id])[user.id]


def make_due() -> None:
    OutsideLogin.update(checked_at=now() - timedelta(hours=2)).execute()


async def test_button_leads_to_the_provider_and_back(open_box: Open, browser_of: At) -> None:
    # Given a box with the plugin
    mam = open_box()
    browser = browser_of(mam)
    page = await (await browser.client.get("/login?next=/projects/new")).get_data(as_text=True)
    # When somebody clicks the button and logs in at the provider
    assert "Studio SSO" in page
    assert "/login/with/oidc?next=/projects/new" in page
    address = await browser.leave("/projects/new")
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)
    answer = await browser.client.get(await browser.agree(address, "ana"))
    # Then they are in where they wanted to go, and everything the protocol asks for was sent
    assert (answer.status_code, answer.headers["Location"]) == (303, "/projects/new")
    assert (await browser.whoami())["email"] == "ana@example.org"
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert len(query["state"][0]) >= 40
    assert len(query["nonce"][0]) >= 40
    assert browser.provider.forms[0]["redirect_uri"] == "http://localhost/login/back/oidc"


async def test_same_person_has_the_same_account_whatever_their_email(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given somebody who has logged in, and somebody else's account here
    mam = open_box(link_by_email=True)
    await browser_of(mam).log_in("ana")
    boss = accounts.add_user(mam, email="boss@example.org", name="Boss", password=PASSWORD)
    first = user_of("ana@example.org").id
    # When their email at the provider becomes the other's
    provider.people["ana"].email = "boss@example.org"
    browser = browser_of(mam)
    await browser.log_in("ana")
    # Then they are who they were
    assert (await browser.whoami())["id"] == first != boss["id"]
    assert OutsideLogin.select().count() == 1


@pytest.mark.parametrize(
    ("link", "verified", "admin", "let_in"),
    [
        (True, True, False, True),
        (True, False, False, False),
        (False, True, False, False),
        (True, True, True, False),
    ],
)
async def test_email_links_an_account_only_where_vouched_for(
    open_box: Open,
    browser_of: At,
    provider: Provider,
    *,
    link: bool,
    verified: bool,
    admin: bool,
    let_in: bool,
) -> None:
    # Given an account here of the email of somebody at the provider
    mam = open_box(link_by_email=link)
    mine = accounts.add_user(mam, email="ana@example.org", name="Ana", password=PASSWORD, admin=admin)
    provider.people["ana"].email_verified = verified
    # When they log in there
    browser = browser_of(mam)
    answer = await browser.log_in("ana")
    # Then it is theirs only where setting and provider say so, and never an administrator's
    found = await browser.whoami()
    assert (found["id"] if found else None) == (mine["id"] if let_in else None)
    assert answer.status_code == (303 if let_in else 403)
    # And the password of the box goes on working
    assert sessions.login(mam, email="ana@example.org", password=PASSWORD)["user"]["id"] == mine["id"]


@pytest.mark.parametrize(
    ("rule", "status"), [("none", None), ("registration", "pending"), ("active", "active")]
)
async def test_new_people_come_in_as_the_setting_says(
    open_box: Open, browser_of: At, rule: str, status: str | None
) -> None:
    mam = open_box(new_accounts=rule)
    browser = browser_of(mam)
    answer = await browser.log_in("ana")
    found = User.get_or_none(User.email == "ana@example.org")
    assert (found.status if found else None) == status
    assert answer.status_code == (303 if status == "active" else 403)


async def test_groups_give_and_take_roles_and_nothing_else(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given a rule for one role, and a local administrator
    mam = open_box(roles=["studio => admin"])
    accounts.add_user(mam, email="local@example.org", name="Local", password=PASSWORD, admin=True)
    # When somebody of the group logs in, and later is no longer in it
    await browser_of(mam).log_in("ana")
    assert roles("ana@example.org") == {"admin", "member"}
    provider.people["ana"].groups = []
    await browser_of(mam).log_in("ana")
    # Then the role came and went; what no rule names stayed
    assert roles("ana@example.org") == {"member"}
    assert roles("local@example.org") == {"admin", "member"}


async def test_last_administrator_stays_one(open_box: Open, browser_of: At, provider: Provider) -> None:
    mam = open_box(roles=["studio => admin"])
    await browser_of(mam).log_in("ana")
    provider.people["ana"].groups = []
    await browser_of(mam).log_in("ana")
    assert "admin" in roles("ana@example.org")


async def test_only_the_required_group_comes_in(open_box: Open, browser_of: At) -> None:
    mam = open_box(required_group="studio")
    assert (await browser_of(mam).log_in("ana")).status_code == 303
    refused = await browser_of(mam).log_in("ben")
    assert refused.status_code == 403
    assert "no account here is yours" in await refused.get_data(as_text=True)
    assert User.get_or_none(User.email == "ben@example.org") is None


async def test_who_left_is_locked_at_the_next_refresh_and_back_after_a_login(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given somebody with a browser, tokens and a key, and another administrator
    mam = open_box()
    accounts.add_user(mam, email="local@example.org", name="Local", password=PASSWORD, admin=True)
    browser = browser_of(mam)
    await browser.log_in("ana")
    ana = user_of("ana@example.org")
    tokens = sessions.tokens_for(mam, ana, "127.0.0.1", "tests")
    actor = sessions.actor_from_token(mam, tokens["access_token"])
    key = api_keys.create(mam, actor, name="k", scopes=["asset.read"])["key"]
    # When the provider no longer knows them, and the box asks again
    provider.people["ana"].active = False
    make_due()
    answer = await browser.client.post("/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    # Then nothing of theirs opens anything
    assert answer.status_code == 401
    assert await browser.whoami() is None
    assert user_of("ana@example.org").status == "disabled"
    headers = {"Authorization": f"Bearer {key}"}
    assert (await browser.client.get("/api/projects", headers=headers)).status_code == 401
    assert AuditEntry.get_or_none(AuditEntry.action == "user.gone_elsewhere") is not None
    # And when they are back there, a login opens the account again
    provider.people["ana"].active = True
    again = browser_of(mam)
    assert (await again.log_in("ana")).status_code == 303
    assert (await again.whoami())["id"] == ana.id


async def test_workers_find_who_left_and_what_groups_say_now(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given two people who are logged in
    mam = open_box(roles=["studio => admin"])
    accounts.add_user(mam, email="local@example.org", name="Local", password=PASSWORD, admin=True)
    ana, ben = browser_of(mam), browser_of(mam)
    await ana.log_in("ana")
    await ben.log_in("ben")
    assert standing.sweep(mam) == 0
    # When one leaves and the other's group changes
    provider.people["ana"].active = False
    provider.people["ben"].groups = ["studio"]
    make_due()
    # Then one round sees both, and the next has nothing to ask
    assert standing.sweep(mam) == 2
    assert await ana.whoami() is None
    assert "admin" in roles("ben@example.org")
    assert standing.sweep(mam) == 0
    # And the provider's new refresh token was kept: it is asked again with that one
    make_due()
    assert standing.sweep(mam) == 1
    assert user_of("ben@example.org").status == "active"


async def test_administrators_lock_is_not_lifted_by_the_provider(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    mam = open_box()
    accounts.add_user(mam, email="local@example.org", name="Local", password=PASSWORD, admin=True)
    await browser_of(mam).log_in("ana")
    provider.people["ana"].active = False
    make_due()
    standing.sweep(mam)
    # Given an administrator who says the same after the box did
    accounts.update_user(mam, SYSTEM, user_of("ana@example.org").id, status="disabled")
    # When the provider knows the person again
    provider.people["ana"].active = True
    # Then the account stays locked
    assert (await browser_of(mam).log_in("ana")).status_code == 403
    assert user_of("ana@example.org").status == "disabled"


async def test_provider_away_is_said_and_locks_nobody(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given somebody who is logged in and a provider that breaks
    mam = open_box()
    accounts.add_user(mam, email="local@example.org", name="Local", password=PASSWORD, admin=True)
    browser = browser_of(mam)
    await browser.log_in("ana")
    provider.stop()
    from mam_auth_oidc.provider import open_provider

    open_provider.cache_clear()
    make_due()
    # When workers ask and others want to come in
    standing.sweep(mam)
    page = await browser_of(mam).client.get("/login/with/oidc")
    # Then it is said, who is in stays in, and passwords of the box work
    assert page.status_code == 503
    assert "does not answer now" in await page.get_data(as_text=True)
    assert await browser.whoami() is not None
    form = {"email": "local@example.org", "password": PASSWORD, "next": "/"}
    assert (await browser_of(mam).client.post("/login", form=form)).status_code == 303
    provider.start()


async def test_logout_offers_the_end_of_the_login_there(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    mam = open_box()
    browser = browser_of(mam)
    await browser.log_in("ana")
    page = await (await browser.client.get("/account/sessions")).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = await browser.client.post("/logout", form={"csrf_token": token})
    text = await answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert (
        f"{provider.issuer}/logout?client_id=mam&amp;post_logout_redirect_uri=http%3A%2F%2Flocalhost%2Flogin"
        in text
    )
    assert "id_token_hint=" in text
    assert await browser.whoami() is None
    assert Session.get_or_none(Session.revoked_at.is_null()) is None


async def test_what_is_kept_of_people_is_no_plain_text(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    mam = open_box()
    browser = browser_of(mam)
    await browser.log_in("ana")
    kept = OutsideLogin.get().kept
    refresh_token = provider.tokens[0].values["refresh_token"]
    assert kept
    assert refresh_token not in kept
    assert refresh_token not in str([row.data for row in AuditEntry.select()])
