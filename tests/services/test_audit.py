"""The audit log is written with what it records, printable anywhere, without secrets, for administrators."""

from __future__ import annotations

import pytest
import structlog

from mam.core import Mam
from mam.errors import ForbiddenError, ValidationError
from mam.models import AuditEntry, database
from mam.services import audit, audit_log
from mam.types import SYSTEM, Actor

ADA = Actor("0190a000-0000-7000-8000-000000000001", "ada@x.y", "Ada", ("member",), None, "192.0.2.7")


def test_an_entry_says_who_did_what_to_what_from_where(box: Mam) -> None:
    # Given a request with an id
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        # When something is recorded
        audit.record(
            box, ADA, "asset.deleted", kind="asset", subject_id="a", project_id="p", data={"title": "x"}
        )
    # Then the log shows all of it
    (entry,) = audit_log.list_entries(box, SYSTEM)["items"]
    assert entry["at"].endswith("Z")
    shown = {key: entry[key] for key in entry if key not in ("seq", "at", "prev", "hash")}
    assert shown == {
        "action": "asset.deleted",
        "actor_id": ADA.user_id,
        "actor_name": "ada@x.y",
        "subject_kind": "asset",
        "subject_id": "a",
        "project_id": "p",
        "address": "192.0.2.7",
        "request_id": "r-1",
        "data": {"title": "x"},
    }


def test_an_entry_goes_with_its_transaction(box: Mam) -> None:
    # Given a transaction that records something
    with database.atomic() as transaction:
        audit.record(box, ADA, "asset.deleted")
        # When it is given up
        transaction.rollback()
    # Then nothing was recorded
    assert AuditEntry.select().count() == 0


def test_strings_cannot_forge_lines_or_drive_a_terminal(box: Mam) -> None:
    # Given names with line ends, escape sequences, NUL, a lone surrogate and a direction override
    hostile = Actor(ADA.user_id, "eve\r\n2026 root did it", "", address="1.1.1.1\x1b[2J")
    # When they are recorded
    audit.record(box, hostile, "x.y", data={"na\nme": ["a\x00b", {"deep": "\ud800\u202e\x1b]0;t\x07"}]})
    # Then everything stored is printable, and nothing was lost
    (entry,) = audit_log.list_entries(box, SYSTEM)["items"]
    assert entry["actor_name"] == r"eve\r\n2026 root did it"
    assert entry["address"] == r"1.1.1.1\x1b[2J"
    assert entry["data"] == {r"na\nme": [r"a\x00b", {"deep": r"\ud800\u202e\x1b]0;t\x07"}]}


def test_ordinary_text_of_any_language_is_kept_as_it_is() -> None:
    for text in ("Grüße", "日本語", "a\u200db", "emoji 👩‍🚀", "plain"):
        assert audit.plain(text) == text


def test_secrets_are_never_stored(box: Mam) -> None:
    audit.record(
        box,
        ADA,
        "x.y",
        data={"password": "hunter2", "refresh_token": "hunter2", "in": [{"Cookie": "hunter2"}]},
    )
    assert "hunter2" not in str(AuditEntry.select().get().data)


def test_the_log_is_paged_and_filtered_for_administrators(box: Mam) -> None:
    # Given five entries of two kinds
    for number in range(5):
        audit.record(box, ADA, "asset.deleted" if number % 2 else "login.failed", subject_id=str(number))
    # When it is read in pages of two
    first = audit_log.list_entries(box, SYSTEM, limit=2)
    second = audit_log.list_entries(box, SYSTEM, cursor=first["next_cursor"], limit=2)
    third = audit_log.list_entries(box, SYSTEM, cursor=second["next_cursor"], limit=2)
    # Then every entry comes once, newest first
    got = [entry["subject_id"] for page in (first, second, third) for entry in page["items"]]
    assert got == ["4", "3", "2", "1", "0"]
    assert third["next_cursor"] is None
    # And filters narrow it
    assert len(audit_log.list_entries(box, SYSTEM, {"action": "login.failed"})["items"]) == 3
    assert len(audit_log.list_entries(box, SYSTEM, {"action": "asset."})["items"]) == 2
    assert len(audit_log.list_entries(box, SYSTEM, {"subject_id": "3"})["items"]) == 1


def test_wrong_input_and_other_people_are_refused(sqlite_box: Mam) -> None:
    for cursor in ("x", "-1", "9" * 30, "1 OR 1", "²"):
        with pytest.raises(ValidationError):
            audit_log.list_entries(sqlite_box, SYSTEM, cursor=cursor)
    with pytest.raises(ValidationError):
        audit_log.list_entries(sqlite_box, SYSTEM, {"password": "x"})
    with pytest.raises(ForbiddenError):
        audit_log.list_entries(sqlite_box, ADA)
