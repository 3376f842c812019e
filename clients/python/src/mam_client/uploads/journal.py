"""What was done so far, in a small file: a line a step, appended before and after it.

A program that was killed between two steps finds all but the last of them.

Lines outlive the program, not a power failure: what such a one tears off is found on the box or sent again.
"""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

NAME = ".mam-upload.jsonl"
"""The file beside what is sent, or in the folder that is sent."""


class Journal:
    """The steps of each file, by a name that changes when the file does."""

    def __init__(self, path: Path) -> None:
        """Read what is there; a last line that was cut off is as if it had not been."""
        self.path = path
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, Any]] = {}
        if path.exists():
            for line in path.read_bytes().split(b"\n"):
                self._read(line)

    def get(self, name: str) -> dict[str, Any]:
        """What is known of a file; empty for one that is new."""
        with self._lock:
            return dict(self._known.get(name, {}))

    def note(self, name: str, **steps: Any) -> None:
        """Remember steps of a file, at once and on the disk."""
        with self._lock:
            self._known.setdefault(name, {}).update(steps)
            line = json.dumps({"file": name, **steps}) + "\n"
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            handle = os.open(self.path, flags, 0o600)
            try:
                os.write(handle, f"\n{line}".encode())  # whatever was torn off before stays a line of its own
            finally:
                os.close(handle)

    def forget(self) -> None:
        """Everything is done: take the file away."""
        self.path.unlink(missing_ok=True)

    def _read(self, line: bytes) -> None:
        try:
            record = json.loads(line)
            self._known.setdefault(record.pop("file"), {}).update(record)
        except (ValueError, KeyError, AttributeError):
            return
