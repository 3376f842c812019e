"""The directory: connections over TLS, a search with the service account, a bind with what somebody typed.

Servers are asked in their order; one that did not answer is left out for some seconds. Referrals are not
followed. Everything typed is escaped before it stands in a filter (RFC 4515). Writes nothing.
"""

from __future__ import annotations

import math
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import ldap3
import structlog
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from mam.errors import AuthenticatorAwayError
from mam_auth_ldap.settings import Settings

T = TypeVar("T")
log = structlog.get_logger("mam.auth_ldap")

AWAY_SECONDS = 5.0
"""How long a server that did not answer is not asked."""

_INVALID_CREDENTIALS = 49  # RFC 4511, 4.1.9
_SUCCESS = 0
_away: dict[str, float] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Entry:
    """Somebody's entry: attribute names in lower case, values as text, or bytes where they are none."""

    dn: str
    values: Mapping[str, list[Any]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """The first value as text; bytes in hexadecimal; empty for none."""
        found = (self.values.get(name.lower()) or [""])[0]
        return found.hex() if isinstance(found, bytes) else str(found)


def checked(settings: Settings, login: str, password: str) -> tuple[Entry, list[str]] | None:
    """The entry and groups of somebody whose password fits, else None; as long either way.

    An empty password never reaches a directory, which would call it anonymous and answer yes (RFC 4513,
    5.1.2). Raises `AuthenticatorAwayError`.
    """
    if not login or not password or "\0" in password:
        return None

    def work(connection: ldap3.Connection, server: ldap3.Server) -> tuple[Entry, list[str]] | None:
        found = _search(
            connection, settings, settings.user_filter.replace("{login}", escape_filter_chars(login))
        )
        entry = found[0] if len(found) == 1 and found[0].dn else None
        # nobody, or several: the same question is asked for a name that is not there
        fits = _binds(settings, server, entry.dn if entry else f"cn=nobody,{settings.base}", password)
        return (entry, _groups(connection, settings, entry)) if entry is not None and fits else None

    return _ask(settings, work)


def by_id(settings: Settings, subject: str) -> tuple[Entry, list[str]] | None:
    """The entry of somebody known by the id attribute; None where it is gone or not active."""

    def work(connection: ldap3.Connection, _server: ldap3.Server) -> tuple[Entry, list[str]] | None:
        for value in _spellings(subject):
            found = _search(connection, settings, f"({settings.id_attribute}={value})")
            if len(found) == 1:
                return found[0], _groups(connection, settings, found[0])
        return None

    return _ask(settings, work)


def probe(settings: Settings) -> None:
    """Log the service account in and look at the base; `AuthenticatorAwayError` says what is wrong."""
    _ask(
        settings, lambda connection, _server: connection.search(settings.base, "(objectClass=*)", ldap3.BASE)
    )


def forget() -> None:
    """Ask every server again, whatever was a moment ago."""
    with _lock:
        _away.clear()


# --- inside --------------------------------------------------------------------------------------


def _ask(settings: Settings, work: Callable[[ldap3.Connection, ldap3.Server], T]) -> T:
    """Work with the first server that answers, logged in as the service account."""
    reasons = ["did not answer a moment ago"]
    for address in settings.servers:
        if _is_away(address):
            continue
        server = _server(settings, address)
        try:
            connection = _connected(settings, server, settings.bind_dn, str(settings.bind_password))
            try:
                if connection.result["result"] != _SUCCESS:
                    raise AuthenticatorAwayError(f"{address} refuses the service account {settings.bind_dn}.")
                return work(connection, server)
            finally:
                connection.unbind()
        except (LDAPException, OSError, ssl.SSLError) as error:
            reasons.append(f"{address}: {type(error).__name__}: {error}"[:300])
            log.warning("directory does not answer", server=address, reason=reasons[-1])
            with _lock:
                _away[address] = time.monotonic() + AWAY_SECONDS
    raise AuthenticatorAwayError(reasons[-1])


def _is_away(address: str) -> bool:
    with _lock:
        return time.monotonic() < _away.get(address, 0.0)


def _server(settings: Settings, address: str) -> ldap3.Server:
    parts = urllib.parse.urlsplit(address)
    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=settings.ca_file or None)
    return ldap3.Server(
        parts.hostname, port=parts.port, use_ssl=parts.scheme == "ldaps",
        tls=tls, get_info=ldap3.NONE, connect_timeout=settings.timeout,
    )  # fmt: skip


def _connected(settings: Settings, server: ldap3.Server, dn: str, password: str) -> ldap3.Connection:
    """A connection that has tried to bind; its result says how that ended. No bind before TLS."""
    connection = ldap3.Connection(
        server, user=dn, password=password, authentication=ldap3.SIMPLE, auto_bind=ldap3.AUTO_BIND_NONE,
        read_only=True, auto_referrals=False, raise_exceptions=False,
        receive_timeout=math.ceil(settings.timeout),
    )  # fmt: skip
    connection.open(read_server_info=False)
    if settings.start_tls and not server.ssl and not connection.start_tls(read_server_info=False):
        connection.unbind()
        raise LDAPException("The server does not begin TLS.")
    connection.bind(read_server_info=False)
    return connection


def _binds(settings: Settings, server: ldap3.Server, dn: str, password: str) -> bool:
    """Whether the directory takes this password, by a connection of its own."""
    connection = _connected(settings, server, dn, password)
    try:
        code = connection.result["result"]
        if code not in (_SUCCESS, _INVALID_CREDENTIALS):
            log.info("bind refused", code=code, said=str(connection.result.get("description", ""))[:100])
        return bool(code == _SUCCESS)
    finally:
        connection.unbind()


def _search(connection: ldap3.Connection, settings: Settings, filter_: str) -> list[Entry]:
    """At most two entries below the base; two are as good as none."""
    whole = f"(&{filter_}{settings.active_filter})" if settings.active_filter else filter_
    wanted = {
        settings.id_attribute, settings.email_attribute, settings.name_attribute, settings.groups_attribute,
    }  # fmt: skip
    connection.search(
        settings.base, whole, ldap3.SUBTREE, attributes=sorted(wanted), size_limit=2,
        time_limit=max(1, int(settings.timeout)),
    )  # fmt: skip
    _require(connection)
    return _entries(connection)


def _groups(connection: ldap3.Connection, settings: Settings, entry: Entry) -> list[str]:
    """DNs of the groups: what the entry says, and what a search below `group_base` finds."""
    told = [str(one) for one in entry.values.get(settings.groups_attribute.lower(), [])]
    if not settings.group_base:
        return told
    filter_ = settings.group_filter.replace("{dn}", escape_filter_chars(entry.dn))
    connection.search(settings.group_base, filter_, ldap3.SUBTREE, attributes=["1.1"], size_limit=1000)
    _require(connection)
    return told + [one.dn for one in _entries(connection)]


def _require(connection: ldap3.Connection) -> None:
    """A search that was not answered in full is no answer: nobody is locked because of it (4: size limit)."""
    code = connection.result["result"]
    if code not in (_SUCCESS, 4):
        raise AuthenticatorAwayError(f"The search ended with {connection.result['description']}.")


def _entries(connection: ldap3.Connection) -> list[Entry]:
    rows = [one for one in connection.response or [] if one.get("type") == "searchResEntry"]
    return [
        Entry(row["dn"], {name.lower(): _texts(raw) for name, raw in row["raw_attributes"].items()})
        for row in rows
    ]


def _texts(raw: list[bytes]) -> list[Any]:
    found: list[Any] = []
    for one in raw:
        try:
            found.append(one.decode("utf-8") if one.isascii() or len(one) != 16 else one)  # noqa: PLR2004 - a GUID
        except UnicodeDecodeError:
            found.append(one)
    return found


def _spellings(subject: str) -> list[str]:
    """A subject as text, and as the bytes that a hexadecimal one stands for (objectGUID)."""
    spelled = [escape_filter_chars(subject)]
    if len(subject) == 32 and all(char in "0123456789abcdef" for char in subject):  # noqa: PLR2004 - 16 bytes
        spelled.append("".join(f"\\{subject[at : at + 2]}" for at in range(0, 32, 2)))
    return spelled
