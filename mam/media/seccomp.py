"""A small system call filter for contained programs: no sockets, processes, tracing, modes, links, pipes.

Builds classic BPF for x86_64 and aarch64; elsewhere there is none, and mount or Landlock rules stand
alone. What Landlock does not judge (UDP, modes, owners) is refused here, and whatever
would make an output folder a trap for whoever reads it after (symbolic links, named pipes).
System call numbers: Linux `asm/unistd_64.h` and `asm-generic/unistd.h`.
"""

from __future__ import annotations

import errno
import platform
import struct

_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_CLONE_VM = 0x100
_X32_BIT = 0x40000000

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE = {"x86_64": 56, "aarch64": 220}
# Answered as if the kernel did not know them: libc then falls back to what the filter can judge.
_UNKNOWN = {
    "x86_64": {"clone3": 435, "io_uring_setup": 425},
    "aarch64": {"clone3": 435, "io_uring_setup": 425},
}
_FORBIDDEN = {
    "x86_64": {
        "socket": 41, "fork": 57, "vfork": 58, "ptrace": 101, "mount": 165, "keyctl": 250,
        "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "bpf": 321, "userfaultfd": 323,
        "kill": 62, "truncate": 76, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93, "lchown": 94,
        "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "fchownat": 260, "fchmodat": 268,
        "fchmodat2": 452,
        "link": 86, "symlink": 88, "mknod": 133, "mknodat": 259, "linkat": 265, "symlinkat": 266,
    },
    "aarch64": {
        "socket": 198, "ptrace": 117, "mount": 40, "keyctl": 219,
        "unshare": 97, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280, "userfaultfd": 282,
        "kill": 129, "truncate": 45, "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55,
        "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "fchmodat2": 452,
        "mknodat": 33, "symlinkat": 36, "linkat": 37,
    },
}  # fmt: skip


def _step(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    """One BPF instruction (struct sock_filter)."""
    return struct.pack("=HBBI", code, when_true, when_false, value)


def _answer(number: int, answer: int) -> list[bytes]:
    """Answer one system call with a fixed action."""
    return [_step(_JUMP_EQUAL, number, 0, 1), _step(_RETURN, answer)]


def _no_new_process(machine: str) -> list[bytes]:
    """Let clone() make threads (CLONE_VM) but not processes. Leaves the number loaded."""
    return [
        _step(_JUMP_EQUAL, _CLONE[machine], 0, 4),
        _step(_LOAD, _FIRST_ARGUMENT_AT),
        _step(_JUMP_ANY_BIT, _CLONE_VM, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERRNO | errno.EPERM),
    ]


def program(machine: str = "") -> bytes:
    """The filter as an array of struct sock_filter; empty where the machine is not known."""
    machine = machine or platform.machine()
    if machine not in _AUDIT_ARCH:
        return b""
    steps = [
        _step(_LOAD, _ARCH_AT),
        _step(_JUMP_EQUAL, _AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _KILL_PROCESS),
        _step(_LOAD, _NUMBER_AT),
    ]
    if machine == "x86_64":
        steps += [_step(_JUMP_AT_LEAST, _X32_BIT, 0, 1), _step(_RETURN, _KILL_PROCESS)]
    for number in _UNKNOWN[machine].values():
        steps += _answer(number, _ERRNO | errno.ENOSYS)
    for number in _FORBIDDEN[machine].values():
        steps += _answer(number, _ERRNO | errno.EPERM)
    steps += _no_new_process(machine)
    return b"".join([*steps, _step(_RETURN, _ALLOW)])
