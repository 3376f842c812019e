"""Ids sort by when they were made."""

import time
import uuid

from mam.ids import is_id, new_id


def test_ids_sort_in_the_order_in_which_they_were_made() -> None:
    # Given many ids made without a pause
    made = [new_id() for _ in range(5000)]
    # Then they are all different, in order, and of version 7
    assert len(set(made)) == len(made)
    assert made == sorted(made)
    assert {uuid.UUID(one).version for one in made} == {7}


def test_an_id_tells_its_millisecond() -> None:
    # Given the clock before and after
    before = time.time_ns() // 1_000_000
    one = uuid.UUID(new_id())
    # Then the id lies between
    assert before <= one.int >> 80 <= time.time_ns() // 1_000_000


def test_only_the_canonical_form_is_an_id() -> None:
    one = new_id()
    assert is_id(one)
    assert not any(is_id(other) for other in (one.upper(), one.replace("-", ""), f"{{{one}}}", "", one + "0"))
