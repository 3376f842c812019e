"""A running box with a project and a key, and the client packages on the path, as nothing installs them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mam.config import Config, Server, Uploads
from mam.core import Mam
from mam.services import accounts
from mam.testing import opened_box
from mam.web.app import create_app

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "web"))
from client_box import EMAIL, Served  # found by the paths above
from web_people import PASSWORD, serving


@pytest.fixture
def client_box(make_config: Callable[..., Config]) -> Iterator[Mam]:
    """A box whose parts are small and where nobody is soon too many for those not logged in."""
    config = make_config(uploads=Uploads(part_bytes=5 << 20), server=Server(anonymous_rate=5))
    yield from opened_box(config)


@pytest.fixture
def served(client_box: Mam) -> Iterator[Served]:
    """The box behind its server."""
    accounts.add_user(client_box, email=EMAIL, name="Ana", password=PASSWORD, admin=True)
    for url in serving(create_app(client_box), client_box):
        with httpx.Client(base_url=url, timeout=60) as http:
            login = http.post("/auth/login", json={"email": EMAIL, "password": PASSWORD}).raise_for_status()
            http.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
            http.post("/api/account/proof", json={"password": PASSWORD}).raise_for_status()
            made = http.post("/api/keys", json={"name": "tests", "scopes": ["*"]}).raise_for_status()
            project = http.post("/api/projects", json={"name": "Salt of the Karst"}).raise_for_status()
        yield Served(url, made.json()["key"], project.json()["id"], client_box)
