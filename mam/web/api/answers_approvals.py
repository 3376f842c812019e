"""What the calls about approvals answer: models for the OpenAPI document, held to by a test."""

from __future__ import annotations

from typing import Literal

from mam.web.api.answers import Answer, Decided, Review, Someone

State = Literal["later", "waiting", "approved", "changes_requested", "done", "dropped"]


class ReviewerState(Answer):
    """Somebody who is asked, and where that stands."""

    user: Someone | None
    required: bool
    state: State
    note: str
    decided_at: str | None


class StepState(Answer):
    """A step; blocked is one where nobody is left whose word could decide."""

    number: int
    name: str
    state: Literal["approved", "changes_requested", "open", "later", "blocked"]
    reviewers: list[ReviewerState]


class Requested(Answer):
    """What is asked on a version."""

    rule: Literal["all", "any", "majority", "named"]
    due_at: str | None
    asked_by: Someone | None
    asked_at: str
    open_step: int | None
    steps: list[StepState]


class Earlier(Answer):
    """A version whose reviewers may be asked again."""

    version_id: str
    number: int


class ClientState(Answer):
    """A share link whose guests must agree; `decision` is null as long as its word is waited for."""

    share_id: str
    title: str
    decision: Literal["approved", "changes_requested"] | None


class Approvals(Answer):
    """The review of a version; `others` were not asked, `mine` and the rest are about whoever reads."""

    version_id: str
    review: Review
    request: Requested | None
    others: list[Decided]
    mine: Decided | None
    may_decide: bool
    owes: bool
    may_request: bool
    clients: list[ClientState]
    previous: Earlier | None


class DefaultReviewer(Answer):
    """Somebody who is asked by default."""

    user: Someone
    required: bool


class DefaultStep(Answer):
    """A step that is asked by default."""

    name: str
    reviewers: list[DefaultReviewer]


class ReviewDefaults(Answer):
    """What a project asks where nobody says otherwise."""

    project_id: str
    rule: Literal["all", "any", "majority", "named"]
    due_days: int | None
    steps: list[DefaultStep]


class Waiting(Answer):
    """A review that waits for whoever reads."""

    project_id: str
    project: str
    asset_id: str
    title: str
    version_id: str
    number: int
    due_at: str | None
    overdue: bool
    asked_by: Someone | None
    asked_at: str
    step: str


class BoardCard(Answer):
    """An asset on the board by its current version; `owed_by` are those whose word is waited for."""

    asset_id: str
    title: str
    kind: str | None
    version_id: str
    number: int
    blurhash: str | None
    width: int | None
    height: int | None
    review: Review
    owed_by: list[Someone]
    mine: bool


class BoardCounts(Answer):
    """How many assets stand in each column; overdue are among those in review."""

    none: int
    in_review: int
    changes_requested: int
    approved: int
    overdue: int
    waiting: int
