"""A studio that shares, and guests who come by the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quart import Quart
from quart.typing import TestClientProtocol
from web_people import Person


@dataclass
class Guest:
    """Somebody without an account who came by a link; `root` is its path."""

    client: TestClientProtocol
    root: str

    async def call(self, method: str, path: str, json: Any = None, **more: Any) -> tuple[int, Any]:
        """A call below the link, with the page's token where it changes something."""
        headers = dict(more.pop("headers", {}))
        if method != "GET":
            headers["X-CSRF-Token"] = self.csrf
        if json is not None:
            more["json"] = json
        answer = await self.client.open(self.root + path, method=method, headers=headers, **more)
        self.last = answer
        body = await answer.get_data(as_text=False)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status_code, (await answer.get_json(force=True) if is_json and body else body)

    async def enter(self, name: str = "Vera", password: str | None = None) -> int:
        """Give a name at the door; answers the status."""
        form = {"name": name} | ({"password": password} if password is not None else {})
        answer = await self.client.post(self.root, form=form)
        self.last = answer
        if answer.status_code == 303:
            page = await (await self.client.get(self.root)).get_data(as_text=True)
            self.csrf = page.split('name="csrf-token" content="')[1].split('"')[0]
        return answer.status_code

    csrf: str = ""


async def make_share(person: Person, **wanted: Any) -> dict[str, Any]:
    """A link made by somebody of the house."""
    status, share = await person.call("POST", "/api/shares", json=wanted)
    assert status == 201, share
    return dict(share)


def guest_of(app: Quart, share: dict[str, Any]) -> Guest:
    """Somebody with a browser of their own at the door of a link."""
    return Guest(app.test_client(), "/r/" + share["url"].rpartition("/")[2])
