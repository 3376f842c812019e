"""The provider as it describes itself: discovery document and keys, asked for when needed and kept a while.

Every request goes to the issuer's own addresses with the settings' time limit; nothing is followed, nothing
larger than a megabyte is read. Writes nothing.
"""

from __future__ import annotations

import base64
import math
import ssl
import threading
import time
import urllib.parse
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import httpx
from joserfc.jwk import KeySet

from mam.errors import AuthenticatorAwayError, UnauthorizedError
from mam_auth_oidc.settings import Settings

MOST_BYTES = 1 << 20
"""The largest answer of a provider that is read."""

FRESH_SECONDS = 3600.0
"""How long a discovery document is taken for true."""

AWAY_SECONDS = 3.0
"""How long nobody waits for a provider that has just not answered."""

KEY_SECONDS = 10.0
"""Keys are asked for anew at most this often, however many tokens name unknown ones."""

_OK, _BROKEN = 200, 500
_TOO_MANY = 429


class RefusedByProviderError(UnauthorizedError):
    """The provider answered, and the answer is no; `error_code` is its own word (RFC 6749, 5.2)."""


class Provider:
    """One provider. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is asked yet."""
        self.settings = settings
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._read_at = -math.inf
        self._away_until = -math.inf
        self._keys: KeySet | None = None
        self._keys_at = -math.inf

    def metadata(self) -> dict[str, Any]:
        """The discovery document; `AuthenticatorAwayError` where it cannot be had or is not this issuer's."""
        with self._lock:
            if time.monotonic() - self._read_at < FRESH_SECONDS:
                return self._metadata
            if time.monotonic() < self._away_until:
                raise AuthenticatorAwayError("The provider did not answer a moment ago.")
            self._away_until = time.monotonic() + AWAY_SECONDS
            address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = self._read("GET", address)
            if found.get("issuer") != self.settings.issuer:
                raise AuthenticatorAwayError(
                    f"The discovery document names the issuer {str(found.get('issuer'))[:200]!r}."
                )
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                self._checked(found.get(name), name)
            self._metadata, self._read_at, self._away_until = found, time.monotonic(), -math.inf
            return found

    def keys(self, *, anew: bool = False) -> KeySet:
        """The provider's keys; `anew` where a token names one that is not among them (it rotated)."""
        address = str(self.metadata()["jwks_uri"])
        with self._lock:
            stale = time.monotonic() - self._keys_at >= (KEY_SECONDS if anew else FRESH_SECONDS)
            if self._keys is None or stale:
                found = self._read("GET", address).get("keys")
                self._keys = _public_keys(found)
                self._keys_at = time.monotonic()
            return self._keys

    def token(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The token endpoint's answer; `RefusedByProviderError` where it says no."""
        metadata = self.metadata()
        fields, headers = dict(form), {}
        secret = str(self.settings.client_secret)
        methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if secret and "client_secret_basic" in methods:
            headers["Authorization"] = _basic(self.settings.client_id, secret)
        else:
            fields["client_id"] = self.settings.client_id
            if secret:
                fields["client_secret"] = secret
        return self._read("POST", str(metadata["token_endpoint"]), data=fields, headers=headers)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """The claims of the userinfo endpoint; empty where there is none."""
        address = self.metadata().get("userinfo_endpoint")
        if not address or not access_token:
            return {}
        headers = {"Authorization": f"Bearer {access_token}"}
        return self._read("GET", self._checked(address, "userinfo_endpoint"), headers=headers)

    def end_session(self) -> str:
        """Where a login ends; empty where the provider has no such place."""
        address = self.metadata().get("end_session_endpoint")
        return self._checked(address, "end_session_endpoint") if address else ""

    def _checked(self, address: Any, name: str) -> str:
        """An endpoint is https, as the issuer is; only one on this machine may do without."""
        local = self.settings.issuer.startswith("http://")
        parts = urllib.parse.urlsplit(str(address or ""))
        if parts.scheme not in (("https", "http") if local else ("https",)) or not parts.hostname:
            raise AuthenticatorAwayError(f"The discovery document has no usable {name}.")
        return str(address)

    def _read(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            with self._client() as client, client.stream(method, address, **more) as answer:
                body = _limited(answer)
                return _parsed(answer.status_code, body)
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
            raise AuthenticatorAwayError(f"{address}: {type(error).__name__}: {error}") from None

    def _client(self) -> httpx.Client:
        return httpx.Client(
            timeout=self.settings.timeout, follow_redirects=False, verify=_trust(self.settings.ca_file)
        )


@lru_cache(maxsize=8)
def open_provider(settings: Settings) -> Provider:
    """The provider of these settings, one a process, so that its document and keys are read once."""
    return Provider(settings)


@lru_cache(maxsize=8)
def _trust(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file or None)


def _limited(answer: httpx.Response) -> bytes:
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise AuthenticatorAwayError("The provider's answer is larger than a megabyte.")
    return bytes(body)


def _parsed(status: int, body: bytes) -> dict[str, Any]:
    """A JSON object of a good answer; the provider's own no for 4xx, away for everything else."""
    try:
        found = httpx.Response(status, content=body).json()
    except ValueError:
        found = None
    if status == _OK and isinstance(found, dict):
        return found
    if _OK < status < _BROKEN and status != _TOO_MANY and isinstance(found, dict) and "error" in found:
        code = str(found["error"])[:60]
        raise RefusedByProviderError(f"The provider refused: {code}.", code=code)
    raise AuthenticatorAwayError(f"The provider answered with status {status}.")


def _public_keys(found: Any) -> KeySet:
    """Keys for signatures that we know how to use; secrets, and keys for encryption, are left out."""
    rows = found if isinstance(found, list) else []
    usable = [
        row
        for row in rows
        if isinstance(row, dict) and row.get("kty") in ("RSA", "EC", "OKP") and row.get("use", "sig") == "sig"
    ]
    keys = []
    for row in usable[:100]:
        try:
            keys.extend(KeySet.import_key_set({"keys": [row]}).keys)
        except (ValueError, KeyError, TypeError):
            continue
    return KeySet(keys)


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749, 2.3.1: each half is encoded first; a space as %20, which every decoder reads."""
    pair = f"{urllib.parse.quote(client_id, safe='')}:{urllib.parse.quote(secret, safe='')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
