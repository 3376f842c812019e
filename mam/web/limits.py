"""How often one caller may ask: token buckets by address and by user, in this process's memory.

Generous by design: they stop a loop gone wild, not a studio behind one address. Guessing passwords is
slowed elsewhere (`mam.services.throttle`). Every answer of the API tells the limits that it was counted
under, in the fields of draft-ietf-httpapi-ratelimit-headers-10. Writes nothing.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass

from mam.config import Server
from mam.edge.limits import Limiter
from mam.errors import RateLimitedError


@dataclass(frozen=True)
class Quota:
    """One limit as it stands for a caller: `most` requests within `window` seconds, of which `left` are left.

    `reset` is the seconds until there are `most` again. Without a `most` it is told only that none is left.
    """

    name: str
    most: int
    window: int
    left: int
    reset: int


def fields(quotas: Iterable[Quota]) -> dict[str, str]:
    """`RateLimit` and `RateLimit-Policy` of an answer; empty where nothing limits it."""
    known = list(quotas)
    found = {
        "RateLimit": [f'"{one.name}";r={one.left};t={one.reset}' for one in known],
        "RateLimit-Policy": [f'"{one.name}";q={one.most};w={one.window}' for one in known if one.most],
    }
    return {name: ", ".join(items) for name, items in found.items() if items}


class Limits:
    """The buckets of one web process."""

    def __init__(self, config: Server) -> None:
        """Take the rates from `[server]`; each bucket holds two seconds' worth, the anonymous one four."""
        self._all = Limiter(config.rate, config.rate * 2)
        self._anonymous = Limiter(config.anonymous_rate, config.anonymous_rate * 4)

    def request(self, address: str, told: list[Quota]) -> None:
        """Count any request of an address; `RateLimitedError` says when to come back.

        How the limit stands then is added to `told`, here as below.
        """
        _admit(self._all, "address", _network(address), told)

    def user(self, user_id: str, told: list[Quota]) -> None:
        """Count a request of somebody who is logged in."""
        _admit(self._all, "user", user_id, told)

    def anonymous(self, address: str, told: list[Quota]) -> None:
        """Count a request by nobody in particular: a public call, or one whose credentials do not hold."""
        _admit(self._anonymous, "anonymous", _network(address), told)


def _admit(limiter: Limiter, kind: str, whose: str, told: list[Quota]) -> None:
    name = whose if kind == "anonymous" else f"{kind} {whose}"
    wait = limiter.admit(name)
    if limiter.rate > 0:
        left, burst, rate = limiter.left(name), limiter.burst, limiter.rate
        window, reset = math.ceil(burst / rate), math.ceil((burst - left) / rate)
        told.append(Quota(kind, int(burst), window, int(left), reset))
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
