"""A file out of a `multipart/form-data` body while it streams: nothing of it is kept in memory or on disk.

The field is `file` and has to be the last one, so that its size is known before its first byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Event, File, MultipartDecoder, NeedData

from mam.errors import UploadIncompleteError, ValidationError

_HEAD_BYTES = 2 << 20  # what may come before the file: other fields, and the first piece of the file itself
_SHAPE = "Send one file in the form's field `file`, as its last field."


@dataclass(frozen=True)
class FormFile:
    """The file of a form: its name, type and size as the form says, and its bytes still to come."""

    filename: str
    content_type: str
    size: int
    chunks: Iterator[bytes]


def open_form(content_type: str, length: int, body: Iterator[bytes]) -> FormFile:
    """Read a form of `length` bytes up to its file. `ValidationError` for a form of another shape."""
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    if not boundary or len(boundary) > 70:  # noqa: PLR2004 - RFC 2046, 5.1.1
        raise ValidationError("The form's boundary is missing.", code="bad_form")
    reader = _Reader(boundary.encode("latin-1", "replace"), body)
    head = reader.find_file()
    # After the bytes comes CRLF, two hyphens, the boundary, two hyphens, CRLF: what every client sends
    size = length - reader.consumed_before_file() - len(boundary) - 8
    if size < 0:
        raise ValidationError(_SHAPE, code="bad_form")
    chunks = _exactly(size, reader.data())
    return FormFile(head.filename, head.headers.get("Content-Type", ""), size, chunks)


class _Reader:
    """The decoder's events, pulled as they are asked for."""

    def __init__(self, boundary: bytes, body: Iterator[bytes]) -> None:
        self._decoder = MultipartDecoder(boundary, max_form_memory_size=None, max_parts=100)
        self._body = body
        self._fed = 0

    def find_file(self) -> File:
        """The head of the field `file`; other fields before it are passed over."""
        while self._fed <= _HEAD_BYTES:
            try:
                event = self._next()
            except (UploadIncompleteError, ValueError, HTTPException):
                break
            if isinstance(event, File) and event.name == "file":
                return event
        raise ValidationError(_SHAPE, code="bad_form")

    def consumed_before_file(self) -> int:
        """Bytes of the body before the file's first one: what was fed less what the decoder still holds.

        The decoder leaves half of the blank line after the head in front of the data.
        """
        rest = self._decoder.buffer
        return self._fed - len(rest) + (2 if rest.startswith(b"\r\n") else 1)

    def data(self) -> Iterator[bytes]:
        while True:
            event = self._next()
            if not isinstance(event, Data):
                return
            yield event.data
            if not event.more_data:
                return

    def _next(self) -> Event:
        event = self._decoder.next_event()
        while isinstance(event, NeedData):
            chunk = next(self._body, b"")
            if not chunk:
                raise UploadIncompleteError("The form ended before its file did.")
            self._fed += len(chunk)
            self._decoder.receive_data(chunk)
            event = self._decoder.next_event()
        return event


def _exactly(size: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The chunks, if they have `size` bytes together; a form with more after its file does not."""
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > size:
            break
        yield chunk
    if seen != size:
        raise ValidationError(_SHAPE, code="bad_form")
