"""What follows from who was asked and what they said: every rule, the steps, those who lost access."""

from __future__ import annotations

import itertools

import pytest

from mam.services.review_rules import RULES, Asked, judge, unasked

YES, NO = "approved", "changes_requested"
THREE = [Asked("a"), Asked("b"), Asked("c")]


@pytest.mark.parametrize(
    ("rule", "said", "status"),
    [
        ("all", {}, "in_review"),
        ("all", {"a": YES, "b": YES}, "in_review"),
        ("all", {"a": YES, "b": YES, "c": YES}, YES),
        ("all", {"a": YES, "b": NO}, NO),
        ("any", {"a": NO, "b": YES}, YES),
        ("any", {"a": NO}, NO),
        ("majority", {"a": YES, "b": NO}, "in_review"),
        ("majority", {"a": YES, "b": YES, "c": NO}, YES),
        ("majority", {"a": NO, "b": NO}, NO),
    ],
)
def test_a_rule_decides_among_those_asked(rule: str, said: dict[str, str], status: str) -> None:
    assert judge(rule, 1, THREE, said).status == status


def test_the_named_decide_and_the_others_are_heard() -> None:
    # Given one whose word is required and one whose is not
    asked = [Asked("a", required=True), Asked("b")]
    # When the other objects, then nothing is decided; the required word decides
    assert judge("named", 1, asked, {"b": NO}).status == "in_review"
    assert judge("named", 1, asked, {"b": NO, "a": YES}).status == YES
    # And where the only one required has left, it is said that nobody can decide
    gone = [Asked("a", required=True, dropped=True), Asked("b")]
    assert judge("named", 1, gone, {"b": YES}).steps == ("blocked",)


def test_a_step_opens_when_the_one_before_is_approved() -> None:
    asked = [Asked("a", 1), Asked("b", 2)]
    # Given nothing said, the second waits for the first
    first = judge("all", 2, asked, {})
    assert (first.step, first.steps, dict(first.states)) == (
        1, ("open", "later"), {"a": "waiting", "b": "later"}
    )  # fmt: skip
    # When the first approves, the second is open; when the first thinks better of it, it closes
    assert judge("all", 2, asked, {"a": YES}).steps == (YES, "open")
    back = judge("all", 2, asked, {"a": NO, "b": YES})
    assert (back.status, back.steps) == (NO, (NO, "later"))
    # Then both make it approved
    assert judge("all", 2, asked, {"a": YES, "b": YES}).step is None


def test_who_lost_access_has_no_voice_and_an_empty_step_approves_nothing() -> None:
    """Nothing becomes approved because people left: somebody's own word is always needed."""
    left = [Asked("a", dropped=True), Asked("b")]
    assert judge("all", 1, left, {"b": YES}).status == YES
    for rule, steps in itertools.product(RULES, (1, 2, 3)):
        nobody = [Asked("abc"[at], at + 1, required=True, dropped=True) for at in range(steps)]
        verdict = judge(rule, steps, nobody, {})
        assert (verdict.status, verdict.steps[0]) == ("in_review", "blocked")


def test_what_nobody_asked_for_counts_where_nobody_was_asked() -> None:
    assert [unasked(words) for words in ([], [YES], [YES, NO])] == ["none", YES, NO]
