"""Where the spoken sound of the tests lies, what is said in it, and the ffmpeg that makes films of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

SPOKEN = Path(__file__).with_name("spoken.ogg")
"""3.5 s of the voice "slt" of flite, made for these tests: see SAID."""

SAID = "Good morning. The harvest begins on Monday at nine o'clock."


def run_ffmpeg(*arguments: str) -> None:
    """The machine's own, on files of our own."""
    subprocess.run(["ffmpeg", "-v", "error", "-y", *arguments], check=True)
