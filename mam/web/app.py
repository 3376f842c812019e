"""The web application: every route on one screen, and how the app is put together.

A route that is not in this table does not exist; a test walks the app's map and holds it to the table.
"""

from __future__ import annotations

from quart import Quart

from mam.core import Mam
from mam.edge.app import create_blueprint, open_edge
from mam.edge.limits import networks
from mam.errors import ConfigError
from mam.web import errors
from mam.web.api import health
from mam.web.asgi import Connection
from mam.web.bodies import JSON_BYTES
from mam.web.bridge import Bridge
from mam.web.limits import Limits
from mam.web.routes import PUBLIC, Route, Site, view

ROUTES: tuple[Route, ...] = (Route("GET", "/api/health", health.health, PUBLIC, counted=False),)


def create_app(mam: Mam) -> Quart:
    """The app of an opened box. Opens nothing until it serves; `ConfigError` for a bad `trusted_proxies`."""
    app = _bare_app()
    site = open_site(mam)
    app.extensions["mam"] = site
    for route in ROUTES:
        app.add_url_rule(route.path, route.name, view(site, route), methods=[route.method])
    errors.register(app)
    app.register_blueprint(create_blueprint(open_edge(mam.config, mam.storage, mam.keys)))

    @app.after_serving
    async def close() -> None:
        site.bridge.close()

    return app


def open_site(mam: Mam) -> Site:
    """Thread pools and limits of this process; whom it trusts to name an address."""
    server = mam.config.server
    try:
        trusted = networks(server.trusted_proxies)
    except ValueError as error:
        raise ConfigError(f"server.trusted_proxies: expected addresses or networks: {error}.") from None
    return Site(mam, Bridge(server.threads), Limits(server), trusted)


def _bare_app() -> Quart:
    app = Quart("mam.web", static_folder=None)
    app.asgi_http_class = Connection
    app.config.update(
        MAX_CONTENT_LENGTH=JSON_BYTES,
        MAX_FORM_MEMORY_SIZE=JSON_BYTES,
        BODY_TIMEOUT=60,
        RESPONSE_TIMEOUT=None,
        PROVIDE_AUTOMATIC_OPTIONS=False,
    )
    app.url_map.merge_slashes = False
    return app
