"""Routes of plugins in the app: found at start, let in like any other, drawn in the theme's frame.

A plugin's page is a template of its own package, escaped by default, rendered inside the fence; the frame
round it is the theme's. Writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import RootModel
from quart import Quart, Response

from mam.core import Mam
from mam.plugins import Plugin, State
from mam.services import plugin_visits
from mam.services.plugin_visits import Asked
from mam.types import Actor, PluginPage, PluginRoute, Redirect
from mam.web import views
from mam.web.portal import page
from mam.web.routes import PUBLIC, Call, Route, Site, view

_STYLE, _SCRIPT = "plugin.css", "plugin.js"
"""Files of a package's `static/` that its pages load by themselves."""


class AnyObject(RootModel[dict[str, Any]]):
    """A JSON object that only the plugin understands."""

    root: dict[str, Any] = {}


@dataclass(frozen=True)
class _Drawn:
    """A plugin's page, its own part drawn."""

    title: str
    content: Markup


def routes(mam: Mam) -> tuple[Route, ...]:
    """The routes of plugins as lines of the table."""
    declared = plugin_visits.routes(mam).items()
    return tuple(_route(mam.hooks.plugins[name], one) for name, rows in declared for one in rows)


def install(app: Quart, site: Site) -> None:
    """Add them to the app."""
    for route in routes(site.mam):
        app.add_url_rule(route.path, route.name, view(site, route), methods=[route.method])


def static_folders(mam: Mam) -> dict[str, Path]:
    """The folders `static` that plugins bring, by plugin."""
    found = {one.name: one.folder("static") for one in mam.hooks.plugins.values() if not one.builtin}
    return {name: folder for name, folder in found.items() if folder is not None}


def theme_folders(mam: Mam) -> dict[str, Path]:
    """The folders `theme` of plugins that run, by plugin, in the order they are asked."""
    running = (one for one in mam.hooks.plugins.values() if not one.builtin and one.state is State.ENABLED)
    found = {one.name: one.folder("theme") for one in running}
    return {name: folder for name, folder in found.items() if folder is not None}


def _route(plugin: Plugin, one: PluginRoute) -> Route:
    folder = plugin.folder("templates")
    environment = _environment(folder) if folder is not None else None

    def finish(given: Any) -> Any:
        return _packed(given) if one.api else _drawn(given, environment)

    async def handler(call: Call[AnyObject], **ids: str) -> Any:
        asked = Asked(plugin.name, one, ids, call.request.args.to_dict(), await _body(call, one), call.csrf)
        run = (
            call.plain(_publicly, asked, finish)
            if one.right == PUBLIC
            else call.run(plugin_visits.answer, asked, finish)
        )
        return _answer(call, plugin.name, await run)

    handler.__name__ = f"{plugin.name}_{one.handler.__name__}"
    handler.__doc__ = one.handler.__doc__
    path = f"{'/api' if one.api else ''}/plugins/{plugin.name}{one.path}"
    body = AnyObject if one.api and one.method in ("POST", "PUT", "PATCH") else None
    return Route(one.method, path, handler, one.right, body=body, optional_body=True, page=not one.api)


def _publicly(mam: Mam, asked: Asked, finish: Callable[[Any], Any]) -> Any:
    """As nobody: a public route of a plugin knows no actor."""
    return plugin_visits.answer(mam, Actor(None), asked, finish)


async def _body(call: Call[AnyObject], one: PluginRoute) -> Mapping[str, Any]:
    if call.body is not None:
        return call.body.root
    if one.api or one.method == "GET":
        return {}
    return {name: value for name, value in (await call.form()).items() if name != "csrf_token"}


def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, auto_reload=False,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def _packed(given: Any) -> bytes | None:
    """A call's answer as JSON; `TypeError` for anything else, which counts against the plugin."""
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"a call answers an object, not {type(given).__name__}")
    return None if given is None else orjson.dumps(dict(given))


def _drawn(given: Any, environment: Environment | None) -> _Drawn | Redirect:
    if isinstance(given, Redirect):
        return given
    if not isinstance(given, PluginPage) or environment is None:
        raise TypeError(f"a page answers a PluginPage out of templates/, not {type(given).__name__}")
    made = environment.get_template(given.template).render(dict(given.values))
    return _Drawn(str(given.title)[:200], Markup(made))  # noqa: S704 - escaped by the environment above


def _answer(call: Call[Any], plugin: str, made: Any) -> Any:
    if isinstance(made, _Drawn):
        return _page(call, plugin, made)
    if isinstance(made, Redirect):
        return page.redirect(page.safe_next(made.url))
    if made is None:
        return Response(b"", 204)
    return Response(made, 200, {"Cache-Control": "no-store"}, content_type="application/json")


def _page(call: Call[Any], plugin: str, made: _Drawn) -> str:
    theme = page.theme()
    own = [f"plugins/{plugin}/{name}" for name in (_STYLE, _SCRIPT)]
    styles, scripts = ((theme.static(one),) if one in theme.files else () for one in own)
    about = {"plugin": plugin, "heading": made.title, "content": made.content}
    return page.render(
        call, "plugin.html", views.PluginPageView, title=made.title, page="plugin", styles=styles,
        scripts=scripts, **about,
    )  # fmt: skip
