"""The API's OpenAPI 3.1 document, made from the route table by quart-schema; needs no opened box."""

from __future__ import annotations

import functools
import json
from typing import Any

from pydantic import BaseModel
from quart import Quart
from quart_schema import (
    QuartSchema,
    document_querystring,
    document_request,
    document_response,
    hide,
    operation_id,
    security_scheme,
    tag,
)
from quart_schema.extension import OpenAPIProvider

from mam import __version__
from mam.web.api.answers import Problem
from mam.web.conditions import shown_by
from mam.web.openapi_extras import complete
from mam.web.routes import ADMIN, LOGIN, ORGANISATION, PUBLIC, Route

_PROBLEMS = {
    400: "The body is not a JSON object, or cannot be read.",
    401: "Nobody is logged in, or the token does not hold.",
    403: "The thing may be seen, but not this be done to it.",
    404: "There is nothing here, or you may not see it.",
    409: "The thing is in a state that does not admit this.",
    410: "The thing is over: it was promoted, aborted, ran out, or is not kept any more.",
    412: "It has changed since the state that `If-Match` names; nothing was done.",
    413: "The body is too large.",
    415: "The body has another media type.",
    422: "The input does not fit; `errors` names the fields.",
    429: "Too many requests; `Retry-After` says when to come back.",
}
_SECURITY: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "bearer_format": "JWT"},
    "cookie": {"type": "apiKey", "name": "mam_session", "in_": "cookie"},
}


@functools.cache
def openapi_document() -> dict[str, Any]:
    """The document, with every route of the API; pages of the portal are not part of it."""
    from mam.web.app import API  # noqa: PLC0415 - the table names the handler that serves this document

    app = Quart("mam.openapi", static_folder=None)
    schema = QuartSchema(
        openapi_path=None,
        info={"title": "MAM", "version": __version__, "description": _DESCRIPTION},
        security_schemes=_SECURITY,
        openapi_provider_class=_Provider,
        conversion_preference="pydantic",
    )
    for route in API:
        app.add_url_rule(route.path, route.name, _documented(route), methods=[route.method])
    schema.init_app(app)
    document = schema.openapi_provider.schema()
    document["paths"] = dict(sorted(document["paths"].items()))
    plain: dict[str, Any] = json.loads(json.dumps(document))  # statuses become strings, as JSON wants them
    complete(plain, API, _conditional())
    return plain


_DESCRIPTION = (
    "Media asset management: immutable masters, previews in seconds. Errors are RFC 9457 problem documents "
    "with a stable `code`. Lists have a `next_cursor`. Creating calls take an `Idempotency-Key`. "
    "What shows one thing has an `ETag`: send it as `If-None-Match` to read again only what changed, or as "
    "`If-Match` to change a thing only as you saw it (412 `precondition_failed`)."
)


class _Provider(OpenAPIProvider):
    """quart-schema's own, with the errors as problem documents and no automatic HEAD."""

    def build_response_object(self, model: Any, headers_model: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found, components = super().build_response_object(model, headers_model)
        if model is Problem:
            found["content"] = {"application/problem+json": found["content"].pop("application/json")}
        elif model is _Nothing:
            found.pop("content")
        return found, components


class _Nothing(BaseModel):
    """No content, or content that is no JSON."""


def _documented(route: Route) -> Any:
    """A stand-in for the route's view that carries what quart-schema reads."""

    async def view(**_ids: str) -> None:
        """Never called."""

    view.__doc__ = route.handler.__doc__
    if route.page:
        return hide(view)
    view = operation_id(_operation(route))(view)
    view = tag([_tag(route)])(view)
    if route.right != PUBLIC:
        view = security_scheme([{"bearer": []}, {"cookie": []}])(view)
    if route.query is not None:
        view = document_querystring(route.query)(view)
    if route.body is not None:
        view = document_request(route.body)(view)
    for status, model in route.answers.items():
        view = document_response(model or _Nothing, status)(view)
    for status in _problems(route, conditional=route.name in _conditional()):
        view = document_response(Problem, status)(view)
    return view


def _operation(route: Route) -> str:
    return route.handler.__name__


def _tag(route: Route) -> str:
    parts = route.path.strip("/").split("/")
    return parts[1] if parts[0] == "api" and len(parts) > 1 else parts[0]


def _speaks_of_rows(route: Route) -> bool:
    """Whether body or query name a project, folder or version, which may not be there."""
    fields = [name for asked in (route.body, route.query) if asked is not None for name in asked.model_fields]
    return any(name.endswith(("_id", "_ids")) for name in fields)


_BELOW = {"/api/events/": 410, "/api/admin/plugins/": 422, "/api/workers/join": 404}
"""How calls below a path may fail besides: an event is gone, the TOML has no such plugin, a token ended."""


@functools.cache
def _conditional() -> frozenset[str]:
    """The names of the routes that know If-Match."""
    from mam.web.app import API  # noqa: PLC0415 - as above

    return frozenset(shown_by(API))


def _problems(route: Route, *, conditional: bool) -> list[int]:
    found = {412, 429} if conditional else {429}
    if route.right != PUBLIC:
        found |= {401}
    if route.right not in (PUBLIC, LOGIN):
        found |= {403}
    if "<" in route.path or (route.right not in (PUBLIC, LOGIN, ADMIN, ORGANISATION)):
        found |= {404}
    if route.body is not None:
        found |= {400, 413, 415, 422}
    if route.query is not None:
        found |= {422}
    if _speaks_of_rows(route):
        found |= {404}
    found |= {status for path, status in _BELOW.items() if route.path.startswith(path)}
    if route.stream:
        found |= {400, 409, 410, 413, 422}
    if route.method in ("POST", "PUT", "PATCH", "DELETE"):
        found |= {401, 403, 409} if route.right == PUBLIC else {403, 409}
    return sorted(found & set(_PROBLEMS))
