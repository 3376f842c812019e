"""Pipes out of a contained program beside its stdout: named ones in the folder that it may write.

What comes through is handed on piece by piece and never touches the disk. A program that was taken over can
write anything into them, so whoever listens reads with suspicion. Writes the pipes themselves, removes them.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from mam.errors import SourceError, StorageError

_PIPE_BYTES = 1 << 20
_LOOK_SECONDS = 0.2

OnBytes = Callable[[bytes], None]


class Taps:
    """Read several pipes in a thread of its own while a program writes them; a context manager.

    Call `check` now and then: it raises what a listener raised. Leaving the block reads what is left.
    """

    def __init__(self, folder: Path, listeners: Mapping[str, OnBytes]) -> None:
        """`listeners` by the pipe's name in `folder`, which has no such file yet."""
        self._paths = {folder / name: listener for name, listener in listeners.items()}
        self._descriptors: dict[int, OnBytes] = {}
        self._over = threading.Event()
        self._error: SourceError | None = None
        self._thread = threading.Thread(target=self._read, name="taps", daemon=True)

    def __enter__(self) -> Self:
        """Make and open the pipes. Raises `StorageError`."""
        try:
            for path, listener in self._paths.items():
                os.mkfifo(path, 0o600)
                # opened for both, so that it is never at its end and the program never waits for a reader
                descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
                self._descriptors[descriptor] = listener
                fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        except OSError as error:
            self._close()
            raise StorageError(f"The scratch folder of the job cannot be used: {error}.") from error
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Read to the end, unless something went wrong; close and remove the pipes."""
        self._over.set()
        self._thread.join()
        self._close()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise what a listener made of its bytes, if it was an error."""
        if self._error is not None:
            raise self._error

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for descriptor, listener in self._descriptors.items():
                selector.register(descriptor, selectors.EVENT_READ, listener)
            while True:
                over = self._over.is_set()  # asked before looking: what was written until then is still read
                ready = selector.select(0 if over else _LOOK_SECONDS)
                if over and not ready:
                    return
                for key, _ in ready:
                    try:
                        key.data(os.read(key.fd, _PIPE_BYTES))
                    except SourceError as error:
                        self._error = error
                        return

    def _close(self) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors.clear()
        for path in self._paths:
            path.unlink(missing_ok=True)
