"""Approvals: asked, decided, taken back; steps, people who leave, new versions; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from comment_stage import Stage, make_stage, make_version

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from mam.models import Asset, AuditEntry, Decision, Member, User, Version, database, now
from mam.services import accounts, approvals, assets, board, projects, review_requests, review_state
from mam.types import Actor

YES, NO = "approved", "changes_requested"


class Review:
    """The stage, with shorter words for reviews; `client` is a second reviewer."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.mam, self.people = stage, stage.mam, stage.people
        Asset.update(current_version_id=stage.version_id).where(Asset.id == stage.asset_id).execute()
        self.add("client", "viewer")

    def add(self, name: str, role: str) -> None:
        user = User.create(email=f"{name}@example.org", display_name=name.title(), status="active")
        Member.create(project=self.stage.project_id, user=user, role=role)
        self.people[name] = Actor(user.id, email=user.email, roles=("member",))

    def id(self, who: str) -> str:
        return str(self.people[who].user_id)

    def ask(self, *who: str, version_id: str = "", by: str = "editor", **more: Any) -> dict[str, Any]:
        given = {"reviewers": [self.id(one) for one in who], **more} if who else more
        version_id = version_id or self.stage.version_id
        return review_requests.ask(self.mam, self.people[by], version_id, given)

    def decide(self, who: str, decision: str, note: str = "", version_id: str = "") -> dict[str, Any]:
        version_id = version_id or self.stage.version_id
        return approvals.decide(self.mam, self.people[who], version_id, decision=decision, note=note)

    def get(self, who: str = "editor", version_id: str = "") -> dict[str, Any]:
        return review_state.get(self.mam, self.people[who], version_id or self.stage.version_id)

    @property
    def status(self) -> str:
        return str(self.get()["review"]["status"])

    def waiting(self, who: str) -> list[str]:
        return [one["version_id"] for one in board.waiting(self.mam, self.people[who])["items"]]


@pytest.fixture
def review(box: Mam) -> Review:
    return _review(box)


@pytest.fixture
def sqlite_review(sqlite_box: Mam) -> Review:
    return _review(sqlite_box)


def _review(mam: Mam) -> Review:
    stage = make_stage(mam)
    User.update(status="active").execute()
    return Review(stage)


def test_from_the_question_to_the_last_word(review: Review) -> None:
    # Given a review in two steps: the supervisor, then the client
    due = (now() + timedelta(days=2)).isoformat()
    steps = [
        {"name": "Supervisor", "reviewers": [review.id("reviewer")]},
        {"name": "Client", "reviewers": [review.id("client")]},
    ]
    asked = review.ask(steps=steps, due_at=due)
    assert (asked["review"]["status"], asked["request"]["open_step"]) == ("in_review", 1)
    assert (review.waiting("reviewer"), review.waiting("client")) == ([review.stage.version_id], [])
    # When the client decides before the turn, then that is refused with a code of its own
    with pytest.raises(ConflictError) as early:
        review.decide("client", YES)
    assert early.value.error_code == "not_your_turn"
    # When the supervisor requests changes, it is said in the list of notes too, and nobody owes any more
    review.decide("reviewer", NO, "Logo too small")
    assert review.status == NO
    assert [note["body"] for note in review.stage.list()] == ["Logo too small"]
    assert review.waiting("reviewer") == []
    # When the supervisor thinks better of it, the client's step opens, though a viewer decides there
    review.decide("reviewer", YES)
    assert review.waiting("client") == [review.stage.version_id]
    found = review.decide("client", YES)
    # Then the version is approved, shows both words, and nothing that was said is lost
    assert found["review"]["status"] == YES
    shown = assets.get_asset(review.mam, review.people["viewer"], review.stage.asset_id)["versions"][0]
    said = [(one["user"]["display_name"], one["decision"]) for one in shown["review"]["decisions"]]
    assert said == [("Reviewer", YES), ("Client", YES)]
    past = review_state.history(review.mam, review.people["viewer"], review.stage.version_id)["items"]
    assert [(one["decision"], one["note"], one["superseded_at"] is None) for one in past] == [
        (YES, "", True), (YES, "", True), (NO, "Logo too small", False)
    ]  # fmt: skip
    actions = {row.action for row in AuditEntry.select()}
    assert {"review.requested", "review.decided"} <= actions


def test_taking_back_undoes_the_note_unless_it_was_worked_with(sqlite_review: Review) -> None:
    review = sqlite_review
    review.ask("reviewer")
    # Given a request for changes, taken back at once: its note goes along
    review.decide("reviewer", NO, "Too dark")
    assert review.decide("reviewer", "pending")["review"]["status"] == "in_review"
    assert review.stage.list() == []
    # Given another, answered meanwhile: the note stays
    review.decide("reviewer", NO, "Too bright")
    review.stage.write(parent_id=review.stage.list()[0]["id"])
    review.decide("reviewer", "pending")
    assert [note["body"] for note in review.stage.list()] == ["Too bright"]
    # And saying it again makes no second note; saying the same twice changes nothing
    review.decide("reviewer", NO, "Too bright")
    review.decide("reviewer", NO, "Too bright")
    assert len(review.stage.list()) == 1
    assert Decision.select().where(Decision.superseded_at.is_null()).count() == 1


def test_nobody_decides_for_others_and_few_may_ask(sqlite_review: Review) -> None:
    review = sqlite_review
    for who in ("reviewer", "viewer"):
        with pytest.raises(ForbiddenError):
            review.ask("client", by=who)
    review.ask("client")
    # A member with the right may speak unasked: it is shown, and decides nothing
    found = review.decide("owner", YES)
    assert (found["review"]["status"], [one["decision"] for one in found["others"]]) == ("in_review", [YES])
    # A viewer who was not asked may not, a stranger sees nothing, the box itself has no opinion
    with pytest.raises(ForbiddenError):
        review.decide("viewer", YES)
    with pytest.raises(NotFoundError):
        review.decide("stranger", YES)
    with pytest.raises(ForbiddenError):
        approvals.decide(
            review.mam, replace(review.people["owner"], user_id=None, roles=("system", "admin")),
            review.stage.version_id, decision=YES,
        )  # fmt: skip
    # And a second review of the same version is refused while one is under way
    with pytest.raises(ConflictError):
        review.ask("reviewer")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "reviewers"),
        ({"reviewers": ["stranger"]}, "reviewers"),
        ({"reviewers": ["client", "client"]}, "reviewers"),
        ({"reviewers": ["client"], "rule": "named"}, "required"),
        ({"reviewers": ["client"], "due_at": "2020-01-01T00:00:00Z"}, "due_at"),
        ({"reviewers": ["client"], "due_at": "tomorrow"}, "due_at"),
        ({"same_as": "client"}, "same_as"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(
    sqlite_review: Review, given: dict[str, Any], field: str
) -> None:
    review = sqlite_review
    if "reviewers" in given:
        given = {**given, "reviewers": [review.id(one) for one in given["reviewers"]]}
    if "same_as" in given:
        given = {"same_as": review.id("client")}
    with pytest.raises(ValidationError) as refused:
        review_requests.ask(review.mam, review.people["editor"], review.stage.version_id, given)
    assert [one.field for one in refused.value.errors] == [field]
    assert review.status == "none"


def test_who_loses_access_leaves_the_rule_and_comes_back(review: Review) -> None:
    owner, project_id = review.people["owner"], review.stage.project_id
    # Given two who are asked, of whom one has approved
    review.ask("reviewer", "client")
    review.decide("reviewer", YES)
    assert review.status == "in_review"
    # When the other is taken out of the project, then the rule goes on without them, and it is said
    projects.remove_member(review.mam, owner, project_id, review.id("client"))
    assert review.status == YES
    states = [one["state"] for one in review.get()["request"]["steps"][0]["reviewers"]]
    assert states == [YES, "dropped"]
    assert "review.reviewer_dropped" in {row.action for row in AuditEntry.select()}
    # When they are a member again, their word is waited for again
    projects.set_member(review.mam, owner, project_id, review.id("client"), "viewer")
    assert (review.status, review.waiting("client")) == ("in_review", [review.stage.version_id])
    # A disabled account is asked for nothing either; what somebody said stands though they leave
    admin = Actor(review.id("owner"), roles=("admin", "member"))
    accounts.update_user(review.mam, admin, review.id("client"), status="disabled")
    projects.remove_member(review.mam, owner, project_id, review.id("reviewer"))
    assert review.status == YES
    assert review.get()["review"]["decisions"][0]["user"]["display_name"] == "Reviewer"


def test_a_step_that_nobody_is_left_in_approves_nothing(sqlite_review: Review) -> None:
    review = sqlite_review
    review.ask("client")
    projects.remove_member(review.mam, review.people["owner"], review.stage.project_id, review.id("client"))
    assert (review.status, review.get()["request"]["steps"][0]["state"]) == ("in_review", "blocked")
    # The due date can still be changed, and somebody else be asked
    edit = {"due_at": (now() + timedelta(hours=1)).isoformat()}
    review_requests.change(review.mam, review.people["editor"], review.stage.version_id, edit)
    edit = {"reviewers": [review.id("reviewer")]}
    review_requests.change(review.mam, review.people["editor"], review.stage.version_id, edit)
    assert review.waiting("reviewer") == [review.stage.version_id]


def test_the_next_version_begins_anew_and_asks_the_same_people(review: Review) -> None:
    # Given a version that was approved, and the next one
    review.ask("reviewer", "client", rule="any")
    review.decide("client", YES)
    second = make_version(review.stage.asset_id, 2)
    Asset.update(current_version_id=second).where(Asset.id == review.stage.asset_id).execute()
    new = review.get(version_id=second)
    assert (new["review"]["status"], new["previous"]["number"]) == ("none", 1)
    # When the same people are asked
    found = review.ask(version_id=second, same_as=review.stage.version_id)
    # Then it is the same rule, nobody has decided, and the old version is as it was
    assert found["request"]["rule"] == "any"
    assert [one["state"] for one in found["request"]["steps"][0]["reviewers"]] == ["waiting", "waiting"]
    assert review.status == YES


def test_withdrawing_ends_it_and_asking_again_brings_it_back(sqlite_review: Review) -> None:
    review = sqlite_review
    review.ask("reviewer", "client")
    review.decide("reviewer", YES)
    review_requests.withdraw(review.mam, review.people["editor"], review.stage.version_id)
    assert (review.status, review.waiting("client")) == ("none", [])
    with pytest.raises(NotFoundError):
        review_requests.withdraw(review.mam, review.people["editor"], review.stage.version_id)
    again = review.ask("reviewer", "client")
    assert [one["state"] for one in again["request"]["steps"][0]["reviewers"]] == [YES, "waiting"]


def test_a_project_asks_by_default(sqlite_review: Review) -> None:
    review = sqlite_review
    steps = [{"name": "Client", "reviewers": [review.id("client"), review.id("reviewer")], "required": []}]
    given = {"rule": "majority", "steps": steps, "due_days": 3}
    owner, project_id = review.people["owner"], review.stage.project_id
    review_requests.set_defaults(review.mam, owner, project_id, given)
    projects.remove_member(review.mam, owner, project_id, review.id("client"))
    # When nobody is named, then the default people who are still there are asked, due in three days
    found = review.ask()
    assert found["request"]["rule"] == "majority"
    assert [one["user"]["display_name"] for one in found["request"]["steps"][0]["reviewers"]] == ["Reviewer"]
    left = datetime.fromisoformat(found["request"]["due_at"]) - datetime.now(UTC)
    assert timedelta(days=2, hours=23) < left < timedelta(days=3)
    with pytest.raises(ForbiddenError):
        review_requests.set_defaults(review.mam, review.people["editor"], project_id, given)


def test_the_board_lists_and_the_filter_finds(review: Review) -> None:
    mam, editor, project_id = review.mam, review.people["editor"], review.stage.project_id
    # Given three assets in review with due dates, one that is overdue, one nobody was asked about
    ids = []
    for at in range(4):
        asset = Asset.create(project=project_id, title=f"Shot {at}")
        ids.append(make_version(asset.id))
        Asset.update(current_version_id=ids[-1]).where(Asset.id == asset.id).execute()
        review.ask("client", version_id=ids[-1], due_at=(now() + timedelta(days=9 - at)).isoformat())
    late = Version.review_due_at.db_value(now() - timedelta(minutes=1))
    Version.update(review_due_at=late).where(Version.id == ids[1]).execute()
    review.decide("client", YES, version_id=ids[3])
    # When the column is read two at a time
    first = board.column(mam, editor, project_id, column="in_review", limit=2)
    second = board.column(mam, editor, project_id, column="in_review", limit=2, cursor=first["next_cursor"])
    # Then what is overdue comes first, then what is due first, each with who owes a word
    cards = [*first["items"], *second["items"]]
    assert [card["version_id"] for card in cards] == [ids[1], ids[2], ids[0]]
    assert [card["review"]["overdue"] for card in cards] == [True, False, False]
    assert cards[0]["owed_by"] == [{"id": review.id("client"), "display_name": "Client"}]
    assert second["next_cursor"] is None
    assert board.counts(mam, review.people["client"], project_id) == {
        "none": 1, "in_review": 3, "changes_requested": 0, "approved": 1, "overdue": 1, "waiting": 3
    }  # fmt: skip
    mine = board.column(mam, editor, project_id, column="in_review", waiting=True)
    assert mine["items"] == []
    # And the list of assets filters by the same states
    for state, many in (("none", 1), ("in_review", 3), ("overdue", 1), ("approved", 1), (NO, 0)):
        found = assets.list_assets(mam, editor, project_id=project_id, review=state)
        assert len(found["items"]) == many, state


def test_many_who_decide_at_once_are_all_heard(review: Review) -> None:
    """Each judges what the others left: the last of them makes the version approved."""
    # Given eight who are asked
    names = [f"reviewer{at}" for at in range(8)]
    for name in names:
        review.add(name, "reviewer")
    review.ask(*names)

    # When they approve at the same moment
    def approve(name: str) -> None:
        with database.connection_context():
            review.decide(name, YES)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(approve, names))
    # Then the version is approved, by everybody's own word, each once
    assert review.status == YES
    assert [one["state"] for one in review.get()["request"]["steps"][0]["reviewers"]] == [YES] * 8
    assert Decision.select().count() == 8
