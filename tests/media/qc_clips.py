"""Clips with known faults and clips without any, for the tests of automatic QC; frame numbers are exact."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

from mam.config import Media, Qc
from mam.media.analysis import Measured, measure
from mam.media.ffmpeg import find_tools
from mam.media.findings import find
from mam.media.limits import Limits
from mam.media.markers import Marker
from mam.media.probe import probe
from mam.media.sandbox import open_sandbox
from mam.types import MediaInfo, Source

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p")
PCM = ("-c:a", "pcm_s16le", "-ar", "48000")
QUIET = "aevalsrc=0.0708*sin(2000*PI*t)|0.0708*sin(2000*PI*t):s=48000"
"""A tone of 1 kHz at -23 LUFS in two channels (EBU Tech 3341, case 1)."""


def make(path: Path, picture: str | None, sound: str | None, *more: str, seconds: float = 4) -> Path:
    """Encode what lavfi makes of both descriptions."""
    inputs = [part for one in (picture, sound) if one for part in ("-f", "lavfi", "-i", one)]
    coding = [*(X264 if picture else ()), *(PCM if sound else ())]
    shape = ["-t", str(seconds), "-fps_mode", "passthrough", "-enc_time_base", "1:120000"]
    command = [str(find_tools().ffmpeg), "-v", "error", "-y", *inputs, *coding]
    command += [*(shape if picture else shape[:2]), *more, str(path)]
    subprocess.run(command, check=True, timeout=120)
    return path


def look(path: Path, folder: Path, qc: Qc | None = None) -> tuple[MediaInfo, Measured]:
    """Describe and analyse a file as a worker does."""
    tools = find_tools()
    info = probe(tools, open_sandbox("auto", tools), path, Limits())
    source = Source(path, path.name, path.stat().st_size, info)
    folder.mkdir(exist_ok=True)
    return info, measure(Media(), qc or Qc(), source, folder, on_percent=lambda _percent: None)


def findings(path: Path, folder: Path, qc: Qc | None = None) -> list[Marker]:
    """The markers of a file."""
    info, measured = look(path, folder, qc)
    assert list(folder.iterdir()) == []  # no samples, no pipes are left
    return find(info, qc or Qc(), measured)


def where(markers: list[Marker], kind: str) -> list[tuple[int | None, int | None]]:
    """First and last frames of the markers of a kind."""
    return [(one.frame_in, one.frame_out) for one in markers if one.kind == kind]


def faulty(folder: Path, rate: Fraction, timecode: str) -> Path:
    """Seven seconds of moving picture and tone with a fault of every kind that can be seen or heard.

    Frames 20 to 22 repeat 19, 30 and 31 are missing, 50 to 74 are black, 90 to 150 are like 90; the sound is
    silent from frame 40 to 79 and clipped from 100 to 104.
    """
    picture = (
        f"testsrc2=s=320x180:r={rate},drawbox=t=fill:c=black:enable='between(n,50,74)',"
        f"select='not(between(n,20,22)+between(n,91,150))',fps={rate},select='not(between(n,30,31))'"
    )
    quiet, loud = (_between(first, last, rate) for first, last in ((40, 79), (100, 104)))
    tone = f"if({quiet},0,if({loud},clip(3*sin(880*PI*t),-1,1),0.1*sin(880*PI*t)))"
    path = folder / f"faulty-{rate.numerator}.mov"
    return make(path, picture, f"aevalsrc='{tone}':s=48000", "-timecode", timecode, seconds=7)


def _between(first: int, last: int, rate: Fraction) -> str:
    """A moment's being within those frames, for lavfi."""
    return f"gte(t,{float(first / rate):.9f})*lt(t,{float((last + 1) / rate):.9f})"


CLEAN = {
    "shapes": "testsrc2=s=320x180:r=25",
    "shapes in HD": "testsrc2=s=1280x720:r=24000/1001",
    "noise": "nullsrc=s=320x180:r=25,geq=lum='128':cb=128:cr=128,noise=alls=60:allf=t",
    "a slow pan": "mandelbrot=s=1280x720:r=25:end_scale=0.2999:start_scale=0.3,crop=320:180:x=n:y=100",
    "a title of a second": (
        "testsrc2=s=320x180:r=25,drawbox=t=fill:c=gray:enable='between(n,30,54)',"
        "drawbox=x=100:y=80:w=120:h=20:t=fill:c=white:enable='between(n,30,54)'"
    ),
    "a title that fades in and out": (
        "color=c=gray:s=320x180:r=25,drawbox=x=60:y=60:w=200:h=40:t=fill:c=white,"
        "fade=t=in:d=1.2,fade=t=out:st=2.6:d=1.2"
    ),
    "fades of a moving picture": "testsrc2=s=320x180:r=25,fade=t=in:d=1,fade=t=out:st=3:d=1",
    "on twos": "testsrc2=s=320x180:r=25/2,fps=25",
    "2:3": "testsrc2=s=320x180:r=24000/1001,fps=60000/1001",
    "24 in 30": "testsrc2=s=320x180:r=24000/1001,fps=30000/1001",
    "24 in 25": "testsrc2=s=320x180:r=24,fps=25",
    "cuts": (
        "testsrc2=s=320x180:r=25,negate=enable='between(mod(n,20),0,9)',hue=h=90:enable='between(n,40,60)'"
    ),
}
"""What a studio sends every day and nobody wants to be told about."""
