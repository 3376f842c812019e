"""The delivery service as a Quart blueprint (inside the portal's server) and as an app of its own.

Signed addresses are taken off before Quart's router sees them: it would decode the path, join double slashes
and redirect, and what is checked must be what was sent (promise E4). Needs configuration, keys and
storage; touches no database and no queue.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast

import structlog
from quart import Blueprint, Quart, Response, jsonify, request
from quart.blueprints import BlueprintSetupState

from mam import __version__, metrics
from mam.config import Config
from mam.edge import answers
from mam.edge.cache import DiskCache
from mam.edge.front import Front
from mam.edge.limits import Limiter, asks_here, networks
from mam.edge.origin import Origin
from mam.edge.pictures import Pictures
from mam.edge.prefetch import Prefetch
from mam.edge.purge import Purge
from mam.edge.revocations import Revocations
from mam.edge.sending import Receive, Scope, Send
from mam.edge.serve import Edge
from mam.edge.sources import Sources
from mam.errors import ConfigError, SandboxError
from mam.media.ffmpeg import find_tools
from mam.media.resizer import Resizer
from mam.media.sandbox import Sandbox, open_sandbox
from mam.plugins import Hooks, open_hooks
from mam.signing import KeyRing
from mam.types import Storage

__all__ = ["Edge", "create_app", "create_blueprint", "open_edge"]

_METHODS = ["GET", "HEAD", "OPTIONS"]
_log = structlog.get_logger(__name__)
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


def open_edge(config: Config, storage: Storage, keys: KeyRing, hooks: Hooks | None = None) -> Edge:
    """The delivery of one process; `hooks` may know a web server in front that sends files.

    `ConfigError` where `server.trusted_proxies` holds no addresses.
    """
    delivery = config.delivery
    try:
        trusted = networks(config.server.trusted_proxies)
    except ValueError as error:
        raise ConfigError(f"server.trusted_proxies: expected addresses or networks: {error}.") from None
    folders = tuple(watch.path for watch in config.watch if watch.mode == "index")
    sources = Sources(storage, DiskCache(config.edge_cache, delivery.cache_bytes), folders=folders)
    pictures = open_pictures(config, sources)
    limiter = Limiter(delivery.rate, delivery.burst)
    front = Front(config, hooks) if hooks is not None else None
    purge = Purge(sources.cache)
    revoked = Revocations(storage, stale_seconds=delivery.serve_on_seconds, told=purge.purge)
    prefetch = Prefetch(sources, delivery.prefetch)
    return Edge(keys, sources, pictures, revoked, limiter, trusted, front, prefetch, purge)


def open_pictures(config: Config, sources: Sources) -> Pictures:
    """Images on demand of one process; walls are put up, and proved, when the first one is made."""

    def walls() -> Sandbox:
        try:
            return open_sandbox(config.media.sandbox, find_tools(config.media.ffmpeg))
        except ConfigError as error:  # without ffmpeg no walls can be proved
            raise SandboxError(error.detail) from error

    cache = DiskCache(config.image_cache, config.images.cache_bytes)
    return Pictures(sources, cache, Resizer(walls, config.images.processes))


def create_blueprint(edge: Edge) -> Blueprint:
    """The routes `/s/...` and `/d/...` for a Quart app: registering it puts the edge in front of the app."""
    blueprint = Blueprint("edge", __name__)
    blueprint.record(lambda state: _put_in_front(state, edge))
    # The router's own rules: for the list of routes, and for spellings that only decode to ours.
    blueprint.add_url_rule("/s/<path:rest>", "preview", _refuse, methods=_METHODS)
    blueprint.add_url_rule("/d/<path:rest>", "download", _refuse, methods=_METHODS)
    blueprint.before_app_serving(edge.start)
    blueprint.after_app_serving(edge.stop)
    return blueprint


def create_app(config: Config) -> Quart:
    """`mam edge`: delivery alone, against the same storage. Raises `ConfigError`, `StorageError`."""
    ring = config.secrets / "delivery-keys.json"
    if not ring.exists():
        _log.warning(
            "new delivery keys made; on a machine of its own copy the portal's instead", file=str(ring)
        )
    keys = KeyRing.open(ring)
    hooks = open_hooks(config, builtins=("mam.builtin.storage_files",))
    edge = open_edge(config, _storage(config, keys, hooks), keys, hooks)
    app = Quart("mam.edge")
    app.register_blueprint(create_blueprint(edge))

    @app.get("/health")
    async def health() -> tuple[Response, int]:
        return _health(edge)

    sums: dict[str, float] = {}

    @app.get("/metrics")
    async def figures() -> Response:
        peer = (request.scope.get("client") or ("",))[0]
        if not asks_here(peer, request.headers, config.server.public_url):
            return _problem_response(answers.ABSENT)
        return _figures(sums)

    @app.errorhandler(404)
    @app.errorhandler(405)
    async def absent(_error: Exception) -> Response:
        return _problem_response(answers.ABSENT)

    return app


def _storage(config: Config, keys: KeyRing, hooks: Hooks) -> Storage:
    """The box that `[delivery] origin` names, else the store that a plugin answers with."""
    if config.delivery.origin:
        return Origin(config.delivery.origin, keys, config.delivery.origin_ca_file)
    storage: Storage | None = hooks.first("mam_storage", config=config)
    if storage is None:
        raise ConfigError("No storage plugin answered; see `mam plugins` for the reasons.")
    return storage


def _figures(sums: dict[str, float]) -> Response:
    """What this process counted since it began: an edge alone knows no queue to add it to."""
    from mam import metrics_text  # noqa: PLC0415 - its library takes 3 MB, which few edges are asked for

    for key, amount in metrics.take().items():
        sums[key] = sums.get(key, 0) + amount
    body, content_type = metrics_text.written(metrics_text.told(sums), request.headers.get("Accept", ""))
    return Response(body, 200, {"Cache-Control": "no-store"}, content_type=content_type)


def _put_in_front(state: BlueprintSetupState, edge: Edge) -> None:
    app = cast("Quart", state.app)
    behind = cast("Asgi", app.asgi_app)

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        await (edge.handle if edge.wants(scope) else behind)(scope, receive, send)

    app.asgi_app = front  # type: ignore[assignment,method-assign]


async def _refuse(rest: str) -> Response:  # noqa: ARG001 - the router's name for the rest of the path
    """The one refusal, for a path that was not sent in the letters it was signed in."""
    return _problem_response(answers.REFUSED)


def _problem_response(problem: answers.Problem) -> Response:
    response = Response(problem.body, status=problem.status)
    for name, value in (*answers.problem_headers(problem), *answers.base(answers.request_id())):
        response.headers[name.decode()] = value.decode()
    return response


def _health(edge: Edge) -> tuple[Response, int]:
    """200 while grants can be checked against a fresh list of revocations, else 503."""
    fresh = edge.revoked.is_fresh
    checks = {"storage": "ok" if fresh else "down", "keys": "ok", "cache_bytes": edge.sources.cache.total}
    body = jsonify(status="ok" if fresh else "down", version=__version__, checks=checks)
    return body, 200 if fresh else 503
