"""The settings of `[plugins.auth_oidc]`, refused at start where they could not be meant."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import dataclass, field

from mam.config import Secret
from mam.errors import ConfigError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures made with a private key; `none` and HMAC are never among them."""

_NAME = re.compile(r"[a-z0-9_-]{1,32}", re.ASCII)
_NO_SECRET = Secret("")
_LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    """`[plugins.auth_oidc]`. Seconds; `roles` are `"group => role"` lines."""

    issuer: str
    client_id: str
    client_secret: Secret = _NO_SECRET
    name: str = "oidc"
    label: str = "Single sign-on"
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    algorithms: tuple[str, ...] = ("RS256", "ES256")
    groups_claim: str = "groups"
    roles: tuple[str, ...] = ()
    required_group: str = ""
    new_accounts: str = field(
        default="registration", metadata={"choices": ("registration", "active", "none")}
    )
    link_by_email: bool = False
    clock_skew: int = 60
    timeout: float = 5.0
    ca_file: str = ""

    def __post_init__(self) -> None:
        """Raise `ConfigError` for what would open a door or cannot work."""
        _check_issuer(self.issuer)
        if not self.client_id:
            raise ConfigError("plugins.auth_oidc.client_id: expected the client's id at the provider.")
        if not _NAME.fullmatch(self.name):
            raise ConfigError("plugins.auth_oidc.name: expected 1 to 32 of a-z, 0-9, - and _.")
        if not self.algorithms or set(self.algorithms) - set(ALGORITHMS):
            raise ConfigError(f"plugins.auth_oidc.algorithms: expected some of {', '.join(ALGORITHMS)}.")
        if "openid" not in self.scopes:
            raise ConfigError("plugins.auth_oidc.scopes: openid has to be among them.")
        if not 0 <= self.clock_skew <= 300:  # noqa: PLR2004 - five minutes are a broken clock, not a skew
            raise ConfigError("plugins.auth_oidc.clock_skew: expected a number from 0 to 300.")
        if not 0 < self.timeout <= 15:  # noqa: PLR2004 - a login waits for it
            raise ConfigError("plugins.auth_oidc.timeout: expected seconds, more than 0 and at most 15.")
        self.rules()

    def rules(self) -> tuple[tuple[str, str], ...]:
        """The pairs of group and role; `ConfigError` for a line that is none."""
        pairs = tuple((group.strip(), role.strip()) for group, _, role in map(_split, self.roles))
        if not all(group and role for group, role in pairs):
            raise ConfigError('plugins.auth_oidc.roles: expected lines like "studio-admins => admin".')
        return pairs


def _split(line: str) -> tuple[str, str, str]:
    return line.rpartition("=>")


def _check_issuer(text: str) -> None:
    """https, or a provider on this very machine; no query, no fragment (OpenID Connect Discovery, 3)."""
    parts = urllib.parse.urlsplit(text)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    if not safe or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigError(
            "plugins.auth_oidc.issuer: expected the provider's https address, exactly as it names itself."
        )
