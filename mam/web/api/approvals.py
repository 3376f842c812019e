"""Approvals: one's own decision on a version, reviews asked for, what waits for whom."""

from __future__ import annotations

from typing import Any

from mam.services import approvals, board, review_requests, review_state
from mam.web.api import inputs_approvals as inputs
from mam.web.api.repeat import repeatable
from mam.web.routes import Call


async def get_approvals(call: Call[Any], version_id: str) -> Any:
    """Where the review of a version stands: who is asked, in which step, what they said."""
    return await call.run(review_state.get, version_id)


async def approval_history(call: Call[Any], version_id: str) -> Any:
    """Everything that was decided on a version, the latest first."""
    return await call.run(review_state.history, version_id, **call.query.model_dump())


async def decide(call: Call[inputs.ApprovalIn], version_id: str) -> Any:
    """Decide for yourself: approve, request changes, or take back what you said."""
    return await call.run(approvals.decide, version_id, **call.body.model_dump())


async def ask(call: Call[inputs.ReviewIn], version_id: str) -> Any:
    """Ask people for a review of a version."""
    return await repeatable(call, review_requests.ask, version_id, call.given)


async def change(call: Call[inputs.ReviewPatch], version_id: str) -> Any:
    """Change whom a review asks, in which steps, by which rule, until when."""
    return await call.run(review_requests.change, version_id, call.given)


async def withdraw(call: Call[Any], version_id: str) -> None:
    """End a review: nobody owes anything any more."""
    await call.run(review_requests.withdraw, version_id)


async def get_defaults(call: Call[Any], project_id: str) -> Any:
    """What a project asks where nobody says otherwise."""
    return await call.run(review_requests.get_defaults, project_id)


async def set_defaults(call: Call[inputs.ReviewDefaultsIn], project_id: str) -> Any:
    """Set what a project asks where nobody says otherwise."""
    return await call.run(review_requests.set_defaults, project_id, call.body.model_dump())


async def waiting(call: Call[inputs.WaitingList]) -> Any:
    """The reviews that wait for you, the first due first."""
    return await call.run(board.waiting, **call.query.model_dump())


async def column(call: Call[inputs.BoardQuery], project_id: str) -> Any:
    """A column of a project's board; what is in review, the first due first."""
    return await call.run(board.column, project_id, **call.query.model_dump())


async def counts(call: Call[Any], project_id: str) -> Any:
    """How many assets of a project stand where."""
    return await call.run(board.counts, project_id)
