"""The settings of `[plugins.auth_ldap]`, refused at start where a password could be overheard."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass, field

from mam.config import Secret
from mam.errors import ConfigError

_LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class Settings:
    """`[plugins.auth_ldap]`. Seconds; servers are asked in order, `roles` are `"group => role"`."""

    servers: tuple[str, ...]
    base: str
    bind_dn: str
    bind_password: Secret
    start_tls: bool = True
    ca_file: str = ""
    user_filter: str = "(&(objectClass=person)(|(mail={login})(uid={login})))"
    active_filter: str = ""
    id_attribute: str = "entryUUID"
    email_attribute: str = "mail"
    name_attribute: str = "cn"
    groups_attribute: str = "memberOf"
    group_base: str = ""
    group_filter: str = "(member={dn})"
    roles: tuple[str, ...] = ()
    required_group: str = ""
    new_accounts: str = field(
        default="registration", metadata={"choices": ("registration", "active", "none")}
    )
    link_by_email: bool = False
    timeout: float = 4.0

    def __post_init__(self) -> None:
        """Raise `ConfigError` for what would open a door or cannot work."""
        if not self.servers or not self.base or not self.bind_dn or not self.bind_password:
            raise _wrong("servers", "servers, base, bind_dn and bind_password are needed, none of them empty")
        for address in self.servers:
            self._check_server(address)
        for name, hole in (("user_filter", "{login}"), ("group_filter", "{dn}")):
            text = getattr(self, name)
            if hole not in text or not balanced(text):
                raise _wrong(name, f"a filter in parentheses with {hole}")
        if self.active_filter and not balanced(self.active_filter):
            raise _wrong("active_filter", "a filter in parentheses")
        if not 0 < self.timeout <= 8:  # noqa: PLR2004 - a login waits for it, twice
            raise _wrong("timeout", "seconds, more than 0 and at most 8")
        self.rules()

    def rules(self) -> tuple[tuple[str, str], ...]:
        """The pairs of group and role; `ConfigError` for a line that is none."""
        pairs = tuple(
            (group.strip(), role.strip()) for group, _, role in (one.rpartition("=>") for one in self.roles)
        )
        if not all(group and role for group, role in pairs):
            raise _wrong("roles", 'lines like "cn=admins,ou=groups,dc=studio,dc=example => admin"')
        return pairs

    @property
    def issuer(self) -> str:
        """What people of this directory are known under."""
        return f"ldap:{self.base.lower()}"

    def _check_server(self, address: str) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or parts.path not in ("", "/"):
            raise _wrong("servers", "addresses like ldaps://directory.example")
        if parts.scheme == "ldap" and not self.start_tls and parts.hostname not in _LOCAL:
            raise _wrong("start_tls", "true for ldap:// addresses elsewhere: passwords would be overheard")


def balanced(text: str) -> bool:
    """Whether a filter's parentheses open and close as they should, with nothing around them."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth < 0 or (depth == 0 and place < len(text) - 1):
            return False
    return text.startswith("(") and depth == 0


def _wrong(name: str, expected: str) -> ConfigError:
    return ConfigError(f"plugins.auth_ldap.{name}: expected {expected}.")
