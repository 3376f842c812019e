"""The one door to contained work: `open_sandbox` finds walls that hold on this machine, or refuses.

Tries bubblewrap, then Landlock, and believes neither before it has seen a good file read (positive
control), a canary file not read, a playlist that names the canary not followed, and no connection made.
Writes only into a folder of its own under the temporary folder, removed after.
"""

from __future__ import annotations

import logging
import socket
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

from mam.errors import MamError, SandboxError, SourceError
from mam.media.ffmpeg import Tools, find_tools, input_args, run_ffmpeg
from mam.media.limits import Limits
from mam.media.process import Outcome, run_contained
from mam.media.walls import Mode, Prepared, Room, Sandbox

__all__ = ["Mode", "Prepared", "Room", "Sandbox", "open_sandbox", "prove"]

_log = logging.getLogger(__name__)
# The work is a tenth of a second; the wall is for a machine whose every core is encoding.
_LIMITS = Limits(wall_seconds=60, cpu_seconds=10)
# One black pixel; GIF is among the formats that are let in.
_GOOD_CLIP = bytes.fromhex(
    "47494638396101000100800100000000ffffff21f90401000001002c00000000010001000002024c01003b"
)
_MAKE_CANARY = (
    "-vf", "scale=64:64,loop=24:1", "-r", "25", "-c:v", "mpeg2video", "-f", "mpegts", "canary.ts"
)  # fmt: skip


@lru_cache
def open_sandbox(setting: str = "auto", tools: Tools | None = None) -> Sandbox:
    """Walls that were just seen to hold: "auto" tries bwrap, then landlock; or name one of them.

    Takes about a second, once in a process. Raises `SandboxError` saying what each mode lacked.
    """
    tools = tools or find_tools()
    failures = []
    for mode in get_args(Mode) if setting == "auto" else (setting,):
        sandbox = Sandbox(mode)
        try:
            prove(sandbox, tools)
        except SandboxError as error:
            failures.append(f"{mode}: {error.detail}")
            _log.warning("sandbox %s does not hold: %s", mode, error.detail)
        else:
            _log.info("sandbox %s holds", mode)
            return sandbox
    raise SandboxError(
        "No sandbox works here, so no upload is read. " + " ".join(failures) + " Install bubblewrap and "
        "allow user namespaces, or run a kernel with Landlock (5.13 or newer)."
    )


def prove(sandbox: Sandbox, tools: Tools) -> None:
    """Raise `SandboxError` with the first thing that these walls let through or keep from working."""
    with TemporaryDirectory(prefix="mam-selftest-") as folder:
        trial = _Trial(sandbox, tools, Path(folder))
        trial.good_clip_is_read()
        trial.canary_is_not_read()
        trial.playlist_is_not_followed()
        trial.nothing_connects()


@dataclass(frozen=True)
class _Trial:
    """One self-test in a folder of its own. ffprobe runs here without whitelists: the walls alone count."""

    sandbox: Sandbox
    tools: Tools
    folder: Path

    def good_clip_is_read(self) -> None:
        """Positive control: decode a clip and write another from it."""
        clip, out = self.folder / "clip", self.folder / "out"
        clip.write_bytes(_GOOD_CLIP)
        out.mkdir()
        try:
            run_ffmpeg(self.tools, self.sandbox, clip, _MAKE_CANARY, out=out, limits=_LIMITS)
        except SourceError as error:
            tail = getattr(error, "stderr_tail", "").strip()[-300:]
            raise SandboxError(f"ffmpeg does not work inside: {error.detail} {tail}".strip()) from error
        if not (out / "canary.ts").exists():
            raise SandboxError("ffmpeg ran inside but its output is not there.")

    def canary_is_not_read(self) -> None:
        """The very file that reads well when it is let in must not open when it is not."""
        canary = self.folder / "out" / "canary.ts"
        known = self._probe(Room(source=canary), input_args(self.sandbox, canary))
        if b"mpeg2video" not in known.stdout:
            raise SandboxError(f"ffprobe does not work inside: {known.stderr.strip()[-300:]}")
        if self._probe(Room(), ["-i", f"file:{canary}"]).returncode == 0:
            raise SandboxError("A file that was not let in could be read.")

    def playlist_is_not_followed(self) -> None:
        """A playlist that names the canary leads nowhere, and it does where the canary is let in."""
        canary = self.folder / "out" / "canary.ts"
        playlist = self.folder / "playlist"
        playlist.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{canary}\n#EXT-X-ENDLIST\n"
        )
        follow = ["-protocol_whitelist", "file", "-f", "hls", "-allowed_extensions", "ALL"]
        follow += ["-i", f"file:{self.sandbox.source_path(playlist)}"]
        if b"mpeg2video" not in self._probe(Room(playlist, read_only=(canary,)), follow).stdout:
            raise SandboxError("The trial playlist does not work, so the self-test proves nothing.")
        if b"mpeg2video" in self._probe(Room(playlist), follow).stdout:
            raise SandboxError("A playlist could name a file that was not let in, and it was read.")

    def nothing_connects(self) -> None:
        """A listener on loopback hears nothing."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            port = listener.getsockname()[1]
            try:
                reached = self._probe(Room(), ["-i", f"tcp://127.0.0.1:{port}?timeout=1000000"])
                connected = reached.returncode == 0
            except MamError:
                connected = True  # it hung, so somebody let it wait
            try:
                listener.accept()[0].close()
                connected = True
            except BlockingIOError:
                pass
        if connected:
            raise SandboxError("A contained program could open a network connection.")

    def _probe(self, room: Room, arguments: list[str]) -> Outcome:
        """Run ffprobe on its input; a hostile ending is an `Outcome` like any other."""
        program = [str(self.tools.ffprobe), "-v", "error", "-show_entries", "stream=codec_name", *arguments]
        seen = Room(room.source, room.out, (*room.read_only, *self.tools.read_only))
        return run_contained(self.sandbox, program, seen, _LIMITS)
