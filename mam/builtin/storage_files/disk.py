"""What the store asks of the operating system: durable writes, immutable files, byte-range locks.

The only place that knows ioctl numbers and struct layouts. Turns an `OSError` into the store's own
errors; never names a path of this machine in them.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import errno
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from mam.errors import StorageError, StorageFullError

CHUNK = 1 << 20
"""Bytes of a body that are held and written at once."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# linux/fs.h: _IOR('f', 1, long), _IOW('f', 2, long), FS_IMMUTABLE_FL; the kernel reads and writes an int.
_FS_IOC_GETFLAGS = 0x80086601
_FS_IOC_SETFLAGS = 0x40086602
_FS_IMMUTABLE_FL = 0x10
_SYNC_FILE_RANGE_WRITE = 2  # man 2 sync_file_range: start writing out, wait for nothing
_FLOCK = "@hhqqi0q"  # struct flock on 64-bit Linux: type, whence, start, length, pid 0 for OFD locks
_sync_file_range = getattr(ctypes.CDLL(None, use_errno=True), "sync_file_range", None)
if _sync_file_range is not None:
    _sync_file_range.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise `StorageFullError` or `StorageError` for an `OSError` inside; `what` begins the sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError(f"{what}: no room is left on the storage.") from error
        raise StorageError(f"{what}: {os.strerror(error.errno or 0)}.") from error


def write_all(descriptor: int, data: bytes | memoryview, offset: int) -> int:
    """Write all of `data` at `offset`, or raise the reason; returns its size."""
    view = memoryview(data)
    done = 0
    while done < len(view):
        done += os.pwrite(descriptor, view[done:], offset + done)
    return done


def start_writing_out(descriptor: int, offset: int, size: int) -> None:
    """Have the kernel begin to write a range out, so that a later fsync has little left; does not wait."""
    if _sync_file_range is not None:
        _sync_file_range(descriptor, offset, size, _SYNC_FILE_RANGE_WRITE)  # a hint: its failure is none


def sync_folder(folder: Path) -> None:
    """Make the folder's names durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def is_immutable(path: Path) -> bool:
    """Whether the file carries the immutable attribute; False where the file system has none."""
    try:
        return bool(_flags(path) & _FS_IMMUTABLE_FL)
    except OSError:
        return False


def set_immutable(path: Path, *, on: bool) -> bool:
    """Set or clear the immutable attribute; False where file system or rights do not allow it."""
    try:
        flags = _flags(path)
        wanted = flags | _FS_IMMUTABLE_FL if on else flags & ~_FS_IMMUTABLE_FL
        if wanted != flags:
            _ioctl(path, _FS_IOC_SETFLAGS, wanted)
    except OSError:
        return False
    return True


def _flags(path: Path) -> int:
    return _ioctl(path, _FS_IOC_GETFLAGS, 0)


def _ioctl(path: Path, request: int, value: int) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        flags = array.array("i", [value, 0])
        fcntl.ioctl(descriptor, request, flags, True)
        return flags[0]
    finally:
        os.close(descriptor)


def lock_range(descriptor: int, start: int, length: int, *, wait: bool = True) -> bool:
    """Take an exclusive lock on a range of bytes; False where another holds it and `wait` is off.

    Open-file-description locks: they hold between threads as between processes, and end with the descriptor.
    """
    command = fcntl.F_OFD_SETLKW if wait else fcntl.F_OFD_SETLK
    try:
        fcntl.fcntl(descriptor, command, struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, length, 0))
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def unlock_range(descriptor: int, start: int, length: int) -> None:
    """Let go of a range."""
    lock = struct.pack(_FLOCK, fcntl.F_UNLCK, os.SEEK_SET, start, length, 0)
    fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
