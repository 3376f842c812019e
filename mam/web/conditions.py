"""Conditional requests (RFC 9110, 13): ETags of single things, If-None-Match on GET, If-Match on changes.

An ETag is a hash of the answer's body, so it is strong and every route has one without saying so; what a
change is compared with is the very GET that shows the thing. Pure: headers and the route table.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mam.errors import PreconditionFailedError
from mam.services.preconditions import ANY, ROWS, Condition

if TYPE_CHECKING:
    from mam.web.routes import Route

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_MOST_TAGS = 20  # of an If-Match; whoever knows more states of a thing than these does not know its state
_LAST_ID = re.compile(r"<(\w+)>(?!.*<)")

_SHOWN_BY = {
    "/members/<user_id>": "",
    "/reactions/<name>": "",
    "/files/<file_id>": "",
    "/approval": "/approvals",
    "/review": "/approvals",
}
"""What changes a thing besides its own path and one word behind it: the ending, and what shows it instead."""

_NOT_OF_A_STATE = re.compile(r".*/(restore|check|parts|erase|retry|cancel|priority)")
"""Endings of calls that fit every state: they bring back what shows none, or begin work."""


def etag(body: bytes) -> str:
    """The strong tag of a body."""
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def has_tag(route: Route) -> bool:
    """Whether the route shows one thing, or one state, as JSON; a list has no tag."""
    model = route.answers.get(200)
    if route.method != "GET" or route.page or route.stream or not isinstance(model, type):
        return False
    return "next_cursor" not in getattr(model, "model_fields", {})


def shown_by(routes: Iterable[Route]) -> dict[str, Route]:
    """For each changing route that knows If-Match, by its name: the GET that shows what it changes."""
    routes = list(routes)
    reads = {one.path: one for one in routes if has_tag(one) and _is_held(one)}
    changing = [one for one in routes if _may_be_conditional(one)]
    found = {one.name: reads.get(_thing(one, reads)) for one in changing}
    return {name: shown for name, shown in found.items() if shown is not None}


def condition(header: str, shown: Route | None, ids: Mapping[str, str]) -> Condition | None:
    """What an If-Match asks of the thing; `PreconditionFailedError` where the call changes none with a tag.

    `*` asks only that the thing is there, which the service will say in any case.
    """
    marks = wanted(header)
    if shown is None:
        if ANY in marks:
            return None
        raise PreconditionFailedError("What this call changes has no ETag: leave If-Match out.")
    match = _LAST_ID.search(shown.path)
    return Condition(marks, match[1], ids[match[1]]) if match else Condition(marks, "", "")


def wanted(header: str) -> frozenset[str]:
    """The tags of an If-Match; weak and unreadable ones fit nothing (strong comparison), `*` fits any."""
    parts = [part.strip() for part in header.split(",", _MOST_TAGS)][:_MOST_TAGS]
    if parts == ["*"]:
        return frozenset({ANY})
    matches = (_TAG.fullmatch(part) for part in parts)
    return frozenset(match[2] for match in matches if match and not match[1])


def _is_held(route: Route) -> bool:
    """Whether there is a row to hold while the thing is compared and changed."""
    match = _LAST_ID.search(route.path)
    return route.query is None and (match is None or match[1] in ROWS)


def _may_be_conditional(route: Route) -> bool:
    if route.method in ("GET", "HEAD") or route.page or route.stream:
        return False
    return route.status in (200, 204) and not _NOT_OF_A_STATE.fullmatch(route.path)


def _thing(route: Route, reads: Mapping[str, Any]) -> str:
    """The path of the GET that shows the thing; an empty text where none does."""
    path = route.path
    if path in reads:
        return path
    for ending, instead in _SHOWN_BY.items():
        if path.endswith(ending):
            return path.removesuffix(ending) + instead
    above, _, word = path.rpartition("/")
    is_verb = route.method == "POST" and "<" not in word and above.endswith(">")
    return above if is_verb else ""
