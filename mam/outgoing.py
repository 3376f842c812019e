"""Where the box may send to: which addresses of the outside it accepts, and which one a name stands for now.

Everything that is not plainly on the public internet is refused, in every spelling, unless an administrator
lists it in `[webhooks] allow`. A name is resolved once for each connection, and that connection goes to the
very address that was checked. Opens no connection, writes nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

from mam.config import Webhooks
from mam.errors import MamError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver = Callable[[str, int], list[str]]

MAX_URL = 2000
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", re.ASCII)
_NUMBER = re.compile(r"(0[xX])?[0-9A-Fa-f]*", re.ASCII)
_PORTS = {"https": 443, "http": 80}
# RFC 6890 and its updates: what is no place on the public internet, or leads back into a private one.
_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(one)
    for one in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16",
        "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR = ipaddress.IPv6Network("2002::/16")


class RefusedAddressError(MamError):
    """An address that the box does not send to."""

    code = "address_refused"
    title = "This address is refused"


@dataclass(frozen=True)
class Place:
    """An accepted URL in its parts; `host` as it is named in the certificate, `path` with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The `Host` header: with the port where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str, config: Webhooks) -> Place:
    """The URL's parts; `RefusedAddressError` says what about it is not accepted. Resolves nothing."""
    if (
        len(url) > MAX_URL
        or not url.isascii()
        or any(char <= " " or char in '\x7f\\"<>^`{|}' for char in url)
    ):
        raise RefusedAddressError(f"Give an address of at most {MAX_URL} plain characters without spaces.")
    try:
        parts = urllib.parse.urlsplit(url)
        port = parts.port
    except ValueError:
        raise RefusedAddressError("This is no address.") from None
    schemes = ("https", "http") if config.http else ("https",)
    if parts.scheme not in schemes:
        raise RefusedAddressError(f"The address has to begin with {' or '.join(schemes)}://.")
    if "@" in parts.netloc:
        raise RefusedAddressError("Leave name and password out of the address; deliveries are signed.")
    if parts.fragment or "#" in url:
        raise RefusedAddressError("Leave out the part after #; it is never sent.")
    port = _PORTS[parts.scheme] if port is None else port
    if port not in config.ports:
        listed = ", ".join(map(str, config.ports))
        raise RefusedAddressError(f"Port {port} is refused; accepted: {listed} ([webhooks] ports).")
    path = parts.path or "/"
    return Place(
        parts.scheme, _host(parts.hostname or ""), port, f"{path}?{parts.query}" if parts.query else path
    )


def check_literal(place: Place, config: Webhooks) -> None:
    """Refuse a host that is itself a refused address, or a name that only this machine knows."""
    found = _literal(place.host)
    if found is not None:
        _require(found, place.host, config)
    elif place.host == "localhost" or place.host.endswith(".localhost"):
        _require(ipaddress.ip_address("127.0.0.1"), place.host, config)


def resolve(place: Place, config: Webhooks, resolver: Resolver | None = None) -> str:
    """The one address to connect to now; `RefusedAddressError` where any of the name's is refused.

    Blocks for as long as the system's resolver takes. `OSError` where the name is not known.
    """
    literal = _literal(place.host)
    if literal is not None:
        _require(literal, place.host, config)
        return str(literal)
    found = [ipaddress.ip_address(one) for one in (resolver or _system)(place.host, place.port)]
    for address in found:
        _require(address, place.host, config)
    if not found:
        raise OSError("The name has no address.")
    return str(found[0])


def is_public(address: Address) -> bool:
    """Whether an address is a place on the public internet, whatever family it is dressed in."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner)
    if any(address.version == one.version and address in one for one in _REFUSED):
        return False
    return address.is_global and not address.is_multicast


def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """The allow-list as networks; `ValueError` for what is none."""
    return tuple(ipaddress.ip_network(one) for one in texts)


def _require(address: Address, host: str, config: Webhooks) -> None:
    if is_public(address):
        return
    real = _inner(address) or address
    if any(real.version == one.version and real in one for one in networks(config.allow)):
        return
    raise RefusedAddressError(
        f"{host} leads to {address}, which is not on the public internet; "
        "an administrator may list its network in [webhooks] allow."
    )


def _inner(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, by NAT64, by 6to4."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _MAPPED or address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _SIX_TO_FOUR:
        return ipaddress.IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return None


def _host(text: str) -> str:
    """A host that is a plain name or a plainly written address; `127.1` and `0x7f.1` are neither."""
    host = text.rstrip(".").lower() if not text.endswith("..") else ""
    if _literal(host) is not None:
        return host
    labels = host.split(".")
    sound = len(host) <= 253 and all(_LABEL.fullmatch(label) for label in labels)  # noqa: PLR2004 - RFC 1035
    if not sound or (_NUMBER.fullmatch(labels[-1]) and any(char.isdigit() for char in labels[-1])):
        raise RefusedAddressError("The address needs a host: a name, or an IP address in its usual form.")
    return host


def _literal(host: str) -> Address | None:
    if "%" in host:
        return None
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _system(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(one[4][0]).partition("%")[0] for one in found]
