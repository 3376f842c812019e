"""One running box for all of these tests, spoken to as a stranger would: HTTP and the command line alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / one) for one in ("acceptance", "cli", "faults")]
sys.path.append(str(Path(__file__).parents[2] / "plugins" / "storage_s3" / "tests"))

from stranger import PASSWORD, Caller, Stage, log_in
from up_box import Box

from mam.media.samples import make_clip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here starts a whole box."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    box = Box(tmp_path_factory.mktemp("acceptance"))
    try:
        yield _set_up(box)
    finally:
        box.end()


@pytest.fixture(scope="session")
def clip() -> bytes:
    """Four seconds of picture and tone."""
    return make_clip(seconds=4)


def _set_up(box: Box) -> Stage:
    """The first administrator by the printed link, two members who register and are let in."""
    nobody = Caller(box.url)
    form = {"email": "admin@example.org", "display_name": "Admin", "password": PASSWORD}
    assert nobody.post(box.set_up_link, data=form).status_code == 303
    admin = log_in(box.url, "admin@example.org")
    people = []
    for name in ("ana", "ben"):
        email = f"{name}@example.org"
        body = {"email": email, "display_name": name, "password": PASSWORD}
        user = nobody.post("/auth/register", json=body).json()["user"]
        assert admin.patch(f"/api/admin/users/{user['id']}", json={"status": "active"}).status_code == 200
        people.append(log_in(box.url, email))
    return Stage(box, admin, *people, Caller(box.url))
