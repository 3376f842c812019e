"""A small clip made on the spot, for `mam doctor` and for tests: moving picture, tone, timecode.

Writes into a temporary folder of its own, removed after.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from mam.media.ffmpeg import find_tools, run_ffmpeg
from mam.media.limits import Limits
from mam.media.sandbox import open_sandbox

# The runner wants an input file; one black pixel is, and the pictures come from ffmpeg's own generators.
_PIXEL = bytes.fromhex(
    "47494638396101000100800100000000ffffff21f90401000001002c00000000010001000002024c01003b"
)


def make_clip(ffmpeg: str = "auto", *, seconds: int = 2, size: str = "640x360", rate: str = "25") -> bytes:
    """An H.264 and AAC clip in MP4 of so many seconds, with start timecode 01:00:00:00.

    Raises `SandboxError` or `SourceError` where ffmpeg does not run here.
    """
    tools = find_tools(ffmpeg)
    with TemporaryDirectory(prefix="mam-sample-") as folder:
        pixel, out = Path(folder, "pixel"), Path(folder, "out")
        pixel.write_bytes(_PIXEL)
        out.mkdir()
        arguments = [
            *("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}"),
            *("-f", "lavfi", "-i", f"sine=frequency=440:sample_rate=48000:duration={seconds}"),
            *("-map", "1:v", "-map", "2:a", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
            *("-c:a", "aac", "-timecode", "01:00:00:00", "-f", "mp4", "clip.mp4"),
        ]
        run_ffmpeg(tools, open_sandbox("auto", tools), pixel, arguments, out=out, limits=Limits())
        return (out / "clip.mp4").read_bytes()
