"""The contained engine by itself: real sound, real model, real walls; what it makes of what is no speech."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import psutil
import pytest
from mam_transcribe_whisper.contained import Heard, Listener
from mam_transcribe_whisper.decoding import decode, spoken
from mam_transcribe_whisper.model import ModelFiles, find_model
from mam_transcribe_whisper.settings import Settings
from speech_films import SAID, SPOKEN, run_ffmpeg

from mam.config import Media
from mam.errors import CancelledWorkError, ConfigError, MamError, SourceError
from mam.types import AudioTrack, MediaInfo, Source, VideoTrack

MEDIA = Media(memory=2 << 30)
MONO = AudioTrack(0, "opus", 1, 48000)


def decoded(file: Path, out: Path, *tracks: AudioTrack, video: VideoTrack | None = None) -> Path:
    info = MediaInfo("audio", "", "audio/wav", audio=tracks or (MONO,), video=video)
    source = Source(file, file.name, file.stat().st_size, info)
    ((_, group),) = spoken(info)
    return decode(MEDIA, source, group, out, hours=1.0, on_tick=lambda: None)


def listener(model: ModelFiles | None = None, **settings: float) -> Listener:
    return Listener(MEDIA, Settings(**settings), model or find_model(None))


def heard(sound: Path, language: str = "") -> Heard:
    return listener().listen(sound, language, lambda _percent: None)


def plain(text: str) -> list[str]:
    return re.sub(r"[^a-z0-9 ]", "", text.lower().replace("o'clock", "oclock").replace("9", "nine")).split()


def wrong_words(said: str, wanted: str) -> int:
    """Words to put in, take out or change to come from one to the other (Levenshtein)."""
    ours, theirs = plain(said), plain(wanted)
    row = list(range(len(theirs) + 1))
    for number, word in enumerate(ours, 1):
        before, row[0] = row[0], number
        for at, other in enumerate(theirs, 1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1]


def alive(marker: str) -> list[psutil.Process]:
    """Processes that name something on their command line."""
    found = []
    for process in psutil.process_iter():
        try:
            found += [process] if marker in " ".join(process.cmdline()) else []
        except psutil.Error:
            continue
    return found


def test_a_file_that_cannot_be_decoded_ends_clearly(tmp_path: Path) -> None:
    # Given noise that says it is sound
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt " + os.urandom(4096))
    # When it is decoded, then the source is to blame
    with pytest.raises(SourceError):
        decoded(broken, tmp_path)


def test_sound_counts_from_the_first_picture(tmp_path: Path) -> None:
    # Given sound whose pictures begin half a second into the file
    video = VideoTrack("h264", 320, 180, 320, 180, Fraction(25), "yuv420p", start=0.5)
    # When it is decoded, then what comes before them is left out, and what comes after is there
    whole, cut = (decoded(SPOKEN, tmp_path, video=one).stat().st_size / 32000 for one in (None, video))
    assert whole == pytest.approx(3.47, abs=0.1)
    assert cut == pytest.approx(whole - 0.5, abs=0.05)


def test_a_cancelled_job_leaves_no_child_behind(tmp_path: Path) -> None:
    # Given a job that is cancelled while the child works
    sound = decoded(SPOKEN, tmp_path)

    def cancel(_percent: float) -> None:
        raise CancelledWorkError("Somebody cancelled it.")

    # When it is told so, then the child ends with it
    with pytest.raises(CancelledWorkError):
        listener().listen(sound, "en", cancel)
    assert alive(str(sound)) == []


def test_another_model_than_the_packaged_one_is_not_used_for_it(tmp_path: Path) -> None:
    # Given a model of which a byte is another, and one that is none
    sound = decoded(SPOKEN, tmp_path)
    files = find_model(None)
    other = tmp_path / "part"
    other.write_bytes(b"no model")
    # When it should listen, then it does not
    with pytest.raises(ConfigError, match="SHA-256"):
        listener(replace(files, parts=(other,))).listen(sound, "en", lambda _percent: None)
    with pytest.raises(MamError, match="broke down"):
        listener(replace(files, parts=(other,), sha256="")).listen(sound, "en", lambda _percent: None)


@pytest.mark.long
def test_the_words_are_right(tmp_path: Path) -> None:
    # Given a spoken sentence whose language nobody tells
    found = heard(decoded(SPOKEN, tmp_path))
    # When it is listened to, then it is English, and at most one word of ten is wrong
    said = " ".join(one.text for one in found.words)
    assert found.language == "en"
    assert wrong_words(said, SAID) <= 1, said


@pytest.mark.long
@pytest.mark.parametrize(
    "noise",
    [
        "anoisesrc=c=pink:a=0.3:d=20",
        "sine=f=440:d=20",
        "aevalsrc='0.2*sin(2*PI*220*t)*(1+sin(4*PI*t))+0.2*sin(2*PI*110*floor(1+mod(t\\,4))*t)':d=20",
    ],
    ids=["noise", "tone", "melody"],
)
def test_nothing_is_invented_where_nobody_speaks(tmp_path: Path, noise: str) -> None:
    # Given sound without speech
    file = tmp_path / "noise.wav"
    run_ffmpeg("-f", "lavfi", "-i", noise, str(file))
    # When it is listened to, then there are no words
    assert heard(decoded(file, tmp_path)).words == []


@pytest.mark.long
def test_a_killed_worker_takes_the_child_with_it(tmp_path: Path) -> None:
    # Given a worker that listens to a long sound
    file = tmp_path / "long.wav"
    run_ffmpeg("-stream_loop", "200", "-i", str(SPOKEN), "-ar", "16000", str(file))
    sound = decoded(file, tmp_path)
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path\nimport test_speech_engine as t\n"
        f"t.heard(Path({str(sound)!r}), 'en')\n"
    )
    here = str(Path(__file__).parent)
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": here}) as worker:
        wait_until(lambda: any("child.py" in " ".join(one.cmdline()) for one in alive(str(sound))))
        # When it is killed
        worker.send_signal(signal.SIGKILL)
    # Then nothing goes on
    wait_until(lambda: not alive(str(sound)))


def wait_until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
