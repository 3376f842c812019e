"""Uploads: addresses for parts, the parts themselves, promote; and the whole file in one body for scripts."""

from __future__ import annotations

from typing import Any

from mam.errors import LengthRequiredError, ValidationError
from mam.services import uploads
from mam.web import multipart
from mam.web.api import inputs
from mam.web.api.repeat import repeatable
from mam.web.bridge import body_iterator
from mam.web.routes import Call, json_response


async def presign(call: Call[inputs.PresignIn]) -> Any:
    """Open an upload: where each part is to be PUT, without a bearer token."""
    return _absolute(call, await repeatable(call, uploads.presign, **call.body.model_dump()))


async def get_upload(call: Call[Any], upload_id: str) -> Any:
    """How far an upload is: the parts that arrived whole."""
    return await call.run(uploads.get_upload, upload_id)


async def part_addresses(call: Call[inputs.PartNumbersIn], upload_id: str) -> Any:
    """Fresh addresses of parts."""
    return _absolute(call, await call.run(uploads.part_addresses, upload_id, call.body.numbers))


async def abort(call: Call[Any], upload_id: str) -> None:
    """Give an upload up; what arrived is freed."""
    await call.run(uploads.abort, upload_id)


async def promote(call: Call[inputs.PromoteIn]) -> Any:
    """Check the bytes, lock them as a master, make the version; asked again, the same version."""
    parts = [part.model_dump() for part in call.body.parts] if call.body.parts is not None else None
    body = call.body
    return await call.receive(
        uploads.promote,
        await call.login(),
        body.upload_id,
        parts,
        duplicates=body.duplicates,
        sha256=body.sha256,
    )


async def put_part(call: Call[Any], token: str) -> Any:
    """Take one part at its signed address."""
    length = body_length(call)
    part = await call.receive(uploads.write_part, token, body_iterator(call.request), length)
    body = {"number": part.number, "size": part.size, "etag": part.etag}
    return json_response(body, 200, {"ETag": f'"{part.etag.strip(chr(34))}"'})


async def upload(call: Call[Any], asset_id: str) -> Any:
    """Take a whole file, raw or as a form's field `file`; promoted and queued when it has arrived."""
    length = body_length(call)
    actor = await call.login()
    request, body = call.request, body_iterator(call.request)

    def take(mam: Any) -> Any:
        if request.mimetype == "multipart/form-data":
            file = multipart.open_form(request.headers["Content-Type"], length, body)
        else:
            name = call.query.filename or _named(call)
            file = multipart.FormFile(name, request.mimetype, length, body)
        return uploads.receive(
            mam,
            actor,
            asset_id,
            filename=file.filename or "upload",
            content_type=file.content_type,
            size=file.size,
            body=file.chunks,
            duplicates=call.query.duplicates,
        )

    return await call.receive(take)


def _absolute(call: Call[Any], answer: dict[str, Any]) -> dict[str, Any]:
    """Part addresses of this server, as the caller reaches it."""
    base = call.base_url
    for part in answer["parts"]:
        if part["url"].startswith("/"):
            part["url"] = base + part["url"]
    return answer


def body_length(call: Call[Any]) -> int:
    """The body's size, which has to be known before its first byte; `LengthRequiredError` where it is not."""
    if "Transfer-Encoding" in call.request.headers or call.request.content_length is None:
        raise LengthRequiredError("Send the body with a Content-Length; chunked bodies are not taken.")
    return call.request.content_length


def _named(call: Call[Any]) -> str:
    name = call.request.headers.get("X-Filename", "")
    if "\x00" in name:
        raise ValidationError("A file's name may not hold the character NUL.")
    return name
