"""A stored object as a stream: its errors are ours, and one byte too few is an error, not an end."""

from __future__ import annotations

import io
from typing import Any, BinaryIO, cast

import urllib3

from mam.errors import StorageError
from mam_storage_s3.connection import Connection

_BUFFER = 256 << 10


class ObjectStream(io.RawIOBase):
    """The body of one answer. Read to its end the connection goes back to the pool, else it is given up."""

    def __init__(self, answer: urllib3.BaseHTTPResponse, connection: Connection, bucket: str) -> None:
        """Read an answer whose head has come."""
        self._answer, self._connection, self._bucket = answer, connection, bucket
        announced = answer.headers.get("Content-Length")
        self._left = None if announced is None else int(announced)

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what comes; 0 at the end only."""
        view = memoryview(buffer)
        with self._connection.guarded("The object cannot be read to its end", self._bucket):
            piece = self._answer.read(len(view))
        if self._left is not None:
            self._left -= len(piece)
            if not piece and self._left > 0:
                raise StorageError(f"The object ended {self._left} bytes too early; it is read again later.")
        view[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        """Let go of the connection."""
        if not self.closed:
            if self._left == 0:
                self._answer.release_conn()
            else:
                self._answer.close()
        super().close()


def buffered(stream: ObjectStream) -> BinaryIO:
    """The stream with a buffer, so that small reads cost little."""
    return cast("BinaryIO", io.BufferedReader(stream, _BUFFER))


def empty() -> BinaryIO:
    """No bytes: a range beyond the end."""
    return io.BytesIO()
