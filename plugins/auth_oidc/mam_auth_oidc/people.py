"""From claims to a person: name, email and whether to trust it, groups to roles. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mam.errors import ForbiddenError
from mam.types import Identity
from mam_auth_oidc.settings import Settings


def identity_of(settings: Settings, claims: Mapping[str, Any], kept: str) -> Identity:
    """The person of these claims; `ForbiddenError` for one who is not in the required group."""
    roles, ruled = roles_of(settings, claims)
    require_group(settings, claims)
    email = claims.get("email")
    return Identity(
        email=email if isinstance(email, str) else "",
        display_name=_name(claims),
        authenticator=settings.name,
        subject=str(claims["sub"]),
        issuer=settings.issuer,
        may_link=settings.link_by_email and claims.get("email_verified") is True,
        new_account=settings.new_accounts,
        roles=roles,
        ruled=ruled,
        kept=kept,
    )


def roles_of(settings: Settings, claims: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The roles that the groups give, and all that the rules speak of; nobody's groups give nothing."""
    groups = groups_of(settings, claims) or set()
    rules = settings.rules()
    given = dict.fromkeys(role for group, role in rules if group in groups)
    return tuple(given), tuple(dict.fromkeys(role for _, role in rules))


def groups_of(settings: Settings, claims: Mapping[str, Any]) -> set[str] | None:
    """The groups; a dotted claim reads into objects ("realm_access.roles"). None where none are told."""
    found: Any = claims.get(settings.groups_claim)
    if found is None:
        found = claims
        for part in settings.groups_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return {found}
    return {one for one in found if isinstance(one, str)} if isinstance(found, list) else None


def require_group(settings: Settings, claims: Mapping[str, Any]) -> None:
    """Pass who is in `required_group`, if one is set."""
    if settings.required_group and settings.required_group not in (groups_of(settings, claims) or ()):
        raise ForbiddenError(f"Not in the group {settings.required_group}.")


def remembered(answer: Mapping[str, Any], before: str = "") -> str:
    """What is kept of a person: the refresh token, and the ID token that ends the login there."""
    old = memory(before)
    kept = {name: answer.get(name) or old.get(name) for name in ("refresh_token", "id_token")}
    return json.dumps({name: value for name, value in kept.items() if isinstance(value, str)})


def memory(text: str) -> dict[str, str]:
    """What `remembered` kept; empty for nothing."""
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _name(claims: Mapping[str, Any]) -> str:
    for name in ("name", "preferred_username", "email"):
        value = claims.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return str(claims["sub"])
