"""What an attacker tries between the box and the provider: each try ends at the log-in page, nobody is in."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Callable
from typing import Any

import pytest
from oidc_browser import Browser
from provider_server import Provider, foreign_key

from mam.config import Config
from mam.core import Mam
from mam.errors import ConfigError
from mam.models import AuditEntry, User

Open = Callable[..., Mam]
At = Callable[[Mam], Browser]


def twisted(**claims: Any) -> Callable[[Provider], None]:
    """Change claims before they are signed; None takes one away."""

    def change(found: dict[str, Any]) -> None:
        found.update(claims)
        for name in [name for name, value in claims.items() if value is None]:
            del found[name]

    return lambda provider: setattr(provider, "twist", change)


def signed(alg: str, key: Callable[[Provider], Any]) -> Callable[[Provider], None]:
    """Sign with another algorithm or key."""

    def change(provider: Provider) -> None:
        provider.alg, provider.signing = alg, key(provider)

    return change


def named_alike(provider: Provider) -> Any:
    """A foreign key that calls itself what the provider's is called."""
    key = foreign_key()
    return type(key).import_key(key.as_dict(private=True), {"kid": "one"})


PAST, FUTURE = int(time.time()) - 4000, int(time.time()) + 400_000
ATTACKS = {
    "wrong nonce": (twisted(nonce="another"), "nonce"),
    "no nonce": (twisted(nonce=None), "nonce"),
    "another client": (twisted(aud="somebody-else"), "another client"),
    "another party": (twisted(aud=["mam", "evil"], azp="evil"), "another party"),
    "two audiences": (twisted(aud=["mam", "evil"]), "another party"),
    "another issuer": (twisted(iss="https://evil.example"), "another issuer"),
    "expired": (twisted(exp=PAST), "expired"),
    "no expiry": (twisted(exp=None), "no exp"),
    "of the future": (twisted(iat=FUTURE, exp=FUTURE + 300), "not valid yet"),
    "not yet": (twisted(nbf=FUTURE), "not valid yet"),
    "no subject": (twisted(sub=None), "no subject"),
    "not signed": (signed("none", lambda provider: provider.signing), "'none'"),
    "signed with the public key": (signed("HS256", lambda provider: provider.signing), "'HS256'"),
    "foreign key": (signed("RS256", lambda _: foreign_key()), "not the provider's"),
    "foreign key of the same name": (signed("RS256", named_alike), "signature"),
    "algorithm not admitted": (signed("PS256", lambda provider: provider.signing), "'PS256'"),
}


async def test_id_tokens_that_do_not_hold_let_nobody_in(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given one box, and a provider that an attacker speaks for
    mam = open_box()
    for name, (attack, reason) in ATTACKS.items():
        provider.twist, provider.alg, provider.signing = lambda _: None, "RS256", provider.keys[0]
        attack(provider)
        # When somebody comes back with such a token
        browser = browser_of(mam)
        answer = await browser.log_in("ana")
        # Then they are told one sentence, the log more, and there is no login and no account
        assert answer.status_code == 403, name
        assert "does not hold; begin again" in await answer.get_data(as_text=True), name
        assert await browser.whoami() is None, name
        last = (
            AuditEntry.select()
            .where(AuditEntry.action == "login.failed")
            .order_by(AuditEntry.seq.desc())
            .get()
        )
        assert reason in str(last.data), name
    assert User.select().count() == 0


async def test_the_way_back_is_one_browsers_and_once(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given a victim on the way back, and an attacker with a login of their own
    mam = open_box()
    ana, ben = browser_of(mam), browser_of(mam)
    back = await ana.agree(await ana.leave(), "ana")
    bens = await ben.agree(await ben.leave(), "ben")
    # When each follows the other's link, or one whose state is made up: nobody is logged in
    made_up = back.replace("state=", "state=x")
    for browser, link in ((ben, back), (ana, bens), (ana, made_up), (ana, "/login/back/oidc")):
        assert (await browser.client.get(link)).status_code == 403
        assert await browser.whoami() is None
    # When the victim begins anew and comes back twice by the same link
    again = await ana.agree(await ana.leave(), "ana")
    assert (await ana.client.get(again)).status_code == 303
    assert (await ana.client.get(again)).status_code == 403


async def test_answers_of_another_provider_are_not_mixed_up(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given a provider that names itself in its answers (RFC 9207)
    provider.metadata = {"authorization_response_iss_parameter_supported": True}
    mam = open_box()
    for iss in ("", "&iss=https%3A%2F%2Fevil.example"):
        browser = browser_of(mam)
        back = await browser.agree(await browser.leave(), "ana")
        # When the answer names another one, or none: no code is handed to anybody
        before = len(provider.forms)
        assert (await browser.client.get(back + iss)).status_code == 403
        assert len(provider.forms) == before
    browser = browser_of(mam)
    back = await browser.agree(await browser.leave(), "ana")
    own = urllib.parse.quote(provider.issuer, safe="")
    assert (await browser.client.get(f"{back}&iss={own}")).status_code == 303


async def test_stolen_code_is_worth_nothing_without_its_verifier(
    open_box: Open, browser_of: At, provider: Provider
) -> None:
    # Given an attacker who holds a victim's code and puts it into a way back of their own
    mam = open_box()
    ana, ben = browser_of(mam), browser_of(mam)
    stolen = urllib.parse.parse_qs((await ana.agree(await ana.leave(), "ana")).split("?")[1])["code"][0]
    bens = urllib.parse.parse_qs((await ben.agree(await ben.leave(), "ben")).split("?")[1])["state"][0]
    # Then the provider refuses it: the challenge was another one's
    answer = await ben.client.get(f"/login/back/oidc?code={stolen}&state={bens}")
    assert answer.status_code == 403
    assert await ben.whoami() is None


async def test_next_leads_nowhere_else(open_box: Open, browser_of: At) -> None:
    mam = open_box()
    for following in ("//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil.example"):
        answer = await browser_of(mam).log_in("ana", following)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")


async def test_keys_rotate_and_unknown_ones_do_not_flood_the_provider(
    open_box: Open, browser_of: At, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a box that has read the keys
    mam = open_box()
    assert (await browser_of(mam).log_in("ana")).status_code == 303
    assert provider.key_reads == 1
    # When tokens name keys that are nobody's, the provider is not asked each time
    provider.signing = foreign_key()
    for _ in range(3):
        assert (await browser_of(mam).log_in("ana")).status_code == 403
    assert provider.key_reads <= 2
    # When the provider rotates, and the pause is over: the new key is read and the login holds
    monkeypatch.setattr("mam_auth_oidc.provider.KEY_SECONDS", 0.0)
    provider.rotate()
    assert (await browser_of(mam).log_in("ana")).status_code == 303


async def test_refusal_at_the_provider_is_the_log_in_page(open_box: Open, browser_of: At) -> None:
    mam = open_box()
    browser = browser_of(mam)
    answer = await browser.client.get(await browser.agree(await browser.leave(), "nobody"))
    assert answer.status_code == 403
    assert "begin again" in await answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("issuer", "http://id.example"), ("issuer", "https://id.example/?x=1"), ("algorithms", ["HS256"]),
        ("algorithms", ["none"]), ("algorithms", []), ("scopes", ["email"]), ("roles", ["studio"]),
        ("name", "../x"), ("clock_skew", 4000), ("client_id", ""), ("new_accounts", "yes"),
    ],
)  # fmt: skip
def test_settings_that_open_a_door_are_refused_at_start(
    oidc_config: Callable[..., Config], key: str, value: Any
) -> None:
    from mam_auth_oidc import Settings

    with pytest.raises(ConfigError, match=key):
        oidc_config(**{key: value}).plugin("auth_oidc", Settings)
