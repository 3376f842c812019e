"""Every page of the portal on one screen: method, path, handler, who may see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from mam.web.portal import (
    account,
    admin,
    admin_audit,
    admin_health,
    admin_jobs,
    admin_plugins,
    admin_storage,
    admin_users,
    admin_watch,
    appearance,
    asset,
    board,
    cards,
    home,
    installed,
    language,
    login,
    logout,
    manifests,
    new_project,
    notes_print,
    people,
    project,
    project_fields,
    register,
    search,
    setup,
    shares,
    similar,
    static,
    trash,
)
from mam.web.routes import ADMIN, GUEST, LOGIN, PUBLIC, Route


def _page(method: str, path: str, handler: Callable[..., Awaitable[Any]], right: str) -> Route:
    return Route(method, path, handler, right, page=True)


# fmt: off
PAGES: tuple[Route, ...] = (
    Route("GET", "/static/<digest>/<path:name>", static.show, PUBLIC, page=True, counted=False),
    _page("GET", "/manifest.webmanifest", installed.manifest, PUBLIC),
    _page("GET", "/service-worker.js", installed.worker, PUBLIC),
    _page("GET", "/offline", installed.offline, PUBLIC),
    _page("GET", "/setup/<token>", setup.show, PUBLIC),
    _page("POST", "/setup/<token>", setup.save, PUBLIC),
    _page("GET", "/login", login.show, PUBLIC),
    _page("POST", "/login", login.save, PUBLIC),
    _page("GET", "/register", register.show, PUBLIC),
    _page("POST", "/register", register.save, PUBLIC),
    _page("POST", "/logout", logout.save, LOGIN),
    _page("POST", "/appearance", appearance.save, LOGIN),
    _page("POST", "/login/code", login.save_code, PUBLIC),
    _page("POST", "/language", language.save, PUBLIC),
    _page("POST", "/account/language", language.save_own, LOGIN),
    _page("GET", "/", home.show, LOGIN),
    _page("GET", "/projects/new", new_project.show, LOGIN),
    _page("POST", "/projects/new", new_project.save, LOGIN),
    _page("GET", "/projects/<project_id>", project.show, LOGIN),
    _page("GET", "/account/security", account.security, LOGIN),
    _page("GET", "/account/sessions", account.sessions, LOGIN),
    _page("GET", "/account/keys", account.keys, LOGIN),
    _page("GET", "/projects/<project_id>/cards", cards.show, LOGIN),
    _page("GET", "/projects/<project_id>/board", board.show, LOGIN),
    _page("GET", "/projects/<project_id>/board/cards", board.show_more, LOGIN),
    _page("GET", "/assets/<asset_id>/board-card", board.show_one, LOGIN),
    _page("GET", "/projects/<project_id>/trash", trash.show, LOGIN),
    _page("GET", "/projects/<project_id>/fields", project_fields.show, LOGIN),
    _page("GET", "/search", search.show, LOGIN),
    _page("GET", "/projects/<project_id>/people", people.show, LOGIN),
    _page("POST", "/projects/<project_id>/people", people.save, LOGIN),
    _page("GET", "/projects/<project_id>/manifests", manifests.show, LOGIN),
    _page("POST", "/projects/<project_id>/manifests", manifests.save, LOGIN),
    _page("GET", "/assets/<asset_id>", asset.show, LOGIN),
    _page("GET", "/assets/<asset_id>/card", cards.show_one, LOGIN),
    _page("GET", "/assets/<asset_id>/notes", notes_print.show, LOGIN),
    _page("GET", "/assets/<asset_id>/similar", similar.show, LOGIN),
    _page("GET", "/compare", similar.compare, LOGIN),
    _page("GET", "/projects/<project_id>/shares", shares.show_list, LOGIN),
    _page("GET", "/r/<share>", shares.show, PUBLIC),
    _page("POST", "/r/<share>", shares.save, PUBLIC),
    _page("GET", "/r/<share>/logo", shares.show_logo, PUBLIC),
    _page("GET", "/r/<share>/style.css", shares.show_style, PUBLIC),
    _page("GET", "/r/<share>/assets/<asset_id>", shares.show_asset, GUEST),
    _page("GET", "/admin", admin.show, ADMIN),
    _page("GET", "/admin/health", admin_health.show, ADMIN),
    _page("GET", "/admin/audit", admin_audit.show, ADMIN),
    _page("GET", "/admin/jobs", admin_jobs.show, ADMIN),
    _page("GET", "/admin/plugins", admin_plugins.show, ADMIN),
    _page("GET", "/admin/watch", admin_watch.show, ADMIN),
    _page("GET", "/admin/storage", admin_storage.show, ADMIN),
    _page("GET", "/admin/users", admin_users.show, ADMIN),
    _page("POST", "/admin/users", admin_users.save, ADMIN),
)
# fmt: on
