"""What the calls about approvals take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mam.web.api.inputs import Line
from mam.web.bodies import Id, Input, Page

People = Annotated[list[Id], Field(max_length=50)]
StepName = Annotated[str, Field(max_length=100), Line]
Moment = Annotated[str, Field(max_length=40)]
Rule = Literal["all", "any", "majority", "named"]
"""Everybody of a step, one of it, more than half of it, or those required."""


class ApprovalIn(Input):
    """One's own decision; `pending` takes it back."""

    decision: Literal["approved", "changes_requested", "pending"]
    note: Annotated[str, Field(max_length=5000)] = ""


class StepIn(Input):
    """A step of a review: whom it asks; `required` matters to the rule "named"."""

    name: StepName = ""
    reviewers: Annotated[People, Field(min_length=1)]
    required: People = Field(default_factory=list)


Steps = Annotated[list[StepIn], Field(max_length=10)]


class ReviewIn(Input):
    """Whom to ask: in one step (`reviewers`), in several, or those of an earlier version (`same_as`).

    Without people the project's defaults are asked.
    """

    reviewers: People = Field(default_factory=list)
    required: People = Field(default_factory=list)
    steps: Steps = Field(default_factory=list)
    same_as: Id | None = None
    rule: Rule | None = None
    due_at: Moment | None = None


class ReviewPatch(Input):
    """What is to change of a review; people and steps are replaced whole, `due_at` null is no due date."""

    reviewers: People = Field(default_factory=list)
    required: People = Field(default_factory=list)
    steps: Steps = Field(default_factory=list)
    rule: Rule | None = None
    due_at: Moment | None = None


class ReviewDefaultsIn(Input):
    """What a project asks where nobody says otherwise."""

    rule: Rule = "all"
    steps: Steps = Field(default_factory=list)
    due_days: Annotated[int, Field(ge=1, le=365)] | None = None


class WaitingList(Page):
    """Which reviews wait for you."""

    project_id: Id | None = None


class BoardQuery(Page):
    """A column of a project's board."""

    column: Literal["none", "in_review", "changes_requested", "approved"]
    waiting: bool = False
