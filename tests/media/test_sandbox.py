"""The walls, tried for real in both modes: what must work works, what must not does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from media_helpers import Canary, FakeTools, Listener, stays_below

from mam.errors import SandboxError, SourceError
from mam.media import sandbox as sandboxes
from mam.media import seccomp
from mam.media.ffmpeg import Tools, input_args
from mam.media.limits import MIB, Limits
from mam.media.process import Outcome, run_contained
from mam.media.sandbox import Room, Sandbox, open_sandbox, prove

ROOT = Path(__file__).resolve().parents[2]
QUICK = Limits(wall_seconds=90, cpu_seconds=10)


def shell(sandbox: Sandbox, script: str, room: Room | None = None, limits: Limits = QUICK) -> Outcome:
    """Run a line of shell inside the walls; it cannot fork, so one program at most, by `exec`."""
    return run_contained(sandbox, ["/usr/bin/bash", "-c", script], room or Room(), limits)


def test_a_good_clip_reads_and_an_output_is_written(sandbox: Sandbox, tools: Tools) -> None:
    """Positive control: without it a sandbox in which nothing runs would pass every other test."""
    prove(sandbox, tools)


def test_no_other_file_can_be_opened(sandbox: Sandbox, tmp_path: Path, canary: Canary) -> None:
    """Promise B1: the neighbour, the password file and the listing of folders are out of reach."""
    # Given an upload beside another tenant's file
    upload = tmp_path / "upload"
    upload.write_bytes(b"mine")
    # When a contained program reads what it may, and then what it may not
    room = Room(source=upload)
    mine = run_contained(sandbox, ["/usr/bin/cat", sandbox.source_path(upload)], room, QUICK)
    theirs = run_contained(sandbox, ["/usr/bin/cat", str(canary.path), "/etc/passwd"], room, QUICK)
    listing = run_contained(sandbox, ["/usr/bin/ls", str(tmp_path)], room, QUICK)
    # Then only the upload was read
    assert mine.stdout == b"mine"
    assert (theirs.stdout, listing.stdout) == (b"", b"")
    assert not canary.sang()
    canary.path.read_bytes()
    assert canary.sang(), "the canary itself does not work"


def test_the_upload_cannot_be_changed(sandbox: Sandbox, tmp_path: Path) -> None:
    """A master is read; neither its bytes nor its mode can be touched from inside."""
    upload = tmp_path / "upload"
    upload.write_bytes(b"mine")
    upload.chmod(0o644)
    inside = sandbox.source_path(upload)
    shell(sandbox, f"echo changed > {inside}", Room(source=upload))
    run_contained(sandbox, ["/usr/bin/chmod", "0777", inside], Room(source=upload), QUICK)
    assert upload.read_bytes() == b"mine"
    assert upload.stat().st_mode & 0o777 == 0o644


def test_nothing_connects(sandbox: Sandbox, listener: Listener) -> None:
    """Promise B2: TCP and UDP sockets cannot even be made."""
    for kind in ("tcp", "udp"):
        outcome = shell(sandbox, f"echo hello > /dev/{kind}/127.0.0.1/{listener.port} && echo sent")
        assert outcome.stdout == b""
    assert not listener.heard()
    subprocess.run(["/usr/bin/bash", "-c", f"echo > /dev/tcp/127.0.0.1/{listener.port}"], check=True)
    assert _eventually(listener.heard), "the listener itself does not work"


def test_no_secret_is_inside(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise B3: neither the environment, nor /proc, nor the mounts tell a secret or another path."""
    # Given a worker with a secret in its environment
    monkeypatch.setenv("MAM_TEST_SECRET", "hunter2-of-the-worker")
    (tmp_path / "upload").write_bytes(b"x")
    room = Room(source=tmp_path / "upload")
    # When a contained program looks at itself, at its parents and at the mounts
    seen = b""
    for path in (
        "/proc/self/environ",
        "/proc/1/environ",
        f"/proc/{os.getpid()}/environ",
        "/proc/self/mountinfo",
    ):
        seen += run_contained(sandbox, ["/usr/bin/cat", path], room, QUICK).stdout
    environment = run_contained(sandbox, ["/usr/bin/env"], room, QUICK).stdout
    # Then nothing of the worker is there
    assert b"PATH=/usr/bin" in environment
    assert b"hunter2" not in seen + environment
    assert set(environment.split()) <= {
        *(
            word
            for word in environment.split()
            if word.split(b"=")[0] in {b"PATH", b"LC_ALL", b"PWD", b"TMPDIR"}
        ),
        b"MALLOC_ARENA_MAX=4",
    }


def test_no_new_process_can_be_made(sandbox: Sandbox) -> None:
    """A broken decoder cannot start anything that outlives it."""
    outcome = shell(sandbox, "echo before; (echo child); echo after")
    assert outcome.stdout.startswith(b"before")
    assert b"child" not in outcome.stdout


@pytest.mark.parametrize("command", ["ln -s /etc/passwd x", "mkfifo x", "ln made x"])
def test_outputs_are_plain_files(sandbox: Sandbox, tmp_path: Path, command: str) -> None:
    """No symbolic link, pipe or second name is left for whoever publishes the folder afterwards."""
    shell(sandbox, f"echo good > made; exec {command}", Room(out=tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["made"]


def test_a_killed_worker_takes_its_children_along(sandbox: Sandbox) -> None:
    """Promise C2: kill -9 the worker and every contained program is gone by itself."""
    # Given a worker process with a contained program that would run for minutes
    marker = f"6{os.getpid()}.{sandbox.mode == 'bwrap':d}17"
    code = (
        "from mam.media.sandbox import *; from mam.media.limits import Limits\n"
        "from mam.media.process import run_contained\n"
        f"program = ['/usr/bin/sleep', {marker!r}]\n"
        f"run_contained(Sandbox({sandbox.mode!r}), program, Room(), Limits(wall_seconds=300))"
    )
    worker = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    assert _eventually(lambda: _running(marker)), "the contained program never started"
    # When the worker is killed
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    # Then nothing of it is left
    assert _eventually(lambda: not _running(marker))


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    """Promise B5: a program that asks for more than its limit does not get it."""
    script = "my $x = 'x' x (700 * 1024 * 1024); print 'got it'"
    outcome = run_contained(sandbox, ["/usr/bin/perl", "-e", script], Room(), Limits(memory=256 * MIB))
    assert b"got it" not in outcome.stdout
    assert stays_below(outcome, 300 * MIB)


def test_output_is_bounded(sandbox: Sandbox, tmp_path: Path) -> None:
    """Promise B7: no file grows beyond the limit, and the end is a clean failure."""
    room, limits = Room(out=tmp_path), Limits(output_bytes=MIB)
    outcome = shell(sandbox, "exec head -c 50000000 /dev/zero > big", room, limits)
    assert outcome.returncode != 0
    assert (tmp_path / "big").stat().st_size == MIB


def test_each_trial_fails_where_its_wall_is_missing(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The self-test has teeth: a wall with the temporary folder let in is found out."""

    def leaky(self: Any, room: Room, arguments: list[str]) -> Outcome:
        program = [str(self.tools.ffprobe), "-v", "error", "-show_entries", "stream=codec_name", *arguments]
        seen = Room(room.source, room.out, (*room.read_only, *self.tools.read_only, self.folder))
        return run_contained(self.sandbox, program, seen, QUICK)

    monkeypatch.setattr(
        sandboxes._Trial,  # noqa: SLF001 - the one place to leak
        "_probe",
        leaky,
    )
    with pytest.raises(SandboxError, match="not let in could be read"):
        prove(open_sandbox(), tools)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hand rights on")
def test_a_service_with_a_right_of_its_own_hands_none_on() -> None:
    """Bubblewrap takes no right that it did not ask for; an appliance's service may set immutable flags."""
    # Given a service with one right that it hands on to what it starts, as somebody who is nobody special
    program = """
import subprocess, sys
from mam.media.limits import Limits
from mam.media.walls import Room, Sandbox
look = ["/usr/bin/grep", "^Cap[A-Z]", "/proc/self/status"]
with Sandbox("bwrap").prepare(look, Room(), Limits()) as room:
    nobody = [*sys.argv[1:], "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
    done = subprocess.run([*nobody, *room.argv], pass_fds=room.keep_open, cwd="/", stdout=-1, stderr=-2)
print(done.stdout.decode())
"""
    handing_on = ["setpriv", "--inh-caps=+linux_immutable", "--ambient-caps=+linux_immutable"]
    # When it puts up walls, then they hold, and who is inside has no right at all
    command = [*handing_on, "--", sys.executable, "-c", program, *handing_on]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert said.stderr == ""
    rights = dict(line.split() for line in said.stdout.splitlines() if line.strip())
    assert {rights[name] for name in ("CapInh:", "CapPrm:", "CapEff:", "CapAmb:")} == {"0" * 16}


def test_workers_refuse_where_nothing_holds(fake_tools: FakeTools) -> None:
    """No walls, no work: a sandbox in which ffmpeg does not run is no sandbox."""
    with pytest.raises(SandboxError, match=r"bwrap: .*landlock: .*Install bubblewrap"):
        open_sandbox("auto", fake_tools("exit 127"))


def test_the_input_always_carries_both_whitelists() -> None:
    """Promise B4: whoever builds a command line gets the whitelists with the input."""
    arguments = input_args(Sandbox("bwrap"), Path("/store/masters/x"))
    assert arguments[arguments.index("-protocol_whitelist") + 1] == "file,pipe"
    assert "hls" not in arguments[arguments.index("-format_whitelist") + 1].split(",")
    assert arguments[-2:] == ["-i", "file:/in/src"]


def test_the_filter_is_whole_instructions_and_empty_for_strangers() -> None:
    for machine in ("x86_64", "aarch64"):
        assert len(seccomp.program(machine)) % 8 == 0
        assert len(seccomp.program(machine)) > 400
    assert seccomp.program("riscv64") == b""


def _running(marker: str) -> bool:
    """Whether a process with this word in its command line runs, but for the walls' own."""
    for process in psutil.process_iter(["cmdline"]):
        if process.info["cmdline"] == ["/usr/bin/sleep", marker]:
            return True
    return False


def _eventually(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether something becomes true in time."""
    over = time.monotonic() + seconds
    while time.monotonic() < over:
        if true():
            return True
        time.sleep(0.05)
    return False


def test_memory_held_is_bounded_where_the_address_space_is_not(sandbox: Sandbox) -> None:
    """Promise B5: a program that may map much and touches it is ended, with a reason."""
    script = "my $x = ''; $x .= 'x' x (1024 * 1024) for 1 .. 900; sleep 30; print 'got it'"
    limits = Limits(memory=4096 * MIB, resident=256 * MIB, wall_seconds=90)
    with pytest.raises(SourceError) as caught:
        run_contained(sandbox, ["/usr/bin/perl", "-e", script], Room(), limits)
    assert caught.value.error_code == "source_too_large"
