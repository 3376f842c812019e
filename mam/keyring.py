"""The ring of signing secrets: several keys with ids, one of them active.

Lives in one JSON file of mode 0600, written whole and swapped in; every process re-reads it when it
changes, so rotation needs no restart. Refuses weak secrets and files others can read (promise F10).
Never prints a secret: keys keep it out of their repr.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from mam.errors import ConfigError

MIN_SECRET_BYTES = 32
"""HMAC-SHA256 wants a key of at least its output's length (RFC 2104, section 3)."""

_MIN_DISTINCT_BYTES = 12
_WEAK_WORDS = (b"changeme", b"change-me", b"change_me", b"example", b"default", b"password", b"secret")
_LOOK_AGAIN_SECONDS = 1.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Key:
    """One secret. `not_after` (Unix seconds, or None) ends its use; `derived` caches per-purpose keys."""

    kid: str
    secret: bytes = field(repr=False)
    not_after: int | None = None
    derived: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def holds(self, now: float) -> bool:
        """Whether the key may still be used at `now`."""
        return self.not_after is None or now < self.not_after


@dataclass(frozen=True)
class _Ring:
    """What one state of the file says; `stamp` tells that state from the next."""

    active: str
    keys: Mapping[str, Key]
    stamp: tuple[int, int, int]


class KeyRing:
    """The secrets of one ring file. Safe to share between threads."""

    def __init__(self, path: Path | None, ring: _Ring) -> None:
        """Hold one state of the ring; see `open` and `from_secret`, which make it."""
        self._path = path
        self._lock = threading.Lock()
        self._ring = ring
        self._looked = time.monotonic()

    @classmethod
    def open(cls, path: Path) -> KeyRing:
        """The ring at `path`, made with one random secret where there is none.

        Two processes that open at once end with the same ring. Raises `ConfigError` for a file others
        can read, a secret shorter than 32 bytes or one that looks like an example.
        """
        if not path.exists():
            _create(path)
        return cls(path, _read(path))

    @classmethod
    def from_secret(cls, secret: str, name: str) -> KeyRing:
        """A ring of one secret out of the configuration (`name` is its setting); it cannot rotate.

        Raises `ConfigError` where the text is shorter than 32 bytes or looks like an example.
        """
        data = secret.encode()
        weakness = _weakness(data, data)
        if weakness:
            raise ConfigError(f"{name}: the secret {weakness}; leave the setting out to have one generated.")
        kid = hashlib.sha256(data).hexdigest()[:8]
        return cls(None, _Ring(kid, {kid: Key(kid, data)}, (0, 0, 0)))

    @property
    def path(self) -> Path:
        """The ring's file; `ConfigError` for a ring out of the configuration."""
        if self._path is None:
            raise ConfigError("This key is a setting: change it there; it cannot be rotated in place.")
        return self._path

    def active(self) -> Key:
        """The key that signs."""
        ring = self._fresh()
        return ring.keys[ring.active]

    def find(self, kid: str) -> Key | None:
        """The key of that id if it may still be used, else None."""
        key = self._fresh().keys.get(kid)
        return key if key is not None and key.holds(time.time()) else None

    def kids(self) -> tuple[str, ...]:
        """Ids of all keys that may be used now, the active one first."""
        ring, now = self._fresh(), time.time()
        rest = [kid for kid, key in ring.keys.items() if kid != ring.active and key.holds(now)]
        return (ring.active, *rest)

    def rotate(self, *, keep_seconds: int | None = None) -> str:
        """Make a new active key and return its id; older keys go on holding.

        With `keep_seconds` the older keys end after that time by themselves (3600 outlives every grant).
        """
        with _exclusive(self.path):
            ring = _read(self.path)
            end = None if keep_seconds is None else int(time.time()) + keep_seconds
            keys = {kid: _ending(key, end) for kid, key in ring.keys.items() if key.holds(time.time())}
            new = _new_key()
            _replace(self.path, new.kid, {**keys, new.kid: new})
        self.reload()
        return new.kid

    def retire(self, kid: str) -> None:
        """Remove a key: what it signed is refused from now on. The active key cannot be removed."""
        with _exclusive(self.path):
            ring = _read(self.path)
            if kid == ring.active:
                raise ConfigError(f"Key {kid} is the active one: rotate first, then retire it.")
            _replace(self.path, ring.active, {name: key for name, key in ring.keys.items() if name != kid})
        self.reload()

    def reload(self) -> None:
        """Read the file now; `ConfigError` where it cannot be used."""
        with self._lock:
            self._ring = _read(self.path)

    def _fresh(self) -> _Ring:
        """The ring, re-read if the file changed; looks at the file once a second at most."""
        now = time.monotonic()
        if self._path is not None and now - self._looked >= _LOOK_AGAIN_SECONDS:
            self._looked = now
            self._reread()
        return self._ring

    def _reread(self) -> None:
        """Take the file's new state; one that cannot be used is logged and the last good one kept."""
        try:
            if _stamp(self.path.stat()) != self._ring.stamp:
                self.reload()
        except (ConfigError, OSError) as error:
            _log.error("signing keys not re-read; the last good ones stay in use", reason=str(error))


def _create(path: Path) -> None:
    """Put a new ring in place unless another process was first."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _new_key()
    temporary = _written(path, key.kid, {key.kid: key})
    try:
        path.hardlink_to(temporary)  # exclusive, and whole at once
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _replace(path: Path, active: str, keys: Mapping[str, Key]) -> None:
    _written(path, active, keys).replace(path)


def _written(path: Path, active: str, keys: Mapping[str, Key]) -> Path:
    """A synced temporary file (mode 0600 by mkstemp) beside `path` with the ring's JSON."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(
            {"active": active, "keys": {kid: _to_json(key) for kid, key in keys.items()}}, file, indent=1
        )
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


@contextlib.contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """One writer at a time, across processes."""
    with path.with_name(f".{path.name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _new_key() -> Key:
    while True:
        secret = secrets.token_bytes(MIN_SECRET_BYTES)
        if not _weakness(_to_text(secret).encode(), secret):
            return Key(secrets.token_hex(4), secret)


def _ending(key: Key, end: int | None) -> Key:
    """The key with an end no later than `end`."""
    if end is None or (key.not_after is not None and key.not_after <= end):
        return key
    return Key(key.kid, key.secret, end)


def _to_json(key: Key) -> dict[str, object]:
    return {"secret": _to_text(key.secret), "not_after": key.not_after}


def _to_text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return (status.st_mtime_ns, status.st_ino, status.st_size)


def _read(path: Path) -> _Ring:
    """The ring in the file; `ConfigError` names the file and what is wrong with it."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if status.st_mode & 0o077:
                raise ConfigError(f"{path} can be read by others: chmod 600 {path}")
            data = json.loads(file.read())
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise ConfigError(f"{path} is no JSON: restore it, or delete it to have new keys made.") from error
    return _parsed(path, data, _stamp(status))


def _parsed(path: Path, data: object, stamp: tuple[int, int, int]) -> _Ring:
    try:
        active, entries = data["active"], data["keys"]  # type: ignore[index]
        keys = {
            kid: _key(path, kid, entry["secret"], entry.get("not_after")) for kid, entry in entries.items()
        }
        keys[active]
    except (KeyError, TypeError, AttributeError) as error:
        shape = '{"active": kid, "keys": {kid: {"secret": base64url, "not_after": Unix seconds or null}}}'
        raise ConfigError(f"{path} is not a key ring of the form {shape}.") from error
    return _Ring(active, keys, stamp)


def _key(path: Path, kid: str, text: str, not_after: int | None) -> Key:
    try:
        secret = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise ConfigError(f"{path}: the secret of key {kid} is no base64url text.") from None
    weakness = _weakness(text.encode(), secret)
    if weakness:
        raise ConfigError(f"{path}: the secret of key {kid} {weakness}; delete the file for a new one.")
    return Key(kid, secret, not_after)


def _weakness(written: bytes, secret: bytes) -> str:
    """Why a secret (as it is `written`, and its bytes) must not be used, or an empty text."""
    if len(secret) < MIN_SECRET_BYTES:
        return f"is shorter than {MIN_SECRET_BYTES} bytes"
    if len(set(secret)) < _MIN_DISTINCT_BYTES:
        return "repeats too few different bytes"
    if any(word in spelled.lower() for word in _WEAK_WORDS for spelled in (written, secret)):
        return "looks like an example"
    return ""
