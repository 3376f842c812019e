"""How often one caller may ask: token buckets by address and by user, in this process's memory.

Generous by design: they stop a loop gone wild, not a studio behind one address. Guessing passwords is
slowed elsewhere (`mam.services.throttle`). Writes nothing.
"""

from __future__ import annotations

import ipaddress

from mam.config import Server
from mam.edge.limits import Limiter
from mam.errors import RateLimitedError


class Limits:
    """The buckets of one web process."""

    def __init__(self, config: Server) -> None:
        """Take the rates from `[server]`; each bucket holds two seconds' worth, the anonymous one four."""
        self._all = Limiter(config.rate, config.rate * 2)
        self._anonymous = Limiter(config.anonymous_rate, config.anonymous_rate * 4)

    def request(self, address: str) -> None:
        """Count any request of an address; `RateLimitedError` says when to come back."""
        _admit(self._all, "address " + _network(address))

    def user(self, user_id: str) -> None:
        """Count a request of somebody who is logged in."""
        _admit(self._all, "user " + user_id)

    def anonymous(self, address: str) -> None:
        """Count a request by nobody in particular: a public call, or one whose credentials do not hold."""
        _admit(self._anonymous, _network(address))


def _admit(limiter: Limiter, name: str) -> None:
    wait = limiter.admit(name)
    if wait:
        raise RateLimitedError(f"Too many requests; try again in {wait} s.", wait)


def _network(address: str) -> str:
    """The name of an address's bucket, without a colon: IPv6 clients count by /64."""
    if ":" not in address:
        return "v4 " + address
    try:
        return "v6 " + ipaddress.ip_network((address, 64), strict=False).network_address.exploded[
            :19
        ].replace(":", ".")
    except ValueError:
        return "v6 other"
