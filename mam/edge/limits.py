"""Who asks, and how often: the client's address behind trusted proxies, and a token bucket for each.

Keeps at most `MOST_CLIENTS` buckets in memory; writes nothing.
"""

from __future__ import annotations

import ipaddress
import math
import time
import urllib.parse
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

MOST_CLIENTS = 20_000
"""Buckets kept; the least recently seen are forgotten first, which only ever gives them a full bucket."""

_LOOPBACK = ("127.0.0.1", "::1")
_LOCAL_NAMES = ("localhost", *_LOOPBACK)
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]


class Named(Protocol):
    """Headers as the frameworks give them."""

    def __contains__(self, name: str, /) -> bool:
        """Whether one of that name was sent."""

    def get(self, name: str, default: str, /) -> str:
        """Its value."""


def networks(texts: Iterable[str]) -> Networks:
    """Addresses and networks of the configuration's `trusted_proxies`; `ValueError` for other text."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def client_address(peer: str, forwarded_for: Sequence[str], trusted: Networks) -> str:
    """The address to hold a request to: the peer, or, behind a trusted proxy, whom it names.

    `forwarded_for` are the values of X-Forwarded-For in order. Read from the right: the first address
    that is no trusted proxy. What an untrusted peer says is not looked at, so it cannot be spoofed.
    """
    named = [part.strip() for value in forwarded_for for part in value.split(",")] if trusted else []
    address = peer
    while named and _within(address, trusted):
        address = named.pop()
    return address


def asks_here(peer: str, headers: Named, public_url: str = "") -> bool:
    """Whether a program of this very machine asks, and nobody asks through it.

    A proxy in front connects from this machine too: one that says so, that passes on another name, or whose
    public address is configured, speaks for strangers. A page of another site that had its name turned to
    this machine brings that name. `headers` are looked up without regard to case.
    """
    if peer not in _LOOPBACK or any(name in headers for name in _FORWARDED):
        return False
    public = urllib.parse.urlsplit(public_url).hostname
    named = urllib.parse.urlsplit(f"//{headers.get('Host', '')}").hostname
    return named in _LOCAL_NAMES and (public is None or public in _LOCAL_NAMES)


def _within(address: str, nets: Networks) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in net for net in nets)


@dataclass
class Limiter:
    """A token bucket for each client address: `rate` a second, `burst` at once; a `rate` of 0 is no limit.

    A loopback peer is the box itself or its own web server and is not limited. IPv6 clients count by /64.
    """

    rate: float
    burst: float
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def admit(self, address: str, now: float | None = None) -> int:
        """Take one token: 0 when admitted, else the whole seconds to wait."""
        if self.rate <= 0 or address.startswith("127.") or address == "::1":
            return 0
        name = _bucket_name(address) if ":" in address else address
        seen = time.monotonic() if now is None else now
        tokens, last = self._buckets.pop(name, (self.burst, seen))
        tokens = min(self.burst, tokens + (seen - last) * self.rate)
        admitted = tokens >= 1
        self._buckets[name] = (tokens - 1 if admitted else tokens, seen)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0 if admitted else max(1, math.ceil((1 - tokens) / self.rate))

    def left(self, name: str) -> float:
        """Tokens left after the last request counted under this name; a whole bucket for a new one."""
        return self._buckets.get(name, (self.burst, 0.0))[0]


def _bucket_name(address: str) -> str:
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        return address
