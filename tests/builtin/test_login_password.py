"""The core's own answer to `mam_authenticate`."""

from __future__ import annotations

import pytest

from mam.core import Mam
from mam.services import accounts
from mam.types import Credentials, Identity


@pytest.fixture
def ana(sqlite_box: Mam) -> Mam:
    accounts.add_user(
        sqlite_box, email="ana@example.org", name="Ana", password="right horse battery", admin=False
    )
    return sqlite_box


@pytest.mark.parametrize(
    ("email", "password", "expected"),
    [
        ("ana@example.org", "right horse battery", "Ana"),
        ("ana@example.org", "wrong horse battery", None),
        ("ana@example.org", "", None),
        ("nobody@example.org", "right horse battery", None),
    ],
)
def test_password_holds_or_nobody_is_named(ana: Mam, email: str, password: str, expected: str | None) -> None:
    # Given a user with a password, when credentials are offered through the hook
    answer = ana.hooks.first("mam_authenticate", config=ana.config, credentials=Credentials(email, password))
    # Then the right ones name who it is, and any others name nobody
    assert answer is None or isinstance(answer, Identity)
    assert (answer.display_name if answer else None) == expected


def test_password_stays_out_of_a_repr() -> None:
    assert "horse" not in repr(Credentials("ana@example.org", "right horse battery"))
