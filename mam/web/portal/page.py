"""What every page needs: the theme, the reader, cookies, redirects that stay on this box, error pages.

Writes cookies into answers; decides nothing about anybody's rights.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from quart import Quart, Response, current_app, g, request

from mam import __version__
from mam.config import Config
from mam.core import Mam
from mam.errors import ValidationError
from mam.services import access, plugin_visits, sessions
from mam.types import Actor
from mam.web import identity, language, views
from mam.web.routes import Call, Site
from mam.web.sentences import say
from mam.web.theme import Theme, open_theme

V = TypeVar("V", bound=views.Page)

APPEARANCES = ("dark", "light", "system")
APPEARANCE_COOKIE = "mam_appearance"
VIEW_COOKIE = "mam_view"
YEAR = 365 * 86_400
"""Seconds that a choice of appearance is kept."""

_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")
_LINK = re.compile(r"^/r/[^/]+")
_LONGEST_NEXT = 2000
_UNAUTHORIZED = 401
_BROKEN = 500  # from here on nothing more is asked of the database


def install(
    app: Quart,
    config: Config,
    plugins: Mapping[str, Path] = MappingProxyType({}),
    parts: Mapping[str, Path] = MappingProxyType({}),
) -> None:
    """Give the app its theme and its error pages; `ConfigError` for a theme that is not there.

    `plugins` are the folders of static files that plugins bring, by name, `parts` those of theme parts.
    """
    app.extensions["mam.theme"] = open_theme(config, plugins, parts)
    app.extensions["mam.error_page"] = error_page
    app.extensions["mam.speak"] = speak
    app.after_request(_name_language)


def theme() -> Theme:
    """The theme of the running app."""
    found: Theme = current_app.extensions["mam.theme"]
    return found


def render(call: Call[Any], template: str, kind: type[V], *, title: str, page: str, **fields: Any) -> str:
    """One page: the view of this template out of `fields` and what every page has.

    What a service said (`error`, `detail`) is said in the reader's language where it is known.
    """
    path = call.request.full_path.rstrip("?")
    shell = {**_shell(call.actor, call.csrf, path), "fallen": _fallen(call), "menu": _menu(call)}
    for name in {"error", "detail"} & fields.keys():
        fields[name] = say(fields[name])
    return theme().render(template, kind(title=title, page=page, **shell, **fields))


def page_response(body: str, status: int) -> Response:
    """A page with another status than 200."""
    return Response(body, status, {"Cache-Control": "no-store"}, content_type="text/html; charset=utf-8")


def redirect(path: str) -> Response:
    """To another page of this box; the browser asks for it with GET."""
    return Response(b"", 303, {"Location": path, "Cache-Control": "no-store"})


def safe_next(text: str | None) -> str:
    """A path of this box to go on to, or "/" for anything that could lead elsewhere (promise F11)."""
    if not text or len(text) > _LONGEST_NEXT or _CONTROL.search(text):
        return "/"
    if not text.startswith("/") or text.startswith("//"):
        return "/"
    parts = urllib.parse.urlsplit(text)
    return "/" if parts.scheme or parts.netloc else text


def login_address(path: str) -> str:
    """Where to log in, to come back to `path`."""
    return "/login" if safe_next(path) == "/" else f"/login?{urllib.parse.urlencode({'next': path})}"


def set_session(call: Call[Any], response: Response, value: str) -> Response:
    """The session cookie: not for scripts, not for other sites, only over https where we have it."""
    response.set_cookie(
        identity.COOKIE,
        value,
        max_age=call.mam.config.auth.refresh_days * 86_400,
        httponly=True,
        samesite="Lax",
        secure=call.base_url.startswith("https:"),
        path="/",
    )
    return response


async def reader(call: Call[Any]) -> Actor | None:
    """Whoever opens a public page, if somebody is logged in."""
    if call.credentials is None or not call.credentials.cookie:
        return None
    return await call.plain(_known, call.credentials.cookie, call.address)


def _known(mam: Mam, cookie: str, address: str) -> Actor | None:
    return sessions.actor_from_cookie(mam, cookie, address)


def field_errors(error: ValidationError) -> dict[str, str]:
    """The sentences of a bad input, by field."""
    return {one.field: say(one.message) for one in error.errors}


def may(mam: Mam, actor: Actor, project_id: str) -> Callable[[str], bool]:
    """Whether this actor may do what is then asked, in one project."""
    thing = access.actor_thing(actor, "project", project_id, project_id)
    return lambda action: access.allowed(mam, actor, action, thing)


async def error_page(problem: dict[str, Any], headers: Mapping[str, str]) -> Response:
    """The theme's page for an error; whoever is not logged in goes to the login and comes back."""
    link = _LINK.match(request.path)
    if problem["status"] == _UNAUTHORIZED:
        return redirect(link[0]) if link else redirect(login_address(request.full_path.rstrip("?")))
    if problem["code"] == "second_factor_required":
        return redirect("/account/security")
    site: Site = current_app.extensions["mam"]
    given = identity.credentials(request.headers)
    actor = g.get("actor")
    if actor is None and given and given.cookie and problem["status"] < _BROKEN:
        actor = await site.bridge.call(_known, site.mam, given.cookie, "")
    speak(site.mam.config, actor)
    shell = _shell(actor, identity.csrf_token(site.mam, given) if actor else "", request.path)
    view = views.ErrorView(
        title=say(problem["title"]),
        page="error",
        status=problem["status"],
        heading=say(problem["title"]),
        detail=say(problem["detail"]),
        code=problem["code"],
        request_id=problem["request_id"],
        **shell,
    )
    body = theme().render("error.html", view)
    kept = {**headers, "Cache-Control": "no-store"}
    return Response(body, problem["status"], kept, content_type="text/html; charset=utf-8")


def speak(config: Config, actor: Actor | None) -> None:
    """From here on this request's words are in the reader's language."""
    chosen = language.choose(
        theme().languages,
        own=actor.language if actor else "",
        cookie=identity.cookie(request.headers, language.COOKIE),
        accepted=request.accept_languages,
        otherwise=config.language,
    )
    language.speak(chosen)


async def _name_language(response: Response) -> Response:
    """A page says which language it is in."""
    if response.mimetype == "text/html":
        response.headers["Content-Language"] = language.spoken().tag
    return response


def _shell(actor: Actor | None, csrf: str, path: str) -> dict[str, Any]:
    """What every view has, but for title and page."""
    return {
        "path": path,
        "user": _person(actor),
        "csrf_token": csrf,
        "appearance": choice(APPEARANCE_COOKIE, APPEARANCES, "system"),
        "version": __version__,
        "language": language.spoken().tag,
        "languages": tuple(_language_rows(actor)),
    }


def _language_rows(actor: Actor | None) -> Iterator[views.LanguageRow]:
    kept = (actor.language if actor else "") or identity.cookie(request.headers, language.COOKIE)
    for one in theme().languages.values():
        yield views.LanguageRow(tag=one.tag, name=one.name, chosen=one.tag == kept)


def choice(cookie: str, allowed: tuple[str, ...], otherwise: str) -> str:
    """The reader's choice out of a cookie, if it is one."""
    value = identity.cookie(request.headers, cookie)
    return value if value in allowed else otherwise


def _fallen(call: Call[Any]) -> tuple[str, ...]:
    """The plugins that failed too often: every page tells an administrator."""
    if call.actor is None or not call.actor.is_admin:
        return ()
    return tuple(one.name for one in call.mam.hooks.plugins.values() if one.off_by == "box")


def _menu(call: Call[Any]) -> tuple[views.MenuRow, ...]:
    """The pages of plugins for whoever is logged in."""
    if call.actor is None or call.actor.user_id is None:
        return ()
    return tuple(views.MenuRow(**row) for row in plugin_visits.menu(call.mam, call.actor))


def _person(actor: Actor | None) -> views.Person | None:
    if actor is None or actor.user_id is None:
        return None
    return views.Person(
        id=actor.user_id, display_name=actor.display_name, email=actor.email, is_admin=actor.is_admin
    )
