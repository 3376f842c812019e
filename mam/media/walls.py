"""The walls around every program that reads untrusted bytes: bubblewrap, else Landlock, else nothing runs.

Builds the command lines; `mam.media.process` starts them. A program sees its upload, the folder it may
write and what it needs to run, no network, no secret, no other file. Promises B1-B6.

One convention for both modes: the program starts **in the folder it may write** (an empty scratch folder
where it writes nothing), so outputs are named relatively ("poster.jpg"); the upload's name inside is
`Sandbox.source_path()`, never the user's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from mam.errors import SandboxError
from mam.media import landlock, seccomp
from mam.media.limits import Limits

Mode = Literal["bwrap", "landlock"]

INSIDE_SOURCE = "/in/src"
_SCRATCH_BYTES = 256 * 1024 * 1024
_SYSTEM_FOLDERS = ("/usr", "/lib", "/lib64", "/bin", "/sbin")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts")
_HARMLESS_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
# What a GPU's driver reads to find its card: hardware, not data.
_DRIVER_READS = ("/sys", "/proc/driver", "/proc/devices", "/proc/meminfo", "/proc/cpuinfo", "/proc/self")
# One malloc arena per thread would eat the address space limit on machines of many cores.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "4"}


@dataclass(frozen=True)
class Room:
    """What one contained run may see beyond the system's programs and libraries.

    `source` is read, `out` (a folder) is written, `read_only` are further files or folders at their
    own paths, `devices` device nodes (a GPU). Nothing here may come from a user but `source`'s bytes.
    """

    source: Path | None = None
    out: Path | None = None
    read_only: tuple[Path, ...] = ()
    devices: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prepared:
    """A command line ready for `mam.media.process`: what to start, where, with which open files."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    keep_open: tuple[int, ...] = ()


@dataclass(frozen=True)
class Sandbox:
    """A kind of wall that was seen to hold on this machine; made by `open_sandbox`."""

    mode: Mode

    def source_path(self, source: Path) -> str:
        """The upload's path as the contained program has to name it."""
        return INSIDE_SOURCE if self.mode == "bwrap" else str(source.resolve())

    @contextmanager
    def prepare(self, program: list[str], room: Room, limits: Limits) -> Iterator[Prepared]:
        """The command line that runs `program` (absolute path first) in `room` under `limits`.

        Scratch space and descriptors live as long as the context. Raises `SandboxError` where the
        tools for this mode are gone.
        """
        environment = {**_ENVIRONMENT, **room.environment}
        if self.mode == "bwrap":
            with _seccomp_file() as filter_file:
                argv = _bwrap(program, room, limits, environment, filter_file)
                yield Prepared(tuple(argv), {}, Path("/"), () if filter_file is None else (filter_file,))
            return
        with TemporaryDirectory(prefix="mam-room-") as scratch:
            environment["TMPDIR"] = scratch
            argv = _landlock(program, room, limits, environment, Path(scratch))
            yield Prepared(tuple(argv), {}, (room.out or Path(scratch)).resolve())


@contextmanager
def _seccomp_file() -> Iterator[int | None]:
    """The system call filter in an unnamed file that bwrap reads; None where the machine has none."""
    steps = seccomp.program()
    if not steps:
        yield None
        return
    descriptor = os.memfd_create("mam-seccomp")
    try:
        os.write(descriptor, steps)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


def _bwrap(
    program: list[str], room: Room, limits: Limits, environment: Mapping[str, str], filter_file: int | None
) -> list[str]:
    """`prlimit` around `bwrap` around the program: the recipe of promise B1-B3."""
    argv = [_tool("prlimit"), *(f"--{name}={value}" for name, value in limits.resources().items()), "--"]
    argv += [*_without_rights(), _tool("bwrap"), "--unshare-all", "--unshare-user"]
    argv += ["--die-with-parent", "--new-session"]
    argv += ["--as-pid-1"]  # else nobody waits for it, and its CPU seconds and peak memory are lost
    argv += ["--cap-drop", "ALL", "--uid", "65534", "--gid", "65534"]
    argv += [] if filter_file is None else ["--seccomp", str(filter_file)]
    argv += _system_mounts()
    argv += ["--proc", "/proc", "--dev", "/dev", "--size", str(_SCRATCH_BYTES), "--tmpfs", "/tmp"]  # noqa: S108
    for path in room.read_only:
        argv += [] if _is_system(path) else ["--ro-bind", str(path), str(path)]
    for path in room.devices:
        argv += ["--dev-bind-try", str(path), str(path)]
    argv += ["--ro-bind-try", "/sys", "/sys"] if room.devices else []
    argv += (
        []
        if room.source is None
        else ["--dir", "/in", "--ro-bind", str(room.source.resolve()), INSIDE_SOURCE]
    )
    argv += [] if room.out is None else ["--bind", str(room.out.resolve()), "/out"]
    argv += ["--chdir", "/out" if room.out else "/tmp", "--clearenv"]  # noqa: S108 - a private tmpfs
    for name, value in environment.items():
        argv += ["--setenv", name, value]
    return [*argv, "--", *program]


@lru_cache
def _without_rights() -> list[str]:
    """What takes the rights of a service away from bwrap, which starts with none that it did not ask for.

    A box that is nobody special but may set the flag of immutable files (`AmbientCapabilities=`) has one.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    rights = re.search(r"^CapAmb:\s*0*(\w+)$", status, re.MULTILINE)
    if rights is None or rights[1] == "0":
        return []
    return [_tool("setpriv"), "--inh-caps=-all", "--ambient-caps=-all", "--"]


def _system_mounts() -> list[str]:
    """The system's folders, as they are on a merged-/usr system or an older one."""
    mounts: list[str] = []
    for folder in map(Path, _SYSTEM_FOLDERS):
        if folder.is_symlink():
            mounts += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            mounts += ["--ro-bind", str(folder), str(folder)]
    for path in _SYSTEM_FILES:
        mounts += ["--ro-bind-try", path, path]
    return mounts


def _landlock(
    program: list[str], room: Room, limits: Limits, environment: Mapping[str, str], scratch: Path
) -> list[str]:
    """Our exec wrapper around the program; its rules travel as JSON."""
    read = [*_SYSTEM_FOLDERS, *_SYSTEM_FILES, *map(str, room.read_only)]
    read += [] if room.source is None else [str(room.source.resolve())]
    read += _DRIVER_READS if room.devices else []
    rules = {
        "parent": os.getpid(),
        "limits": limits.resources(),
        "read": read,
        "write": [str(scratch), *([] if room.out is None else [str(room.out.resolve())])],
        "devices": [*_HARMLESS_DEVICES, *map(str, room.devices)],
        "environment": dict(environment),
        "filter": seccomp.program().hex(),
    }
    return [sys.executable, "-I", "-S", landlock.__file__, json.dumps(rules), "--", *program]


def _tool(name: str) -> str:
    """A system program's path; `SandboxError` with the package's name where it is absent."""
    path = shutil.which(name, path="/usr/bin:/bin:/usr/local/bin")
    if path is None:
        package = "bubblewrap" if name == "bwrap" else "util-linux"
        raise SandboxError(f"The program {name} is not installed. Install the package {package}.")
    return path


def _is_system(path: Path) -> bool:
    """Whether a path lies in a folder that every room sees anyway."""
    return any(path.absolute().is_relative_to(folder) for folder in _SYSTEM_FOLDERS)
