"""Exec wrapper: shut this process in with Landlock and seccomp, then become the given program.

Started as a script by its path (`python -I -S landlock.py RULES -- program ...`), RULES being JSON
made by `mam.media.walls`. Restricts nothing but itself; imports only the standard library.
Exit status 125 with one line on stderr means that it could not shut itself in, and ran nothing.
Numbers: Linux `linux/landlock.h` (ABI 1-7), `linux/prctl.h`.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

REFUSED = 125
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_RULE_PATH_BENEATH = 1
_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_SECCOMP_MODE_FILTER = 2

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_ALL_OF_ABI_1 = (1 << 13) - 1
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15  # ABI 2, 3, 5
_TCP_BIND_CONNECT = 3  # ABI 4
_SCOPE_ABSTRACT_UNIX_AND_SIGNAL = 3  # ABI 6
_MAKE_SPECIAL = 1 << 6 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12  # device, socket, pipe, device, symbolic link
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_ABI_REFER, _ABI_TRUNCATE, _ABI_TCP, _ABI_IOCTL, _ABI_SCOPE = 2, 3, 4, 5, 6

_libc = ctypes.CDLL(None, use_errno=True)


class _RulesetAttr(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneathAttr(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class _SockFprog(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def _checked(result: int, what: str) -> int:
    """Raise OSError with the kernel's reason where a call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def abi() -> int:
    """The kernel's Landlock version, 0 where there is none or it is switched off."""
    return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def _handled(version: int) -> int:
    """Every file system right that this kernel can withhold."""
    rights = _ALL_OF_ABI_1
    rights |= _REFER if version >= _ABI_REFER else 0
    rights |= _TRUNCATE if version >= _ABI_TRUNCATE else 0
    return rights | (_IOCTL_DEV if version >= _ABI_IOCTL else 0)


def _allow(ruleset: int, path: str, rights: int, handled: int) -> None:
    """Grant `rights` on a file, or on a folder and all beneath it. An absent path is left out."""
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not Path(path).is_dir():
        rights &= _FILE_RIGHTS
    rule = _PathBeneathAttr(rights & handled, parent)
    try:
        _checked(
            _libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0), "landlock_add_rule"
        )
    finally:
        os.close(parent)


def restrict(read: list[str], write: list[str], devices: list[str]) -> None:
    """Shut this process in for good: read `read`, change `write`, use `devices`, no TCP at all."""
    version = abi()
    if not version:
        raise OSError("this kernel has no Landlock")
    handled = _handled(version)
    attr = _RulesetAttr(
        handled,
        _TCP_BIND_CONNECT if version >= _ABI_TCP else 0,
        _SCOPE_ABSTRACT_UNIX_AND_SIGNAL if version >= _ABI_SCOPE else 0,
    )
    size = 8 if version < _ABI_TCP else (16 if version < _ABI_SCOPE else 24)
    ruleset = _checked(
        _libc.syscall(_CREATE_RULESET, ctypes.byref(attr), ctypes.c_size_t(size), 0),
        "landlock_create_ruleset",
    )
    for path in read:
        _allow(ruleset, path, _READ, handled)
    for path in write:
        _allow(ruleset, path, handled & ~(_IOCTL_DEV | _EXECUTE | _MAKE_SPECIAL), handled)
    for path in devices:
        _allow(ruleset, path, _READ_FILE | _WRITE_FILE | _IOCTL_DEV | _READ_DIR, handled)
    _checked(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    os.close(ruleset)


def _filter_calls(steps: bytes) -> None:
    """Load a seccomp filter; none where the machine has none."""
    if steps:
        fprog = _SockFprog(len(steps) // 8, steps)
        _checked(
            _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0), "seccomp filter"
        )


def _die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent goes; leave at once if it is gone already."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "PR_SET_PDEATHSIG")
    if os.getppid() != parent:
        raise OSError("the worker is gone")


def shut_in(rules: dict[str, Any]) -> None:
    """Apply all of `rules` to this process: parent, limits, paths, system calls."""
    _die_with_parent(rules["parent"])
    for name, value in rules["limits"].items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (value, value))
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "PR_SET_NO_NEW_PRIVS")
    _checked(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "PR_CAP_AMBIENT")
    restrict(rules["read"], rules["write"], rules["devices"])
    _filter_calls(bytes.fromhex(rules["filter"]))


def main(arguments: list[str]) -> int:
    """Shut in and exec; returns only where that failed."""
    rules, program = json.loads(arguments[0]), arguments[2:]
    try:
        shut_in(rules)
        os.execve(program[0], program, rules["environment"])  # noqa: S606 - becoming the program is the point
    except OSError as error:
        sys.stderr.write(f"landlock: {error}\n")
    return REFUSED


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
