"""What a route is, and the one path every request takes from the router to a handler and back.

A handler is `async def handler(call: Call, **ids)`: it calls one service by `await call.run(service, ...)`
and answers its dict (JSON with the route's first status), None (an empty answer), a string (a page) or a
Quart response.

Pages are declared in the same table: `Route("GET", "/projects/<project_id>", show, LOGIN, page=True)`. A
page's handler finds who asks in `call.actor` (and `g.actor` in templates), the form token in `call.csrf`, a
posted form in `await call.form()`. Nobody logged in: the page redirects to `/login?next=…`. Unsafe methods
by cookie are let through only with the token in `X-CSRF-Token` or the form field `csrf_token`, from our own
origin.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import orjson
from pydantic import BaseModel
from quart import Request, Response, current_app, g, request
from structlog.contextvars import bind_contextvars

from mam import models
from mam.core import Mam
from mam.edge.limits import Networks
from mam.edge.ranges import not_modified
from mam.errors import ForbiddenError, LockedError, MamError, NotFoundError
from mam.ids import is_id
from mam.services import access, audit, codes, preconditions
from mam.services.preconditions import Condition
from mam.types import Actor
from mam.web import bodies, conditions, identity
from mam.web.bridge import Bridge
from mam.web.hub import Hub
from mam.web.limits import Limits, Quota

P = ParamSpec("P")
T = TypeVar("T")
B = TypeVar("B")

PUBLIC = "public"
"""Right of a route that anybody may call."""

LOGIN = "login"
"""Right of a route for whoever is logged in; the service looks closer where there is something to look at."""

GUEST = "guest"
"""Right of a route below a share link, `/r/<share>/…`: for guests who were let in, for nobody else."""

ADMIN = "box.admin"
"""Right of the administrators' routes."""

ORGANISATION = access.ORGANISATION
"""Right of routes for administrators of the box and of an organisation; these see their own alone."""

SAFE = frozenset({"GET", "HEAD"})
Handler = Callable[..., Awaitable[Any]]
ErrorPage = Callable[[dict[str, Any], Mapping[str, str]], Awaitable[Response]]


@dataclass(frozen=True)
class Route:
    """One line of the table. `right` is `public`, `login` or the action the service will ask for.

    `answers` are the statuses of success with their models, the usual one first. `stream` routes get a body
    of any length and read it with `bridge.body_iterator`. `counted` is False where the anonymous limit does
    not apply. `keys` is False for what changes accounts: no API key does that, nor opens a page. `local`
    routes need no login of a program on this machine.
    """

    method: str
    path: str
    handler: Handler
    right: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: Mapping[int, Any] = field(default_factory=lambda: {200: None})
    page: bool = False
    stream: bool = False
    counted: bool = True
    optional_body: bool = False
    keys: bool = True
    local: bool = False

    @property
    def status(self) -> int:
        """The status of the usual answer."""
        return next(iter(self.answers))

    @property
    def name(self) -> str:
        """The endpoint: unique in the table."""
        return f"{self.method} {self.path}"


@dataclass
class Site:
    """What the web process holds beside the box: thread pools, limits, whom it trusts to name an address."""

    mam: Mam
    bridge: Bridge
    limits: Limits
    trusted: Networks
    hub: Hub


class Call(Generic[B]):
    """One request as its handler sees it."""

    def __init__(self, site: Site, route: Route, share: str = "", shown: Route | None = None) -> None:
        """Look at who sent it, below the link of the secret `share` where given; nothing is checked yet.

        `shown` is the GET of what the route changes, where one shows it.
        """
        self.site = site
        self.mam = site.mam
        self.route = route
        self.request: Request = request._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
        self.address = identity.client(self.request.scope, site.trusted)
        self.request.scope["mam.address"] = self.address  # for the access log
        self.request.scope["mam.route"] = route.path
        self.share = share
        headers = self.request.headers
        self.credentials = (
            identity.guest_credentials(headers, share) if share else identity.credentials(headers)
        )
        self.user_agent = self.request.headers.get("User-Agent", "")[:300]
        self.actor: Actor | None = None
        local = route.local and identity.is_local(site.mam.config, self.request)
        self.is_free = local or route.right == PUBLIC
        self.known: Actor | None = None  # who asks, before it is decided whether they may
        self.body: Any = None
        self.query: Any = None
        self.shown = shown
        self.condition: Condition | None = None
        self.mark = ""  # of the thing after a change on a condition
        self.quotas: list[Quota] = []
        if not route.page:
            self.request.scope["mam.quotas"] = self.quotas  # for the answer

    async def run(
        self, service: Callable[Concatenate[Mam, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a service as whoever asks; finds that out in the same hop where it is not known yet.

        Where the caller sent If-Match the first service is called only if the thing is as they saw it.
        """

        def work() -> T:
            actor = self._identify()
            return self._if_unchanged(actor, lambda: service(self.mam, actor, *args, **kwargs))

        return await self.site.bridge.call(work)

    async def plain(self, fn: Callable[Concatenate[Mam, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service that takes no actor: log in, register, health."""
        return await self.site.bridge.call(fn, self.mam, *args, **kwargs)

    async def knock(self, fn: Callable[Concatenate[Mam, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for a service that hashes a password: a storm of them leaves the other threads free."""
        return await self.site.bridge.knock(fn, self.mam, *args, **kwargs)

    async def receive(
        self, service: Callable[Concatenate[Mam, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a service that reads the request's body, in the pool of the uploads."""
        return await self.site.bridge.receive(service, self.mam, *args, **kwargs)

    async def fresh(
        self, service: Callable[Concatenate[Mam, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same, looking again whether the session still holds: for answers that go on for long."""
        self.actor = None
        self.quotas.clear()  # the head of the answer, which tells them, is out
        return await self.run(service, *args, **kwargs)

    async def login(self) -> Actor:
        """Whoever asks; `UnauthorizedError` for nobody."""
        if self.actor is None:
            await self.site.bridge.call(self._identify)
        assert self.actor is not None  # noqa: S101 - _identify sets it or raises
        return self.actor

    async def form(self) -> Mapping[str, str]:
        """The posted form's fields, the last value of each."""
        return (await self.request.form).to_dict()

    async def raw_body(self) -> bytes:
        """The body as it came; at most `bodies.JSON_BYTES`."""
        return bytes(await self.request.get_data(as_text=False))  # type: ignore[arg-type]

    @property
    def given(self) -> dict[str, Any]:
        """The fields of the body that were sent; the others are to stay as they are."""
        sent: dict[str, Any] = self.body.model_dump(exclude_unset=True)
        return sent

    @property
    def csrf(self) -> str:
        """The token that belongs into every form and into `X-CSRF-Token`; empty without a cookie."""
        return identity.csrf_token(self.mam, self.credentials)

    @property
    def base_url(self) -> str:
        """Our address as this caller sees it, without a slash at the end."""
        return identity.base_url(self.mam.config, self.request, self.site.trusted)

    def _if_unchanged(self, actor: Actor, change: Callable[[], T]) -> T:
        """In a thread: change what has to be changed on the caller's condition, if there is one."""
        wanted, self.condition = self.condition, None
        if wanted is None or self.shown is None:
            return change()
        reading, stays = _Reading(self, self.shown), self.route.method != "DELETE"
        done, self.mark = preconditions.change_if(actor, wanted, reading.tag, change, stays=stays)
        return done

    def _identify(self) -> Actor:
        """In a thread, with a connection: find the actor, count the request, check the box-wide right."""
        if self.actor is None:
            actor = identity.find_actor(self.mam, self.credentials, self.address)
            self.known = actor
            self.site.limits.user(_caller(actor), self.quotas)
            _check_key(self.route, actor)
            _check_factor(self.mam, self.route, actor)
            if self.route.right == ADMIN:
                access.require(self.mam, actor, ADMIN)
            elif self.route.right == ORGANISATION:
                access.administered(self.mam, actor)
            self.actor = actor
            self.request.scope["mam.actor"] = _caller(actor)  # type: ignore[typeddict-unknown-key]
            bind_contextvars(actor=_caller(actor))
        return self.actor


class _Reading(Call[Any]):
    """The GET of a thing within the transaction that changes it: the same handler, in this thread."""

    def __init__(self, call: Call[Any], shown: Route) -> None:
        """As `call` asks, but for `shown`, which takes neither body nor query."""
        self.__dict__.update(call.__dict__)
        self.route, self.body, self.query = shown, None, None

    async def run(
        self, service: Callable[Concatenate[Mam, Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call the service here and now."""
        return service(self.mam, self._identify(), *args, **kwargs)

    def tag(self) -> str:
        """The ETag that the GET would answer at this moment."""
        names = self.request.view_args or {}
        ids = {name: value for name, value in names.items() if f"<{name}>" in self.route.path}
        ids.pop("share", "")
        steps = self.route.handler(self, **ids).__await__()
        try:
            next(steps)
        except StopIteration as done:
            return conditions.etag(orjson.dumps(done.value))
        raise TypeError(f"{self.route.name} waits for more than its services.")


def _check_key(route: Route, actor: Actor) -> None:
    """Calls that change accounts, and pages, are for people: no API key gets further than this."""
    if actor.key is not None and (route.page or not route.keys):
        raise ForbiddenError("An API key may not do this; log in.", code="key_refused")


_UNPROTECTED = ("/account", "/api/account", "/auth/", "/logout", "/appearance", "/language")
"""What somebody may do whose role needs a second factor and who has none yet: set it up, or go."""


def _check_factor(mam: Mam, route: Route, actor: Actor) -> None:
    if actor.guest is not None or not codes.is_required(mam, actor.roles):
        return
    if not route.path.startswith(_UNPROTECTED) and codes.confirmed(str(actor.user_id)) is None:
        raise ForbiddenError(
            "Your role needs a second factor; set one up first.", code="second_factor_required"
        )


def _caller(actor: Actor) -> str:
    """Who is counted and logged: a user by its id, a guest by the guest's."""
    return f"guest {actor.guest.id}" if actor.guest is not None else actor.user_id or ""


def view(site: Site, route: Route, shown: Route | None = None) -> Callable[..., Awaitable[Response]]:
    """The route's view function for Quart; `shown` is the GET that shows what it changes, if one does."""
    tagged = conditions.has_tag(route)

    async def answer(**ids: str) -> Response:
        call: Call[Any] = Call(site, route, ids.pop("share", ""), shown)
        try:
            await _admit(call, ids)
            if route.page:
                current_app.extensions["mam.speak"](site.mam.config, call.actor)
            result = await route.handler(call, **ids)
        except (ForbiddenError, LockedError) as error:
            await _note_refusal(call, error, ids)
            raise
        if not call.is_free and call.actor is None:
            await call.login()  # a handler that asked nobody anything is still not for everybody
        response = _response(route, result)
        return _tagged(call, response) if tagged or call.mark else response

    answer.__name__ = route.handler.__name__
    answer.__doc__ = route.handler.__doc__
    return answer


def _tagged(call: Call[Any], response: Response) -> Response:
    """With its ETag; 304 and no body where the caller has just that."""
    data = getattr(response.response, "data", None)
    if not isinstance(data, bytes) or response.status_code != HTTPStatus.OK:
        return response
    response.headers["ETag"] = tag = call.mark or conditions.etag(data)
    if call.mark or not not_modified(tag, call.request.headers.get("If-None-Match")):
        return response
    return Response(b"", HTTPStatus.NOT_MODIFIED, {"ETag": tag, "Cache-Control": "no-store"})


async def _note_refusal(call: Call[Any], error: MamError, ids: Mapping[str, str]) -> None:
    """Who was told no goes into the audit log (promise J4); a database that is away changes no answer."""
    actor = call.known or Actor(None, address=call.address)
    said = {"method": call.route.method, "route": call.route.path, "code": error.error_code}
    subject_id = next((value for value in ids.values() if is_id(value)), None)
    with suppress(*models.Unavailable):
        await call.site.bridge.call(lambda: audit.refused(call.mam, actor, **said, subject_id=subject_id))


async def _admit(call: Call[Any], ids: Mapping[str, str]) -> None:
    """Limits, login, then the input; a GET logs in within its service's hop, bad input before it."""
    route, site = call.route, call.site
    site.limits.request(call.address, call.quotas)
    if call.is_free:
        if route.counted:
            site.limits.anonymous(call.address, call.quotas)
        if route.page and route.method not in SAFE:
            identity.check_origin(call.request, call.base_url)
    elif call.credentials is None:
        site.limits.anonymous(call.address, call.quotas)
        raise identity.nobody()
    elif route.page or route.method not in SAFE:
        await _login_and_guard(call)
    try:
        await _read_input(call, ids)
    except Exception:
        if route.right != PUBLIC:
            await call.login()
        raise
    _read_condition(call, ids)
    g.actor = call.actor


def _read_condition(call: Call[Any], ids: Mapping[str, str]) -> None:
    """If-Match on what changes something; pages have another way, and nothing else changes anything."""
    header = call.request.headers.get("If-Match")
    if header is not None and not call.route.page and call.route.method not in SAFE:
        call.condition = conditions.condition(header, call.shown, ids)


async def _login_and_guard(call: Call[Any]) -> None:
    await call.login()
    if call.route.method not in SAFE:
        await identity.check_csrf(call.mam, call.request, call.credentials, call.base_url)


async def _read_input(call: Call[Any], ids: Mapping[str, str]) -> None:
    route = call.route
    if any(name.endswith("_id") and not is_id(value) for name, value in ids.items()):
        raise NotFoundError
    if route.query is not None:
        call.query = bodies.read_query(route.query, call.request.query_string)
    if route.body is not None:
        call.body = await bodies.read_json(route.body, call.request, optional=route.optional_body)


def _response(route: Route, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if result is None:
        return Response(b"", route.status)
    if isinstance(result, str):
        return Response(
            result, route.status, {"Cache-Control": "no-store"}, "text/html", "text/html; charset=utf-8"
        )
    return json_response(result, route.status)


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer; API answers are private to who asked and never stored by a cache."""
    extra = {"Cache-Control": "no-store", **(headers or {})}
    return Response(orjson.dumps(body), status, extra, content_type="application/json")
