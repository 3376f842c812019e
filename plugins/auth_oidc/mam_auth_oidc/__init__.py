"""Log in with an OpenID Connect provider: authorisation code with PKCE, checked ID tokens, groups to roles.

Keeps of a person the provider's refresh token, with which it asks whether they still belong. Writes nothing
itself; the box keeps it encrypted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import urllib.parse
from typing import Any

from mam import hookimpl
from mam.config import Config
from mam.errors import AuthenticatorAwayError, ForbiddenError, UnauthorizedError
from mam.types import (
    Finding,
    Identity,
    LoginReturn,
    LoginStart,
    LoginVisit,
    LoginWay,
    Outsider,
    Standing,
)
from mam_auth_oidc import people
from mam_auth_oidc.provider import Provider, RefusedByProviderError, open_provider
from mam_auth_oidc.settings import Settings
from mam_auth_oidc.tokens import claims_of


def _settings(config: Config) -> Settings:
    return config.plugin("auth_oidc", Settings)


@hookimpl
def mam_config() -> type:
    """Our settings."""
    return Settings


@hookimpl
def mam_check(config: Config) -> list[Finding]:
    """Read the provider's description and keys; a provider that is away stops nothing, it may come back."""
    provider = open_provider(_settings(config))
    try:
        metadata, keys = provider.metadata(), provider.keys()
    except AuthenticatorAwayError as error:
        return [Finding("provider", "warning", f"The provider cannot be asked now: {error.reason}")]
    found = [Finding("provider", "ok", f"{provider.settings.issuer}: {len(keys.keys)} keys.")]
    if "S256" not in metadata.get("code_challenge_methods_supported", ["S256"]):
        message = "The provider does not know PKCE with S256, without which nobody is sent there."
        found.append(Finding("pkce", "error", message, blocks=True))
    if not config.server.public_url:
        message = "[server] public_url is empty: the address to come back to follows what the browser names."
        found.append(Finding("public_url", "warning", message))
    return found


@hookimpl
def mam_login_way(config: Config) -> LoginWay:
    """Our button."""
    settings = _settings(config)
    return LoginWay(settings.name, settings.label)


@hookimpl
def mam_login_start(config: Config, visit: LoginVisit) -> LoginStart | None:
    """To the authorisation endpoint, with a fresh nonce and the challenge of a fresh verifier (RFC 7636)."""
    settings = _settings(config)
    if visit.way != settings.name:
        return None
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    fields = {
        "response_type": "code",
        "client_id": settings.client_id,
        "redirect_uri": visit.return_to,
        "scope": " ".join(settings.scopes),
        "state": visit.state,
        "nonce": nonce,
        "code_challenge": _challenge(verifier),
        "code_challenge_method": "S256",
    }
    address = _with_query(str(open_provider(settings).metadata()["authorization_endpoint"]), fields)
    memory = {"nonce": nonce, "verifier": verifier, "return_to": visit.return_to}
    return LoginStart(address, json.dumps(memory))


@hookimpl
def mam_login_finish(config: Config, answer: LoginReturn) -> Identity | None:
    """Exchange the code, check the ID token, answer the person."""
    settings = _settings(config)
    if answer.way != settings.name:
        return None
    provider, memory = open_provider(settings), json.loads(answer.memory)
    code = _code(provider, answer)
    tokens = provider.token(
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": memory["return_to"],
            "code_verifier": memory["verifier"],
        }
    )
    claims = claims_of(provider, tokens.get("id_token"), memory["nonce"])
    if "email" not in claims or people.groups_of(settings, claims) is None:
        claims = _completed(provider, claims, tokens)
    return people.identity_of(settings, claims, people.remembered(tokens))


@hookimpl
def mam_standing(config: Config, outsider: Outsider) -> Standing | None:
    """Spend the kept refresh token: the provider refuses it once the person has left."""
    settings = _settings(config)
    if outsider.issuer != settings.issuer:
        return None
    refresh_token = people.memory(outsider.kept).get("refresh_token")
    if not refresh_token:
        return None
    provider = open_provider(settings)
    try:
        tokens = provider.token({"grant_type": "refresh_token", "refresh_token": refresh_token})
    except RefusedByProviderError as error:
        if error.error_code == "invalid_grant":
            return Standing(here=False)
        raise AuthenticatorAwayError(error.detail) from None
    return _standing(provider, outsider, tokens)


@hookimpl
def mam_logout_address(config: Config, outsider: Outsider, return_to: str) -> str | None:
    """The provider's end-session endpoint (RP-Initiated Logout), where it has one."""
    settings = _settings(config)
    if outsider.issuer != settings.issuer:
        return None
    try:
        address = open_provider(settings).end_session()
    except AuthenticatorAwayError:
        return None
    fields = {"client_id": settings.client_id, "post_logout_redirect_uri": return_to}
    hint = people.memory(outsider.kept).get("id_token")
    return _with_query(address, {**fields, **({"id_token_hint": hint} if hint else {})}) if address else None


def _code(provider: Provider, answer: LoginReturn) -> str:
    """The code, where the answer is no error and comes from our provider (RFC 9207)."""
    if "iss" in answer.query or provider.metadata().get("authorization_response_iss_parameter_supported"):
        given = answer.query.get("iss", "")
        if not hmac.compare_digest(given.encode(), provider.settings.issuer.encode()):
            raise UnauthorizedError(f"The answer names another issuer: {given[:200]!r}.")
    if "error" in answer.query:
        raise UnauthorizedError(f"The provider said: {answer.query['error'][:60]!r}.")
    code = answer.query.get("code", "")
    if not 0 < len(code) <= 4096:  # noqa: PLR2004 - longer than any provider's
        raise UnauthorizedError("The answer carries no code.")
    return code


def _standing(provider: Provider, outsider: Outsider, tokens: dict[str, Any]) -> Standing:
    """Their groups by now; the roles stay as they are where the provider told none."""
    settings = provider.settings
    claims: dict[str, Any] = {}
    try:
        if "id_token" in tokens:
            claims = claims_of(provider, tokens["id_token"], None, subject=outsider.subject)
        claims = _completed(provider, {**claims, "sub": outsider.subject}, tokens)
    except UnauthorizedError as error:
        raise AuthenticatorAwayError(f"The answer to a refresh does not hold: {error.detail}") from None
    kept = people.remembered(tokens, outsider.kept)
    if people.groups_of(settings, claims) is None:
        return Standing(here=True, kept=kept)
    try:
        people.require_group(settings, claims)
    except ForbiddenError:
        return Standing(here=False)
    roles, ruled = people.roles_of(settings, claims)
    return Standing(here=True, roles=roles, ruled=ruled, kept=kept)


def _completed(provider: Provider, claims: dict[str, Any], tokens: dict[str, Any]) -> dict[str, Any]:
    """The claims with those of userinfo; its subject has to be the same (Core, 5.3.2)."""
    more = provider.userinfo(str(tokens.get("access_token") or ""))
    if more and more.get("sub") != claims["sub"]:
        raise UnauthorizedError("The userinfo endpoint speaks of somebody else.")
    return {**more, **claims}


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _with_query(address: str, fields: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urllib.parse.urlencode(fields)}"
