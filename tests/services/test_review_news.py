"""Reviews in the inbox: asked, due, over, decided; each once, to whom it concerns, gone with its cause."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from comment_stage import Stage, make_stage

from mam.core import Mam
from mam.models import Asset, Member, Notification, ReviewRequest, User, Version, now
from mam.services import approvals, notifications, review_news, review_requests

NO = "changes_requested"


@pytest.fixture
def stage(box: Mam) -> Stage:
    stage = make_stage(box)
    User.update(status="active").execute()
    Asset.update(current_version_id=stage.version_id).where(Asset.id == stage.asset_id).execute()
    Version.update(created_by=stage.people["owner"].user_id).where(Version.id == stage.version_id).execute()
    return stage


def ask(stage: Stage, *steps: str, **more: Any) -> None:
    plan = [{"name": who, "reviewers": [stage.people[who].user_id]} for who in steps]
    review_requests.ask(stage.mam, stage.people["editor"], stage.version_id, {"steps": plan, **more})


def decide(stage: Stage, who: str, decision: str, note: str = "") -> None:
    approvals.decide(stage.mam, stage.people[who], stage.version_id, decision=decision, note=note)


def told(stage: Stage, who: str, *, unread: bool = False) -> list[str]:
    """The kinds of somebody's notifications, newest first."""
    found = notifications.inbox(stage.mam, stage.people[who], unread=unread, cursor=None, limit=50)
    assert unread is False or found["unread"] == len(found["items"])
    return [one["kind"] for one in found["items"]]


def first(stage: Stage, who: str) -> dict[str, Any]:
    found = notifications.inbox(stage.mam, stage.people[who], unread=False, cursor=None, limit=1)
    return dict(found["items"][0])


def in_hours(hours: float) -> str:
    return (now() + timedelta(hours=hours)).isoformat()


def asked_days_ago(stage: Stage, *, due_hours: float) -> None:
    """The review was asked for three days ago and is due in so many hours."""
    before = now() - timedelta(days=3)
    due = now() + timedelta(hours=due_hours)
    ReviewRequest.update(due_at=due).where(ReviewRequest.version == stage.version_id).execute()
    Version.update(review_due_at=due).where(Version.id == stage.version_id).execute()
    Notification.update(created_at=before).where(Notification.kind == review_news.ASKED).execute()


def test_whose_turn_it_becomes_is_told_once_and_whose_version_was_decided(stage: Stage) -> None:
    # When two steps are asked, then only the first one's reviewer is told, and by whom
    ask(stage, "reviewer", "viewer", due_at=in_hours(72))
    assert (told(stage, "reviewer"), told(stage, "viewer"), told(stage, "editor")) == (
        ["review_asked"],
        [],
        [],
    )
    one = first(stage, "reviewer")
    assert (one["author"]["display_name"], one["version_number"], one["comment_id"]) == ("Editor", 1, None)
    assert one["due_at"] is not None
    # When the review is changed, then nobody is told again
    review_requests.change(stage.mam, stage.people["editor"], stage.version_id, {"rule": "any"})
    steps = [{"name": who, "reviewers": [stage.people[who].user_id]} for who in ("reviewer", "viewer")]
    review_requests.change(stage.mam, stage.people["editor"], stage.version_id, {"steps": steps})
    assert first(stage, "reviewer")["id"] == one["id"]
    # When the first one approves, then that is read, and the next one's turn
    decide(stage, "reviewer", "approved")
    assert (told(stage, "reviewer", unread=True), told(stage, "viewer")) == ([], ["review_asked"])
    # And who sent the version and who asked are told; the words of a request for changes with them
    decide(stage, "viewer", NO, "Logo too small")
    assert (told(stage, "owner"), told(stage, "editor")) == (["decided"] * 2, ["decided"] * 2)
    last = first(stage, "owner")
    assert (last["decision"], last["excerpt"], last["review_status"]) == (NO, "Logo too small", NO)
    assert last["author"]["display_name"] == "Viewer"
    # When it is taken back, then nobody is told of it any more
    decide(stage, "viewer", "pending")
    assert told(stage, "owner") == ["decided"]
    assert first(stage, "owner")["decision"] == "approved"


def test_who_owes_a_word_is_reminded_the_day_before_and_when_it_is_over(stage: Stage) -> None:
    # Given a review asked for just now that is due in an hour: who was asked is not reminded too
    ask(stage, "reviewer", due_at=in_hours(1))
    assert review_news.remind(stage.mam) == 0
    # When it was asked for long ago, then they are, once
    asked_days_ago(stage, due_hours=20)
    assert [review_news.remind(stage.mam) for _ in range(2)] == [1, 0]
    assert told(stage, "reviewer") == ["review_due", "review_asked"]
    # When it is over, then that stands in its place
    asked_days_ago(stage, due_hours=-1)
    assert [review_news.remind(stage.mam) for _ in range(2)] == [1, 0]
    assert told(stage, "reviewer") == ["review_overdue", "review_asked"]
    # When there is more time, then nothing is over any more, and the reminders begin anew
    review_requests.change(stage.mam, stage.people["editor"], stage.version_id, {"due_at": in_hours(48)})
    assert told(stage, "reviewer") == ["review_asked"]
    asked_days_ago(stage, due_hours=2)
    assert review_news.remind(stage.mam) == 1
    # When it is decided, then nobody is reminded
    decide(stage, "reviewer", "approved")
    asked_days_ago(stage, due_hours=-1)
    assert review_news.remind(stage.mam) == 0


def test_what_is_withdrawn_or_out_of_reach_is_in_no_inbox_and_no_count(stage: Stage) -> None:
    """Promise G6: neither a notification nor a number tells of what is hidden, also later."""
    ask(stage, "reviewer")
    assert told(stage, "reviewer", unread=True) == ["review_asked"]
    # When the review is withdrawn, then it is gone; asked again, it is told anew
    review_requests.withdraw(stage.mam, stage.people["editor"], stage.version_id)
    assert told(stage, "reviewer", unread=True) == []
    ask(stage, "reviewer")
    assert told(stage, "reviewer", unread=True) == ["review_asked"]
    # When the reader loses the project, then nothing of it is told
    Member.delete().where(Member.user == stage.people["reviewer"].user_id).execute()
    assert told(stage, "reviewer", unread=True) == []
    # And of a version that was taken out of its stack nobody is told
    Member.create(project=stage.project_id, user=stage.people["reviewer"].user_id, role="reviewer")
    assert told(stage, "reviewer") == ["review_asked"]
    Version.update(removed_at=now()).where(Version.id == stage.version_id).execute()
    assert told(stage, "reviewer", unread=True) == []
