"""Codes: RFC 6238 to the letter, none twice, guessing slowed and the owner never locked out."""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mam import models
from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, GrantError, RateLimitedError, UnauthorizedError
from mam.models import AuditEntry, RecoveryCode, SecondFactor
from mam.services import accounts, codes, second_factor, sessions, throttle
from mam.services.sealed import seal, unseal
from mam.types import SYSTEM, Actor

WORD, EMAIL = "correct horse battery", "ada@x.y"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """A clock of codes that stands still until it is moved by so many seconds."""
    moment = [float(int(time.time()) // codes.STEP * codes.STEP)]
    monkeypatch.setattr(codes.time, "time", lambda: moment[0])
    return lambda seconds: moment.__setitem__(0, moment[0] + seconds)


@pytest.fixture
def ada(box: Mam) -> Actor:
    """Somebody who logs in at home."""
    accounts.add_user(box, email=EMAIL, name="Ada", password=WORD)
    token = sessions.login(box, email=EMAIL, password=WORD, address=HOME)["access_token"]
    return sessions.actor_from_token(box, token, HOME)


def _set_up(box: Mam, actor: Actor) -> tuple[bytes, list[str]]:
    secret = base64.b32decode(second_factor.begin(box, actor)["secret"])
    now = codes.code_at(secret, int(codes.time.time()) // codes.STEP)
    return secret, second_factor.confirm(box, actor, now)["recovery_codes"]


def _code(secret: bytes, steps: int = 0) -> str:
    return codes.code_at(secret, int(codes.time.time()) // codes.STEP + steps)


def _login(box: Mam, otp: str, address: str = HOME) -> dict[str, Any]:
    return sessions.login(box, email=EMAIL, password=WORD, otp=otp, address=address)


def test_the_vectors_of_the_rfc() -> None:
    """RFC 6238, appendix B (SHA-1), the last six digits of eight."""
    vectors = {
        59: "287082",
        1111111109: "081804",
        1111111111: "050471",
        1234567890: "005924",
        20000000000: "353130",
    }
    secret = b"12345678901234567890"
    assert {at: codes.code_at(secret, at // codes.STEP) for at in vectors} == vectors


def test_a_sealed_secret_opens_for_its_owner_alone(sqlite_box: Mam) -> None:
    kept = seal(sqlite_box.auth_keys, "second-factor", "ada", b"secret of ada")
    assert unseal(sqlite_box.auth_keys, "second-factor", "ada", kept) == b"secret of ada"
    for purpose, owner, text in (
        ("second-factor", "ben", kept), ("other", "ada", kept), ("second-factor", "ada", kept[:-4] + "AAA="),
        ("second-factor", "ada", "gone." + kept), ("second-factor", "ada", ""),
    ):  # fmt: skip
        with pytest.raises(GrantError):
            unseal(sqlite_box.auth_keys, purpose, owner, text)


def test_a_code_holds_one_step_either_way_and_once(
    box: Mam, ada: Actor, clock: Callable[[float], None]
) -> None:
    secret, _told = _set_up(box, ada)
    assert base64.b32encode(secret).decode() not in str(list(SecondFactor.select().dicts()))
    clock(10 * codes.STEP)
    # Two steps off is too far
    for steps in (-2, 2):
        with pytest.raises(UnauthorizedError):
            _login(box, _code(secret, steps))
    # One before holds; then the present one, and the next; none of them again, nor one before
    for steps in (-1, 0, 1):
        assert _login(box, _code(secret, steps))["user"]["email"] == EMAIL
    for steps in (-1, 0, 1):
        with pytest.raises(UnauthorizedError) as error:
            _login(box, _code(secret, steps))
        assert error.value.error_code == "otp_invalid"


def _guess_on(box: Mam) -> None:
    """Guess from one address after the other, more often than is free."""
    for number in range(throttle.CODES.free + 2):
        with contextlib.suppress(UnauthorizedError):
            _login(box, "000000", f"198.18.0.{number}")


@pytest.mark.usefixtures("no_wait_ends")
def test_guessing_codes_is_slow_and_the_owner_comes_in(
    box: Mam, ada: Actor, clock: Callable[[float], None]
) -> None:
    """Promise F7 for codes: somebody has the password and guesses everywhere; ada logs in."""
    secret, told = _set_up(box, ada)
    clock(10 * codes.STEP)
    # When a stranger who knows the password tries codes from one address after the other
    checked = 0
    for number in range(40):
        try:
            _login(box, "000000", f"203.0.113.{number}")
        except RateLimitedError:
            continue
        except UnauthorizedError:
            checked += 1
    # Then few of them were looked at, and a restart forgives none
    assert checked <= throttle.CODES.free + 2
    models.database.close()
    models.database.connect()
    with pytest.raises(RateLimitedError):
        _guess_on(box)
    with pytest.raises(RateLimitedError):
        _login(box, _code(secret), ELSEWHERE)
    # And ada comes in from home with a code, from elsewhere with one of her recovery codes
    assert _login(box, _code(secret), HOME)
    assert _login(box, told[0].upper(), "198.51.100.8")
    with pytest.raises(UnauthorizedError):
        _login(box, told[0], "198.51.100.8")


@pytest.mark.usefixtures("no_wait_ends")
def test_one_address_is_slowed_by_itself(box: Mam, ada: Actor) -> None:
    _set_up(box, ada)
    outcomes = []
    for _ in range(throttle.PAIR.free + 5):
        try:
            codes.check(box, str(ada.user_id), "abcdefgh23456789", ELSEWHERE)
            outcomes.append("checked")
        except RateLimitedError:
            outcomes.append("slowed")
    assert outcomes.count("checked") <= throttle.PAIR.free + 1


def test_setting_up_renewing_and_taking_away(box: Mam, ada: Actor, clock: Callable[[float], None]) -> None:
    secret, told = _set_up(box, ada)
    for again in (second_factor.begin, lambda mam, actor: second_factor.confirm(mam, actor, _code(secret))):
        with pytest.raises(ConflictError):
            again(box, ada)
    # New recovery codes end the old ones
    renewed = second_factor.renew_codes(box, ada)["recovery_codes"]
    assert not set(renewed) & set(told)
    with pytest.raises(UnauthorizedError):
        _login(box, told[0])
    assert _login(box, renewed[0])
    # Off: the password alone does, and nothing is left of it
    second_factor.disable(box, ada)
    assert sessions.login(box, email=EMAIL, password=WORD)
    assert RecoveryCode.select().count() == SecondFactor.select().count() == 0
    # On again, and reset from the console for whoever lost the phone
    clock(codes.STEP)
    _set_up(box, ada)
    second_factor.reset(box, SYSTEM, accounts.find_user(box, EMAIL))
    assert sessions.login(box, email=EMAIL, password=WORD)
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.action.startswith("second_factor"))]
    assert sorted(actions) == [
        "second_factor.codes_renewed", "second_factor.disabled", "second_factor.enabled",
        "second_factor.enabled", "second_factor.reset",
    ]  # fmt: skip


def test_a_role_may_need_one(box: Mam, ada: Actor) -> None:
    strict = replace(
        box, config=replace(box.config, auth=replace(box.config.auth, second_factor=("member",)))
    )
    _set_up(box, ada)
    assert second_factor.state(strict, ada)["required"]
    with pytest.raises(ForbiddenError):
        second_factor.disable(strict, ada)
