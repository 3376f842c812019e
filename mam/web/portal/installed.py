"""The portal as an app: its manifest, the worker beside its pages, and the page for when the box is away.

All three are for anybody: they name the theme and nothing of what the box holds. Writes nothing.
"""

from __future__ import annotations

from typing import Any

import orjson
from quart import Response

from mam.web import language, views
from mam.web.language import _
from mam.web.portal.page import page_response, render, theme
from mam.web.routes import Call
from mam.web.theme import CORE, Theme

OFFLINE = "/offline"
WORKER = "js/service-worker.js"
NEEDED = ("css/tokens.css", "css/base.css", "css/shell.css", "icons.svg", "js/offline.js")
"""What the page for when the box is away is made of."""

_WORKER_POLICY = "default-src 'none'; connect-src 'self'"
"""The worker asks this box, and nobody else."""

_ICONS = (
    ("app/icon-192.png", "192x192", "any"),
    ("app/icon-512.png", "512x512", "any"),
    ("app/maskable-512.png", "512x512", "maskable"),
)


async def manifest(call: Call[Any]) -> Response:  # noqa: ARG001 - called as every handler is
    """The web app manifest (W3C): the theme's name, icons and colours, and where one may begin."""
    current = theme()
    icons = [
        {"src": current.static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for path, sizes, purpose in _ICONS
    ]
    document = {
        "id": "/", "start_url": "/", "scope": "/", "display": "standalone",
        "lang": language.spoken().tag, "name": current.title, "short_name": current.title,
        "description": _("Films, pictures and sound of a production: stored, shown, reviewed."),
        "theme_color": current.bars.dark, "background_color": current.bars.dark, "icons": icons,
        "shortcuts": [
            {"name": _("Projects"), "url": "/", "icons": icons[:1]},
            {"name": _("Search"), "url": "/search", "icons": icons[:1]},
        ],
    }  # fmt: skip
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Language, Cookie"}
    return Response(orjson.dumps(document), 200, headers, content_type="application/manifest+json")


async def worker(call: Call[Any]) -> Response:  # noqa: ARG001 - called as every handler is
    """The service worker with the theme that it keeps: other bytes, and so replaced, for every theme."""
    current = theme()
    told = {
        "digest": current.digest,
        "files": f"/static/{current.digest}/",
        "offline": OFFLINE,
        "needed": _needed(current),
    }
    body = b"const THEME = " + orjson.dumps(told) + b";\n" + current.files[WORKER].content
    headers = {
        "Cache-Control": "no-cache",
        "Service-Worker-Allowed": "/",
        "Content-Security-Policy": _WORKER_POLICY,
    }
    return Response(body, 200, headers, content_type="text/javascript; charset=utf-8")


async def offline(call: Call[Any]) -> Response:
    """What browsers keep and show while the box cannot be reached; the same for everybody."""
    body = render(
        call, "offline.html", views.OfflineView, title=_("The box cannot be reached"), page="offline",
        needed=tuple(_needed(theme())),
    )  # fmt: skip
    return page_response(body, 200)


def _needed(current: Theme) -> list[str]:
    wanted = (*NEEDED, f"{CORE}/css/tokens.css", "icons/mark.svg")
    return [current.static(name) for name in wanted if name in current.files]
