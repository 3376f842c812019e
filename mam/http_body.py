"""The body of an HTTP answer as a stream, whose errors are its reader's and not the client library's."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO, cast

import urllib3


class _Body(io.RawIOBase):
    def __init__(self, answer: urllib3.BaseHTTPResponse, told: Callable[[Exception], Exception]) -> None:
        self._answer, self._told = answer, told

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        try:
            piece = self._answer.read(len(view))
        except urllib3.exceptions.HTTPError as error:
            raise self._told(error) from error
        view[: len(piece)] = piece
        return len(piece)


def stream_of(
    answer: urllib3.BaseHTTPResponse, buffered: int, told: Callable[[Exception], Exception]
) -> BinaryIO:
    """The body, read `buffered` bytes at a time; `told` makes the error of a line that broke off.

    One byte fewer than was announced is such an error, not an end. Closing the answer is the caller's.
    """
    return cast("BinaryIO", io.BufferedReader(_Body(answer, told), buffered))
