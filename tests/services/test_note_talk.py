"""What hangs on notes: people named in them, who is told of what, former words, reactions."""

from __future__ import annotations

from typing import Any

import pytest
from comment_stage import Stage, make_stage

from mam.core import Mam
from mam.errors import ConflictError, ForbiddenError, NotFoundError, ValidationError
from mam.ids import new_id
from mam.models import AuditEntry, CommentMention, Member, Notification, Project, User, UserRole
from mam.services import comment_history, comments, mentions, notifications, reactions, search
from mam.types import Actor


@pytest.fixture
def stage(box: Mam) -> Stage:
    return make_stage(box)


@pytest.fixture
def one(sqlite_box: Mam) -> Stage:
    return make_stage(sqlite_box)


def at(stage: Stage, who: str) -> str:
    """How a person is named in a note."""
    return f"@[{stage.people[who].user_id}]"


def inbox(stage: Stage, who: str, **more: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"unread": False, "cursor": None, "limit": 50, **more}
    return notifications.inbox(stage.mam, stage.people[who], **wanted)


def names(stage: Stage, who: str, *, q: str = "", internal: bool = False) -> list[str]:
    found = mentions.offered(stage.mam, stage.people[who], stage.asset_id, q=q, internal=internal, limit=10)
    return [one["display_name"] for one in found["items"]]


def test_only_people_who_could_read_the_note_are_offered(stage: Stage) -> None:
    # Given somebody with an account and no access, an administrator, and a member whose account is disabled
    User.create(email="else@example.org", display_name="Else Where", status="active")
    boss = User.create(email="boss@example.org", display_name="Big Boss", status="active")
    UserRole.create(user=boss, role="admin")
    gone = User.create(email="gone@example.org", display_name="Gone", status="disabled")
    Member.create(project=stage.project_id, user=gone, role="editor")
    User.update(status="active").where(User.status == "pending").execute()
    # Then members and the administrator are offered, by name; for an internal note who manages notes
    assert names(stage, "reviewer") == ["Big Boss", "Editor", "Owner", "Reviewer", "Viewer"]
    assert names(stage, "editor", internal=True) == ["Big Boss", "Editor", "Owner"]
    # And by the beginnings of a name's words
    assert names(stage, "reviewer", q="bo") == ["Big Boss"]
    assert names(stage, "reviewer", q="oss") == []
    # And who writes no notes, or none that are internal, is offered nobody
    with pytest.raises(ForbiddenError):
        names(stage, "viewer")
    with pytest.raises(ForbiddenError):
        names(stage, "reviewer", internal=True)
    with pytest.raises(NotFoundError):
        names(stage, "stranger")


def test_names_are_kept_as_ids_and_read_as_they_are_now(stage: Stage) -> None:
    activate()
    # When a note names somebody twice and somebody else
    words = f"{at(stage, 'editor')} and {at(stage, 'viewer')}, {at(stage, 'editor')}!"
    note = stage.write("reviewer", body=words)
    # Then it is read with their names, and its source keeps the ids
    assert note["body"] == "@Editor and @Viewer, @Editor!"
    assert note["source"] == words
    assert [one["display_name"] for one in note["mentions"]] == ["Editor", "Viewer"]
    # And a new name is read at once, one whose account is gone as nobody's
    User.update(display_name="Edda").where(User.id == stage.people["editor"].user_id).execute()
    User.delete().where(User.id == stage.people["viewer"].user_id).execute()
    assert stage.list("owner")[0]["body"] == "@Edda and @somebody who left, @Edda!"
    assert CommentMention.select().count() == 1


def test_who_could_not_read_it_cannot_be_named(one: Stage) -> None:
    activate()
    outside = User.create(email="else@example.org", display_name="Else", status="active")
    for words, more in (
        (f"@[{outside.id}]", {}),
        (f"@[{new_id()}]", {}),
        (at(one, "reviewer"), {"internal": True}),
    ):
        with pytest.raises(ValidationError) as caught:
            one.write("editor", body=words, **more)
        assert caught.value.errors[0].field == "body"
    # An edit may keep a name whose access has ended meanwhile, and adds none without
    note = one.write("editor", body=at(one, "viewer"))
    Member.delete().where(Member.user == one.people["viewer"].user_id).execute()
    comments.update_comment(one.mam, one.people["editor"], note["id"], {"body": f"{at(one, 'viewer')}?"})
    with pytest.raises(ValidationError):
        comments.update_comment(one.mam, one.people["editor"], note["id"], {"body": f"@[{outside.id}]"})


def test_mentions_and_replies_reach_an_inbox_once(stage: Stage) -> None:
    activate()
    # When a reviewer's note names an editor, who answers and names the reviewer and themselves
    note = stage.write("reviewer", frame=40, body=f"Look, {at(stage, 'editor')}")
    answer = f"Done {at(stage, 'reviewer')} {at(stage, 'editor')}"
    reply = stage.write("editor", parent_id=note["id"], body=answer)
    # Then each is told once, with the words as they are read, and nobody of their own note
    mine = inbox(stage, "editor")
    assert [(one["kind"], one["excerpt"], one["read_at"]) for one in mine["items"]] == [
        ("mention", "Look, @Editor", None)
    ]
    told = inbox(stage, "reviewer")
    assert [(one["kind"], one["comment_id"], one["thread_id"]) for one in told["items"]] == [
        ("mention", reply["id"], note["id"])
    ]
    assert (told["unread"], told["items"][0]["author"]["display_name"]) == (1, "Editor")
    # And a plain reply is told to whose note it answers
    stage.write("owner", parent_id=note["id"], body="Fine")
    assert [one["kind"] for one in inbox(stage, "reviewer")["items"]] == ["reply", "mention"]
    # And an edit tells whom it newly names, not those who were told before
    changed = f"Look, {at(stage, 'editor')}, {at(stage, 'owner')}"
    comments.update_comment(stage.mam, stage.people["reviewer"], note["id"], {"body": changed})
    assert [len(inbox(stage, who)["items"]) for who in ("editor", "owner", "viewer")] == [1, 1, 0]


def test_read_is_read_and_only_by_oneself(stage: Stage) -> None:
    activate()
    for _ in range(3):
        stage.write("reviewer", body=at(stage, "editor"))
    mine = inbox(stage, "editor", limit=2)
    assert (len(mine["items"]), mine["unread"]) == (2, 3)
    rest = inbox(stage, "editor", limit=2, cursor=mine["next_cursor"])
    assert (len(rest["items"]), rest["next_cursor"]) == (1, None)
    first = mine["items"][0]["id"]
    with pytest.raises(NotFoundError):
        notifications.mark_read(stage.mam, stage.people["owner"], first)
    read = notifications.mark_read(stage.mam, stage.people["editor"], first)
    assert read["read_at"] is not None
    again = notifications.mark_read(stage.mam, stage.people["editor"], first)
    assert again["read_at"] == read["read_at"]
    assert len(inbox(stage, "editor", unread=True)["items"]) == 2
    notifications.mark_all_read(stage.mam, stage.people["editor"])
    assert inbox(stage, "editor")["unread"] == 0


def test_what_may_not_be_seen_is_in_no_inbox(stage: Stage) -> None:
    """Promise G6: neither a notification nor a number tells of what is hidden, also later."""
    activate()
    mam, people = stage.mam, stage.people
    note = stage.write("editor", body=f"{at(stage, 'reviewer')} {at(stage, 'owner')}")
    reply = stage.write("owner", parent_id=note["id"], body=at(stage, "viewer"))

    def seen() -> list[int]:
        counted = [inbox(stage, who) for who in ("reviewer", "viewer", "owner")]
        assert [len(one["items"]) for one in counted] == [one["unread"] for one in counted]
        return [one["unread"] for one in counted]

    assert seen() == [1, 1, 1]
    notification = inbox(stage, "reviewer")["items"][0]["id"]
    # Internal: only for who manages notes, with everything below it
    comments.update_comment(mam, people["editor"], note["id"], {"internal": True})
    assert seen() == [0, 0, 1]
    with pytest.raises(NotFoundError):
        notifications.mark_read(mam, people["reviewer"], notification)
    comments.update_comment(mam, people["editor"], note["id"], {"internal": False})
    assert seen() == [1, 0, 1]  # the reply stays internal
    # Deleted, and back
    comments.delete_comment(mam, people["editor"], note["id"])
    assert seen() == [0, 0, 0]
    comments.restore_comment(mam, people["editor"], note["id"])
    # A project in the trash
    Project.update(deleted_at=1).where(Project.id == stage.project_id).execute()
    assert seen() == [0, 0, 0]
    Project.update(deleted_at=None).where(Project.id == stage.project_id).execute()
    # And where access was lost
    Member.delete().where(Member.user == people["reviewer"].user_id).execute()
    assert seen() == [0, 0, 1]
    assert reply["id"]


def test_an_inbox_keeps_the_latest(one: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    activate()
    monkeypatch.setattr(notifications, "MOST_KEPT", 2)
    for frame in range(4):
        one.write("reviewer", frame=frame, body=at(one, "editor"))
    assert Notification.select().count() == 2


def test_former_words_are_kept_for_author_and_managers(stage: Stage) -> None:
    activate()
    mam, people = stage.mam, stage.people
    note = stage.write("reviewer", body="To dark")
    for words in ("Too dark", "Too dark", f"Too dark {at(stage, 'editor')}"):
        comments.update_comment(mam, people["reviewer"], note["id"], {"body": words})
    # Then the words before each change are there, the latest first, and what changed nothing left no trace
    for who in ("reviewer", "editor"):
        found = comment_history.history(mam, people[who], note["id"], cursor=None, limit=1)
        assert [one["body"] for one in found["items"]] == ["Too dark"]
        more = comment_history.history(mam, people[who], note["id"], cursor=found["next_cursor"], limit=1)
        assert [(one["body"], one["edited_by"]["display_name"]) for one in more["items"]] == [
            ("To dark", "Reviewer")
        ]
        assert more["next_cursor"] is None
    # And nobody else reads them
    other = stage.write("editor")
    with pytest.raises(ForbiddenError):
        comment_history.history(mam, people["reviewer"], other["id"], cursor=None, limit=9)
    with pytest.raises(NotFoundError):
        comment_history.history(mam, people["stranger"], note["id"], cursor=None, limit=9)


def test_edits_have_an_end(one: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "MOST_EDITS", 1)
    note = one.write()
    comments.update_comment(one.mam, one.people["editor"], note["id"], {"body": "1"})
    with pytest.raises(ConflictError):
        comments.update_comment(one.mam, one.people["editor"], note["id"], {"body": "2"})
    assert one.list()[0]["body"] == "1"


def test_reactions_are_counted_named_and_taken_back(stage: Stage) -> None:
    mam, people = stage.mam, stage.people
    note = stage.write("reviewer")
    for who, name in (("editor", "heart"), ("owner", "heart"), ("owner", "heart"), ("owner", "eyes")):
        shown = reactions.react(mam, people[who], note["id"], name)
    # Then each counts once a person, in the fixed order
    assert [(one["name"], one["count"]) for one in shown["reactions"]] == [("heart", 2), ("eyes", 1)]
    assert [one["display_name"] for one in shown["reactions"][0]["people"]] == ["Editor", "Owner"]
    shown = reactions.unreact(mam, people["editor"], note["id"], "heart")
    assert [(one["name"], one["count"]) for one in shown["reactions"]] == [("heart", 1), ("eyes", 1)]
    reactions.unreact(mam, people["editor"], note["id"], "heart")
    # And only what there is, on notes that are seen, by who writes notes
    secret = stage.write("editor", internal=True)
    for who, comment_id, name, error in (
        ("editor", note["id"], "bomb", NotFoundError),
        ("viewer", note["id"], "heart", ForbiddenError),
        ("reviewer", secret["id"], "heart", NotFoundError),
        ("stranger", note["id"], "heart", NotFoundError),
    ):
        with pytest.raises(error):
            reactions.react(mam, people[who], comment_id, name)
    actions = [row.action for row in AuditEntry.select().where(AuditEntry.subject_id == note["id"])]
    assert actions.count("comment.reacted") == 3
    assert actions.count("comment.unreacted") == 1


def test_notes_are_narrowed_and_sorted(stage: Stage) -> None:
    activate()
    late = stage.write("reviewer", frame=90, body="Flicker in the sky")
    early = stage.write("editor", frame=1, body=f"100% sure, {at(stage, 'reviewer')}?")
    secret = stage.write("owner", frame=5, body="Between us", internal=True)
    stage.write("editor", parent_id=late["id"], body="Which Sky?")
    ids = [one["id"] for one in (early, secret, late)]

    def found(who: str = "editor", **more: Any) -> list[str]:
        return [one["id"] for one in stage.list(who, **more)]

    assert found() == ids
    assert found(sort="newest") == [secret["id"], early["id"], late["id"]]
    assert found(sort="author") == [early["id"], secret["id"], late["id"]]
    assert found(author_id=stage.people["reviewer"].user_id) == [late["id"]]
    assert found(mentions_id=stage.people["reviewer"].user_id) == [early["id"]]
    assert found(internal=True) == [secret["id"]]
    assert found("reviewer", internal=True) == []
    # Text is found in notes and replies; signs of patterns are only signs
    assert found(q="which sky") == [late["id"]]
    assert found(q="100%") == [early["id"]]
    assert found(q="1%0") == []
    assert found("reviewer", q="between") == []
    # And every order goes on where the page before ended
    for sort in ("newest", "author", "frame"):
        paged, cursor = [], None
        while True:
            page = comments.comment_list.list_comments(
                stage.mam, stage.people["editor"], stage.asset_id, sort=sort, cursor=cursor, limit=1
            )
            paged += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert paged == found(sort=sort)


def test_a_guest_owns_no_note_whose_author_left(one: Stage) -> None:
    note = one.write("reviewer")
    User.delete().where(User.id == one.people["reviewer"].user_id).execute()
    nobody = Actor(None, roles=("admin",))
    with pytest.raises(ForbiddenError):
        comments.update_comment(one.mam, nobody, note["id"], {"body": "Mine now"})


def activate() -> None:
    """The stage's people have accounts that wait; only active ones are named."""
    User.update(status="active").execute()


def test_a_note_is_found_by_the_name_of_whom_it_names(stage: Stage) -> None:
    activate()
    stage.write("reviewer", body=f"Ask {at(stage, 'editor')} about the plate")
    found = search.search(stage.mam, stage.people["viewer"], q="editor plate")
    assert [one["asset_id"] for one in found["items"]] == [stage.asset_id]
    assert "@[" not in str(found)
