"""The rules of a review, without a database: what follows from who was asked and what they said.

Steps are gone through in their order; each is judged by the rule among those asked in it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

RULES = ("all", "any", "majority", "named")
"""All of a step, one of it, more than half of it, or those named as required."""

STATUSES = ("none", "in_review", "changes_requested", "approved")
APPROVED, CHANGES, PENDING = "approved", "changes_requested", "pending"
DECISIONS = (APPROVED, CHANGES, PENDING)


@dataclass(frozen=True)
class Asked:
    """Somebody who is asked. `dropped`: has no access any more and no voice."""

    user_id: str
    step: int = 1
    required: bool = False
    dropped: bool = False


@dataclass(frozen=True)
class Verdict:
    """Where a review stands: `step` is the open one, or None once all are approved.

    `steps` are their states from the first: approved, changes_requested, open, later, or blocked, where
    nobody is left whose word could decide. `states` are those of the people, as `Reviewer.state`.
    """

    status: str
    step: int | None = None
    steps: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)


def judge(rule: str, steps: int, asked: Iterable[Asked], said: Mapping[str, str]) -> Verdict:
    """The verdict; `said` is what stands by person, approved or changes_requested."""
    people = list(asked)
    found: list[str] = []
    for number in range(1, steps + 1):
        inside = [one for one in people if one.step == number and not one.dropped]
        found.append(_step(rule, inside, said))
        if found[-1] != APPROVED:
            break
    open_step = len(found) if found and found[-1] != APPROVED else None
    status = CHANGES if CHANGES in found else "in_review" if open_step else APPROVED
    states = {one.user_id: _state(one, open_step, found, said) for one in people}
    return Verdict(status, open_step, (*found, *["later"] * (steps - len(found))), states)


def heard(verdict: Verdict, clients: Iterable[str | None]) -> Verdict:
    """The verdict with the words of links whose guests must agree; None is one that said nothing yet.

    Without them nothing is approved, whatever the rule says of the people; their no is a no.
    """
    words = list(clients)
    if CHANGES in words:
        return replace(verdict, status=CHANGES)
    waits = None in words and verdict.status in ("none", APPROVED)
    return replace(verdict, status="in_review") if waits else verdict


def word(said: Iterable[str]) -> str | None:
    """The one word of a link from those of its guests: a no outweighs, a yes is enough."""
    words = set(said)
    return CHANGES if CHANGES in words else APPROVED if APPROVED in words else None


def unasked(said: Iterable[str]) -> str:
    """The status of a version that nobody was asked about, from what people said all the same."""
    words = set(said)
    return CHANGES if CHANGES in words else APPROVED if APPROVED in words else "none"


def _step(rule: str, inside: list[Asked], said: Mapping[str, str]) -> str:
    voices = [one for one in inside if one.required or rule != "named"]
    if not voices:
        return "blocked"
    words = [said.get(one.user_id) for one in voices]
    yes, no, many = words.count(APPROVED), words.count(CHANGES), len(voices)
    enough = {"any": yes > 0, "majority": 2 * yes > many}.get(rule, yes == many)
    against = {"any": no > 0, "majority": 2 * no >= many}.get(rule, no > 0)
    return APPROVED if enough else CHANGES if against else "open"


def _state(one: Asked, open_step: int | None, steps: list[str], said: Mapping[str, str]) -> str:
    if one.dropped:
        return "dropped"
    if one.user_id in said:
        return said[one.user_id]
    if open_step is not None and one.step > open_step:
        return "later"
    return "waiting" if one.step == open_step and steps[-1] == "open" else "done"
