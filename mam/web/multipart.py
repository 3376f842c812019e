"""A file out of a `multipart/form-data` body while it streams: nothing of it is kept in memory or on disk.

The field is `file` and has to be the last one, so that its size is known before its first byte.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Epilogue, File, MultipartDecoder, NeedData

from mam.errors import UploadIncompleteError, ValidationError

_HEAD_BYTES = 2 << 20  # what may come before the file: other fields, and the first piece of the file itself
_LONGEST_BOUNDARY = 70  # RFC 2046, 5.1.1
_MOST_FIELDS = 100
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
    if not boundary or len(boundary) > _LONGEST_BOUNDARY:
        raise ValidationError(_SHAPE, code="bad_form")
    mark = boundary.encode("latin-1", "replace")
    end = b"\r\n--" + mark + b"--\r\n"  # what every client ends with: the rest is the file
    head, first, taken = _find_file(mark, body)
    size = length - taken + len(first) - len(end)
    if size < 0:
        raise ValidationError(_SHAPE, code="bad_form")
    chunks = _file_bytes(size, end, itertools.chain([first], body))
    return FormFile(head.filename, head.headers.get("Content-Type", ""), size, chunks)


def _find_file(boundary: bytes, body: Iterator[bytes]) -> tuple[File, bytes, int]:
    """The head of the field `file`, what of its bytes came along, and how much of the body was taken."""
    decoder = MultipartDecoder(boundary, max_parts=_MOST_FIELDS)
    taken = 0
    try:
        for chunk in body:
            taken += len(chunk)
            decoder.receive_data(chunk)
            while not isinstance(event := decoder.next_event(), NeedData):
                if isinstance(event, File) and event.name == "file":
                    # half of the blank line after the head is still in front of the bytes
                    return event, bytes(decoder.buffer).removeprefix(b"\r").removeprefix(b"\n"), taken
                if isinstance(event, Epilogue):
                    break
            if taken > _HEAD_BYTES:
                break
    except (UploadIncompleteError, ValueError, HTTPException):
        pass  # no form, or one that breaks off before its file
    raise ValidationError(_SHAPE, code="bad_form")


def _file_bytes(size: int, end: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The first `size` bytes, if after them comes `end` and nothing else.

    The decoder is not asked: split in its last two hyphens it takes the end for bytes of the file.
    """
    left, rest, before = size, b"", b""
    delimiter = end[:-4]
    for chunk in chunks:
        if left:
            window = before + chunk[:left]
            if delimiter in window:  # a further field: what follows is not the file
                raise ValidationError(_SHAPE, code="bad_form")
            before = window[1 - len(delimiter) :]
            yield chunk[:left]
        rest += chunk[left:]
        left -= min(left, len(chunk))
        if len(rest) > len(end):
            break
    if left:
        raise UploadIncompleteError("The form ended before its file did.")
    if rest != end:
        raise ValidationError(_SHAPE, code="bad_form")
