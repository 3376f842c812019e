"""One person: everything about them to take away, and their erasure, told before it is done.

Writes nothing itself; erasing is `privacy.erase`, confirmed by the person's address.
"""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.core import Mam
from mam.errors import ConflictError, ValidationError
from mam.services import accounts, privacy
from mam.services.shapes import Shape
from mam.types import Actor
from mam.web import views
from mam.web.language import N_, _
from mam.web.portal.page import field_errors, page_response, redirect, render
from mam.web.routes import Call
from mam.web.sentences import say

_WORDS = {
    "session": N_("Logins"),
    "apikey": N_("API keys"),
    "passkey": N_("Passkeys"),
    "secondfactor": N_("Second factors"),
    "recoverycode": N_("Recovery codes"),
    "outsidelogin": N_("Logins elsewhere"),
    "notification": N_("Notifications"),
    "userrole": N_("Rights on this box"),
    "member": N_("Places in projects"),
}
"""What is removed, by the names `privacy.plan` uses."""


async def show(call: Call[Any], user_id: str) -> str:
    """Who it is, and what erasing would do."""
    return await _page(call, user_id)


async def erase(call: Call[Any], user_id: str) -> str | Response:
    """Erase where the address typed is theirs; the page then says that it was done."""
    form = await call.form()
    typed = form.get("email", "")
    try:
        await call.run(privacy.erase, user_id, email=typed)
    except ValidationError as error:
        return page_response(await _page(call, user_id, typed, field_errors(error).get("email", "")), 422)
    except ConflictError as error:
        return page_response(await _page(call, user_id, typed, say(error.detail)), 409)
    return redirect(f"/admin/users/{user_id}")


async def _page(call: Call[Any], user_id: str, typed: str = "", error: str = "") -> str:
    person, kept, refusal = await call.run(_load, user_id)
    removed = kept["removed"].items() if kept else ()
    return render(
        call,
        "admin/person.html",
        views.PersonView,
        title=person["display_name"],
        page="users",
        person=person,
        removed=tuple((_(_WORDS[name]), number) for name, number in removed),
        kept=kept,
        refusal=say(refusal),
        typed=typed,
        error=error,
    )


def _load(mam: Mam, actor: Actor, user_id: str) -> tuple[Shape, Shape | None, str]:
    person = accounts.get_user(mam, actor, user_id)
    try:
        return person, privacy.plan(mam, actor, user_id), ""
    except ConflictError as error:
        return person, None, error.detail
