"""The asking half of `load.py` where there is no wrk: a script that keeps some connections busy and counts.

`load_child.py PORT CONNECTIONS SECONDS PATHS PATH... [HEADER...]`; prints answers, seconds, and the 95th
percentile in ms. Ends with an error at the first answer that is not 2xx. Knows only answers with a length.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time
from collections.abc import Iterator
from itertools import cycle


class Asker:
    """One connection: asks, reads the whole answer, asks again."""

    def __init__(self, port: int, wishes: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wishes = wishes
        self.ask()

    def ask(self) -> None:
        """Send the next request."""
        self.head, self.left, self.began = b"", -1, time.perf_counter()
        self.socket.sendall(next(self.wishes))

    def read(self) -> float | None:
        """Take what has come; the seconds of an answer that is whole now."""
        data = self.socket.recv(1 << 18)
        if not data:
            sys.exit("the server closed a connection")
        if self.left < 0:
            self.head += data
            if b"\r\n\r\n" not in self.head:
                return None
            head, _, data = self.head.partition(b"\r\n\r\n")
            self.left = length(head)
        self.left -= len(data)
        return time.perf_counter() - self.began if self.left <= 0 else None


def length(head: bytes) -> int:
    """How long the body is; ends the program at a status that is not 2xx."""
    status, *fields = head.split(b"\r\n")
    if status.split()[1][:1] != b"2":
        sys.exit(status.decode("latin-1"))
    named = (field.partition(b":") for field in fields)
    return next(int(value) for name, _, value in named if name.lower() == b"content-length")


def main(port: int, connections: int, seconds: float, paths: list[str], headers: list[str]) -> None:
    """Ask for that long; print what came of it."""
    lines = "\r\n".join(["Host: 127.0.0.1", *headers])
    wishes = cycle([f"GET {path} HTTP/1.1\r\n{lines}\r\n\r\n".encode() for path in paths])
    took: list[float] = []
    with selectors.DefaultSelector() as ready:
        began = time.perf_counter()
        for _ in range(connections):
            asker = Asker(port, wishes)
            ready.register(asker.socket, selectors.EVENT_READ, asker)
        while (passed := time.perf_counter() - began) < seconds:
            for key, _ in ready.select(1):
                answered = key.data.read()
                if answered is not None:
                    took.append(answered)
                    key.data.ask()
    took.sort()
    sys.stdout.write(f"{len(took)} {passed} {took[int(len(took) * 0.95)] * 1000}\n")


if __name__ == "__main__":
    asked_port, connections, seconds, count = (int(word) for word in sys.argv[1:5])
    main(asked_port, connections, seconds, sys.argv[5 : 5 + count], sys.argv[5 + count :])
