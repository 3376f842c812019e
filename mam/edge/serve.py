"""One request for signed bytes, from raw path to last chunk, straight on ASGI.

Order is the promise: form of the path, signature, scope, address, time, revocation; only then cache or
store are asked (E3-E7). Answers are written chunk by chunk with one chunk read ahead; nothing blocks
the event loop. Writes the access log, with the grant's key id in the grant's place.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import structlog

from mam.edge import answers
from mam.edge.cache import CHUNK
from mam.edge.front import Front, handed_over, lasting
from mam.edge.limits import Limiter, Networks, client_address
from mam.edge.paths import NOBODY, REVOKED, PreviewPath, parse_download, parse_image_query, parse_preview
from mam.edge.pictures import Pictures
from mam.edge.prefetch import Prefetch
from mam.edge.purge import Purge
from mam.edge.ranges import Span, choose, not_modified
from mam.edge.revocations import Revocations
from mam.edge.sending import (
    Answer,
    Receive,
    Refusal,
    Request,
    Scope,
    Send,
    count,
    head_of,
    log_access,
    send_bytes_head,
    send_chunk,
    send_head,
    send_problem,
)
from mam.edge.sources import BytesSource, Source, Sources, tag
from mam.errors import (
    GrantError,
    GrantExpiredError,
    RateLimitedError,
    SandboxError,
    SourceError,
    StorageError,
)
from mam.media.stills import CONTENT_TYPES, wanted
from mam.signing import DownloadGrant, KeyRing, check_download, check_grant
from mam.types import Area

STALL_SECONDS = 60.0
"""A client that takes no byte for this long is let go."""

_METHODS = ("GET", "HEAD", "OPTIONS")
_log = structlog.get_logger("mam.edge.access")


@dataclass
class Edge:
    """Everything the delivery of signed addresses needs: keys and storage, no database and no queue."""

    keys: KeyRing
    sources: Sources
    pictures: Pictures
    revoked: Revocations
    limiter: Limiter
    trusted: Networks = ()
    front: Front | None = None
    prefetch: Prefetch | None = None
    purge: Purge | None = None
    _refreshing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the cache, read the revocations, keep reading them; a second call does nothing."""
        if self._refreshing is None:
            self._refreshing = asyncio.ensure_future(self.revoked.keep_fresh())
            if self.sources.local is None:
                await self.sources.run(self._open_cache)
            await self.sources.run(self.pictures.open_cache)
            await self.sources.run(self.revoked.refresh)

    async def stop(self) -> None:
        """End the background reading and the threads."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        if self.prefetch is not None:
            self.prefetch.stop()
        self.pictures.resizer.close()
        self.sources.pool.shutdown(wait=False)

    def _open_cache(self) -> None:
        """A cache that cannot be opened is no reason not to serve: the store is asked each time."""
        try:
            self.sources.cache.start()
        except OSError as error:
            _log.warning("edge cache not opened; served from the store", reason=str(error))

    def wants(self, scope: Scope) -> bool:
        """Whether a request is the edge's: its raw path begins with `/s/` or `/d/`."""
        return scope["type"] == "http" and scope.get("raw_path", b"").startswith((b"/s/", b"/d/"))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request that `wants` took."""
        if self._refreshing is None:  # an app that is driven without a server's start
            await self.start()
        request = self._request(scope, receive, send)
        if b"content-length" in request.headers or b"transfer-encoding" in request.headers:
            request.watch()  # a body nobody wants: unread, it would hold the connection for ever
        try:
            await self._answer(request)
        except Refusal as refusal:
            await send_problem(request, refusal.problem)
        except StorageError as error:
            request.note["reason"] = error.detail
            if not request.status:  # a failure after the head can only cut the connection
                await send_problem(request, answers.UNAVAILABLE)
        finally:
            request.unwatch()
            log_access(request)
            count(request)

    def _request(self, scope: Scope, receive: Receive, send: Send) -> Request:
        headers = dict(scope["headers"])
        peer = (scope.get("client") or ("",))[0]
        client = peer
        if self.trusted:
            named = [
                value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"
            ]
            client = client_address(peer, named, self.trusted)
        return Request(scope, receive, send, answers.request_id(), time.perf_counter(), client, headers)

    async def _answer(self, request: Request) -> None:
        wait = self.limiter.admit(request.client)
        if wait:
            raise Refusal(answers.too_many(wait))
        method = request.scope["method"]
        if method not in _METHODS:
            raise Refusal(answers.WRONG_METHOD)
        if method == "OPTIONS":
            await send_head(request, 204, answers.PREFLIGHT, last=True)
            return
        answer = await self._find(request)
        try:
            span = await self._send_answer(request, answer)
            if span is not None:
                await self._send_body(request, answer.source, span)
        finally:
            if not isinstance(answer.source, BytesSource):
                await self.sources.run(answer.source.close)

    async def _send_answer(self, request: Request, answer: Answer) -> Span | None:
        """Send the head by the request's conditions and range; answer the span still to be sent, if any."""
        source = answer.source
        if not_modified(source.etag, request.header(b"if-none-match")):
            headers = [*head_of(answer), (b"cache-control", answer.cache_control)]
            await send_head(request, 304, headers, last=True)
            return None
        is_get = request.scope["method"] == "GET"  # RFC 9110, 14.2: ranges are defined for GET alone
        wanted = request.header(b"range") if is_get else None
        span = choose(source.size, source.etag, wanted, request.header(b"if-range"))
        if span is None:
            raise Refusal(answers.unsatisfiable(source.size))
        bodyless = not is_get or not span.length
        # A range that is answered with the whole is ours to answer: the web server may read it otherwise.
        agreed = not bodyless and span.partial is (wanted is not None)
        if agreed and await self._left_to_front(request, answer):
            request.sent = span.length
            return None
        await send_bytes_head(request, answer, span, last=bodyless)
        return None if bodyless else span

    async def _left_to_front(self, request: Request, answer: Answer) -> bool:
        """Whether the web server in front was told to send the file, in the range that it was asked for."""
        path = answer.source.path
        if path is None or self.front is None or not self.front.is_there:
            return False
        accel = await self.sources.run(self.front.ask, path, request.headers)
        if accel is None:
            return False
        headers = [*head_of(answer), (b"content-type", answer.content_type)]
        headers += handed_over(accel, answer.cache_control, answer.left)
        request.note["sent_by"] = "front"
        await send_head(request, 200, headers, last=True)
        return True

    async def _send_body(self, request: Request, source: Source, span: Span) -> None:
        """The bytes of a span; one chunk is read while the one before is sent."""
        if isinstance(source, BytesSource):
            await send_chunk(request, source.read(span.start, span.length), last=True)
            return
        gone = request.watch()
        at, end = span.start, span.start + span.length
        ahead = asyncio.ensure_future(self.sources.run(source.read, at, min(CHUNK, end - at)))
        try:
            while at < end and not gone.done():
                data = await ahead
                at += len(data)
                if not data:
                    raise StorageError("An object became shorter while it was sent.")
                if at < end:
                    ahead = asyncio.ensure_future(self.sources.run(source.read, at, min(CHUNK, end - at)))
                async with asyncio.timeout(STALL_SECONDS):
                    await send_chunk(request, data, last=at == end)
        except TimeoutError:
            request.note["reason"] = "the client stopped reading"
        finally:
            await asyncio.wait([ahead])  # a read still runs: the source may not be closed under it

    async def _find(self, request: Request) -> Answer:
        """The object that a signed address names; `Refusal` for an address that does not hold."""
        raw = request.scope["raw_path"]
        try:
            return await (self._preview if raw.startswith(b"/s/") else self._download)(request, raw)
        except GrantExpiredError:
            raise Refusal(answers.EXPIRED) from None
        except GrantError as error:
            request.note["reason"] = error.detail
            raise Refusal(answers.REFUSED) from None

    async def _preview(self, request: Request, raw: bytes) -> Answer:
        path = parse_preview(raw)
        query = request.scope["query_string"]
        wish = parse_image_query(query) if path is not None and path.is_image else None
        if path is None or (query and wish is None):  # nothing else beside the signed bytes has a meaning
            raise Refusal(answers.REFUSED)
        request.note.update(version=path.version_id, path=path.path)
        now = time.time()
        grant = check_grant(self.keys, path.grant, version_id=path.version_id, now=now, ip=request.client)
        request.note["kid"] = grant.kid
        self.revoked.check((*grant.tags, f"version:{grant.version_id}"), grant.issued_at)
        if self.purge is not None:
            self.purge.note(grant.tags, grant.version_id)
        left = grant.expires - now
        if wish is not None:
            return await self._image(request, path, wish, left)
        if path.version_id == NOBODY:
            return await self._marks(path)
        source = _present(await self.sources.preview(path.key, immutable=path.is_immutable))
        if self.prefetch is not None and path.is_immutable:
            self.prefetch.played((path.grant, request.client), path.key)
        return Answer(source, path.content_type.encode(), _cache_control(path, left), left=left)

    async def _marks(self, path: PreviewPath) -> Answer:
        """What was revoked, for an edge that pulls from here; only who has the keys can sign for nobody."""
        if path.path != REVOKED:
            raise Refusal(answers.ABSENT)
        body = await self.sources.once(REVOKED, lambda: self.sources.run(self.revoked.listing))
        return Answer(BytesSource(body, tag(body.decode())), b"application/json", b"no-store")

    async def _image(self, request: Request, path: PreviewPath, wish: dict[str, Any], left: float) -> Answer:
        """A picture resized on demand; what was wrong with it is a problem, never a failure of ours."""
        asked = wanted(**wish, accept=request.header(b"accept") or "")
        try:
            source = _present(await self.pictures.find(path.version_id, asked))
        except SourceError as error:
            request.note["reason"] = error.detail
            raise Refusal(answers.UNREADABLE) from None
        except RateLimitedError as error:
            raise Refusal(answers.too_many(error.retry_after)) from None
        except SandboxError as error:
            _log.error("no images can be made", reason=error.detail)
            raise Refusal(answers.NO_WALLS) from None
        extra = [(b"vary", b"accept")] if asked.negotiated else []
        return Answer(source, CONTENT_TYPES[asked.format].encode(), lasting(left), extra, left)

    async def _download(self, request: Request, raw: bytes) -> Answer:
        token = parse_download(raw)
        if token is None or request.scope["query_string"]:
            raise Refusal(answers.REFUSED)
        grant = check_download(self.keys, token, now=time.time())
        request.note.update({"kid": grant.kid, grant.area.removesuffix("s"): grant.key})
        self.revoked.check((*grant.tags, f"version:{grant.key}"), grant.issued_at)
        source = _present(await self._granted(grant))
        extra = [(b"content-disposition", answers.attachment(grant.filename))]
        return Answer(source, answers.safe_type(grant.content_type), b"private, no-store", extra)

    async def _granted(self, grant: DownloadGrant) -> Source | None:
        if grant.area == "in-place":
            return await self.sources.indexed(grant.key)
        area: Area = "previews" if grant.area == "previews" else "masters"
        return await self.sources.whole(area, grant.key, grant.version)


def _present(source: Source | None) -> Source:
    if source is None:
        raise Refusal(answers.ABSENT)
    return source


def _cache_control(path: PreviewPath, remaining: float) -> bytes:
    """How long a browser may keep an object: never longer than its grant, a playlist not at all."""
    return lasting(remaining) if path.is_immutable else b"private, no-cache"
