"""Access tokens: every forgery of promise F4 fails, and nothing else that we sign passes for one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from mam import signing
from mam.core import Mam
from mam.errors import UnauthorizedError
from mam.ids import new_id
from mam.keyring import KeyRing
from mam.services import sessions, tokens

CLAIMS = tokens.Claims(new_id(), new_id(), 1)
RING = KeyRing.from_secret("0123456789abcdefghijklmnopqrstuv-0123", "test")
KEY = RING.active()


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _payload(**changes: Any) -> dict[str, Any]:
    moment = int(time.time())
    good = {
        "iss": "mam",
        "aud": "mam-api",
        "sub": CLAIMS.user_id,
        "sid": CLAIMS.session_id,
        "ver": 1,
        "iat": moment,
        "nbf": moment,
        "exp": moment + 900,
    }
    return {key: value for key, value in {**good, **changes}.items() if value is not ...}


def _forged(header: dict[str, Any], payload: dict[str, Any], secret: bytes = KEY.secret) -> str:
    """A token put together by hand and signed with HMAC-SHA256, whatever its header says."""
    body = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(payload).encode())}"
    return f"{body}.{_b64(hmac.digest(secret, body.encode(), hashlib.sha256))}"


def _header(**changes: Any) -> dict[str, Any]:
    good = {"alg": "HS256", "typ": "at+jwt", "kid": KEY.kid}
    return {key: value for key, value in {**good, **changes}.items() if value is not ...}


def _refused(token: str) -> bool:
    with pytest.raises(UnauthorizedError) as error:
        tokens.read_access(RING, token)
    return error.value.error_code == "token_invalid"


def test_our_own_token_holds_and_is_small() -> None:
    token = tokens.make_access(RING, CLAIMS, 900)
    assert tokens.read_access(RING, token) == CLAIMS
    assert tokens.read_access(RING, _forged(_header(), _payload())) == CLAIMS
    assert len(token) < 600


HEADERS = {
    "alg none": {"alg": "none"},
    "alg None": {"alg": "None"},
    "alg of another length": {"alg": "HS512"},
    "alg absent": {"alg": ...},
    "alg a list": {"alg": ["HS256"]},
    "kid a path": {"kid": "../../dev/null"},
    "kid empty": {"kid": ""},
    "kid a number": {"kid": 1},
    "kid a list": {"kid": [KEY.kid]},
    "kid absent": {"kid": ...},
    "jku": {"jku": "https://evil.example/keys"},
    "jwk": {"jwk": {"kty": "oct", "k": _b64(b"x" * 32)}},
    "x5u": {"x5u": "https://evil.example/cert"},
    "crit": {"crit": ["exp"]},
    "b64": {"b64": False},
    "zip": {"zip": "DEF"},
    "typ of another use": {"typ": "JWT"},
    "typ absent": {"typ": ...},
    "typ null": {"typ": None},
}


@pytest.mark.parametrize("change", HEADERS.values(), ids=HEADERS.keys())
def test_forged_headers_fail(change: dict[str, Any]) -> None:
    """Promise F4: algorithm, key id, foreign keys, type: nothing but our own header, even rightly signed."""
    assert _refused(_forged(_header(**change), _payload()))
    # And signed with nothing, as a key of `/dev/null` would
    assert _refused(_forged(_header(**change), _payload(), b""))


PAYLOADS: dict[str, dict[str, Any]] = {
    "aud wrong": {"aud": "other"},
    "aud a list": {"aud": ["mam-api", "other"]},
    "aud of one": {"aud": ["mam-api"]},
    "aud absent": {"aud": ...},
    "iss wrong": {"iss": "mam2"},
    "iss absent": {"iss": ...},
    "exp past": {"exp": int(time.time()) - tokens.LEEWAY - 1},
    "exp absent": {"exp": ...},
    "exp text": {"exp": "9999999999"},
    "exp true": {"exp": True},
    "exp null": {"exp": None},
    "exp not a number": {"exp": float("nan")},
    "nbf future": {"nbf": int(time.time()) + 3600},
    "nbf absent": {"nbf": ...},
    "iat future": {"iat": int(time.time()) + 3600},
    "sub absent": {"sub": ...},
    "sub no id": {"sub": "admin"},
    "sub a number": {"sub": 1},
    "sid absent": {"sid": ...},
    "sid a list": {"sid": []},
    "sid a number": {"sid": 7},
    "ver absent": {"ver": ...},
    "ver text": {"ver": "1"},
    "ver true": {"ver": True},
}


@pytest.mark.parametrize("change", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_claims_that_do_not_fit_fail(change: dict[str, Any]) -> None:
    """Promise F4: wrong or missing audience, issuer, times, subject: refused though the signature holds."""
    assert _refused(_forged(_header(), _payload(**change)))


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"', "{", "", "{" * 5000, "[" * 900 + "]" * 900])
def test_a_payload_that_is_no_object_fails(body: str) -> None:
    text = f"{_b64(json.dumps(_header()).encode())}.{_b64(body.encode())}"
    assert _refused(f"{text}.{_b64(hmac.digest(KEY.secret, text.encode(), hashlib.sha256))}")
    text = f"{_b64(body.encode())}.{_b64(json.dumps(_payload()).encode())}"
    assert _refused(f"{text}.{_b64(hmac.digest(KEY.secret, text.encode(), hashlib.sha256))}")


def test_other_algorithms_and_keys_fail() -> None:
    """Promise F4: an RSA signature, an unsigned token, another ring's key under our key id."""
    rsa = RSAKey.generate_key(2048)
    assert _refused(jwt.encode(_header(alg="RS256"), _payload(), rsa, algorithms=["RS256"]))
    body = f"{_b64(json.dumps(_header(alg='none')).encode())}.{_b64(json.dumps(_payload()).encode())}"
    assert _refused(f"{body}.")
    assert _refused(body)
    other = OctKey.import_key(b"z" * 40)
    assert _refused(jwt.encode(_header(), _payload(), other, algorithms=["HS256"]))


def test_every_changed_character_fails() -> None:
    """Promise F4: one changed character anywhere in the token is refused."""
    token = tokens.make_access(RING, CLAIMS, 900)
    for at, old in enumerate(token[:-1]):  # the last one carries four unused bits
        new = "A" if old != "A" else "B"
        assert _refused(token[:at] + new + token[at + 1 :])
    for other in (
        token + "=",
        token + "\n",
        " " + token,
        token.upper(),
        f"{token}.x",
        token.replace(".", ".."),
    ):
        assert _refused(other)


@given(
    st.one_of(
        st.text(max_size=200), st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}")
    )
)
def test_garbage_is_refused_and_never_more_than_that(text: str) -> None:
    assert _refused(text)


def test_what_is_signed_for_another_use_is_no_access_token(sqlite_box: Mam) -> None:
    """Promise F5 (the access token's side): refresh, form, grant and upload tokens log nobody in."""
    keys = sqlite_box.auth_keys
    others = [
        tokens.new_secret(),
        sessions.csrf_token(sqlite_box, "cookie"),
        signing.sign(keys, "preview", [new_id(), "1", "2", ""]),
        signing.make_grant(sqlite_box.keys, version_id=new_id(), expires_in=60),
        tokens.make_access(sqlite_box.keys, CLAIMS, 900),  # rightly made, with the delivery keys
    ]
    for token in others:
        with pytest.raises(UnauthorizedError):
            sessions.actor_from_token(sqlite_box, token)
        with pytest.raises(UnauthorizedError):
            sessions.refresh(sqlite_box, token)
        assert sessions.actor_from_cookie(sqlite_box, token) is None


def test_a_rotated_key_goes_on_holding_until_its_end(sqlite_box: Mam) -> None:
    """Promise E9 for access tokens: two keys hold during the overlap; after it the old one is refused."""
    ring = sqlite_box.auth_keys
    old = tokens.make_access(ring, CLAIMS, 900)
    ring.rotate()
    assert tokens.read_access(ring, old) == CLAIMS
    assert tokens.read_access(ring, tokens.make_access(ring, CLAIMS, 900)) == CLAIMS
    ring.rotate(keep_seconds=0)
    with pytest.raises(UnauthorizedError):
        tokens.read_access(ring, old)


def test_a_session_that_is_not_the_users_is_refused(box: Mam) -> None:
    token = tokens.make_access(box.auth_keys, CLAIMS, 900)
    with pytest.raises(UnauthorizedError):
        sessions.actor_from_token(box, token)
