"""Bounds on one contained child process: memory, time, output, files.

Every program that reads untrusted bytes runs under a `Limits`; there is no way to leave one out.
Units: bytes and seconds. The numbers are those of the project's own trials (a 4K JPEG 2000 MXF took
353 MB, a 10-bit AVIF 554 MB; a hostile SVG would have taken 12 GB).
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one child may use.

    `memory` is address space in bytes (RLIMIT_AS), None for none: a GPU driver maps far more than it uses.
    `resident` is what it may touch of that, looked at ten times a second: no program of ours ever holds
    2 GiB. `cpu_seconds` is processor time of all its threads, `wall_seconds` the time on the clock,
    `output_bytes` the size of any one file it writes, `stdout_bytes` what it may say on stdout.
    """

    memory: int | None = 2048 * MIB
    resident: int = 1792 * MIB
    cpu_seconds: int = 60
    wall_seconds: float = 60.0
    output_bytes: int = 256 * MIB
    stdout_bytes: int = 16 * MIB
    open_files: int = 64

    def resources(self) -> dict[str, int]:
        """The kernel's limits by the names that `prlimit` and `resource.RLIMIT_*` share, lower case."""
        bounds = {
            "cpu": self.cpu_seconds,
            "fsize": self.output_bytes,
            "nofile": self.open_files,
            "core": 0,
        }
        if self.memory is not None:
            bounds["as"] = self.memory
        return bounds
