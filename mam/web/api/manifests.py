"""Media hash lists: a project's generations, one master's list, a client's list compared."""

from __future__ import annotations

from typing import Any

from quart import Response

from mam.core import Mam
from mam.edge.answers import attachment
from mam.errors import TooLargeError
from mam.services import manifests
from mam.web.api import inputs
from mam.web.api.uploads import body_length
from mam.web.bridge import body_iterator
from mam.web.routes import Call


async def project_manifest(call: Call[inputs.ManifestQuery], project_id: str) -> Response:
    """A generation as XML, the newest unless `number` says which; `format=zip` is all as `ascmhl` folder."""
    if call.query.format == "zip":
        return _file(*await call.run(manifests.history, project_id), "application/zip")
    return _file(*await call.run(manifests.project_manifest, project_id, call.query.number))


async def version_manifest(call: Call[Any], version_id: str) -> Response:
    """The list of one master alone."""
    return _file(*await call.run(manifests.version_manifest, version_id))


async def create_manifest(call: Call[inputs.ManifestIn], project_id: str) -> Any:
    """Make the project's next generation, for a hand-off."""
    return await call.run(manifests.create, project_id, **call.given)


async def list_manifests(call: Call[Any], project_id: str) -> Any:
    """The generations and the lists that came with material, newest first."""
    return await call.run(
        manifests.list_manifests, project_id, cursor=call.query.cursor, limit=call.query.limit
    )


async def compare_manifest(call: Call[Any], project_id: str) -> Any:
    """What of a client's list (the body, at most 64 MiB of XML) is here."""
    if body_length(call) > manifests.MOST_BYTES:
        raise TooLargeError(f"A media hash list may have {manifests.MOST_BYTES >> 20} MiB.")
    actor, body = await call.login(), body_iterator(call.request)

    def compare(mam: Mam) -> Any:
        manifests.may_compare(mam, actor, project_id)
        return manifests.compare(mam, actor, project_id, b"".join(body))

    return await call.receive(compare)


def _file(name: str, data: bytes, content_type: str = "application/xml") -> Response:
    headers = {
        "Content-Disposition": attachment(name).decode(),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, 200, headers, content_type=content_type)
