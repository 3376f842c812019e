"""Storage: the stores and what their locks are worth, copies of masters, the scrub, what is damaged."""

from __future__ import annotations

from typing import Any

from mam.services import box
from mam.web import views, words
from mam.web.language import _
from mam.web.portal.page import render
from mam.web.routes import Call


async def show(call: Call[Any]) -> str:
    """The page; proving a lock goes through the API."""
    told = await call.run(box.storage)
    fixity = told["fixity"]
    rates = {
        "rate": f"{words.size(int(fixity['bytes_per_second']))}/s",
        "budget": f"{words.size(fixity['budget'])}/s" if fixity["budget"] else _("no limit"),
        "read": words.size(fixity["bytes"]),
        "masters": words.size(told["masters"]["bytes"]),
        "backup": words.size(told["backup"]["bytes"]),
        "free": _(
            "%(free)s of %(total)s",
            free=words.size(told["disk"]["free_bytes"]),
            total=words.size(told["disk"]["total_bytes"]),
        ),
    }
    return render(
        call,
        "admin/storage.html",
        views.StorageView,
        title=_("Storage"),
        page="storage",
        storage=told,
        rates=rates,
    )
