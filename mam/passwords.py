"""Password hashes: Argon2id with a bounded number at work, and a dummy that costs the same.

Knows no database and no user; writes nothing, logs nothing. Every hash and every check of a password in
the box goes through here, so that a storm of logins can take neither the memory nor all threads.
"""

from __future__ import annotations

import functools
import secrets
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from mam.errors import RateLimitedError

T = TypeVar("T")

MAX_LENGTH = 1024
"""Longest password in characters; a longer one is never hashed."""

SLOTS = 2
"""Hashes computed at once in one process: together they hold SLOTS x 19 MiB, and do 100 a second."""

WAITING = 8
"""Callers let in at once, working or waiting; half the default thread pool, so that pages are served on."""

# m = 19 MiB, t = 2, p = 1: the first choice of OWASP's password storage cheat sheet; 19 ms on the 2-core
# machine this was measured on, where the library's default (64 MiB, t = 3, p = 4) takes 105 ms.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Threads of their own: each thread's allocator keeps the 19 MiB, so few threads may ever hold them.
_slots = ThreadPoolExecutor(SLOTS, thread_name_prefix="argon2")
_door = threading.Semaphore(WAITING)


def hash_password(password: str) -> str:
    """The Argon2id hash in PHC form, with a salt of its own; `RateLimitedError` in a storm."""
    return _bounded(lambda: _hasher.hash(_bytes(password)))


def verify(stored: str | None, password: str) -> bool:
    """Whether `password` fits the stored hash; without one a dummy is checked, which takes as long.

    Raises `RateLimitedError` where too many are being checked already.
    """
    if len(password) > MAX_LENGTH:
        stored, password = None, ""
    return _bounded(lambda: _fits(stored or _dummy(), password)) and stored is not None


def _fits(against: str, password: str) -> bool:
    try:
        return _hasher.verify(against, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False


@functools.cache
def _dummy() -> str:
    """A hash of nobody's password, with today's parameters."""
    return _hasher.hash(secrets.token_bytes(16))


def _bounded(work: Callable[[], T]) -> T:
    if not _door.acquire(blocking=False):
        raise RateLimitedError("Too many people log in at this moment; try again in a second.", 1)
    try:
        return _slots.submit(work).result()
    finally:
        _door.release()


def _bytes(password: str) -> bytes:
    """One spelling for one password whatever the keyboard composes (NFKC, NIST SP 800-63B 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
