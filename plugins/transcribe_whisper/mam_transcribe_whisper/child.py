"""The contained half: loads the model and listens to a sound, in a process of its own.

Started as a script by its path, inside the walls only: `child.py PACKAGES JOB`, JOB being JSON. Says one JSON
object a line on stdout: `language`, `said` with `percent`, at last `done`; or `error`. Writes no file.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any


def _find_packages(packages: str, threads: int) -> None:
    """Make the libraries importable, and of this package the modules beside this file without its hooks."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    sys.path.append(packages)
    room = ModuleType("mam_transcribe_whisper")
    room.__path__ = [str(Path(__file__).parent)]
    sys.modules["mam_transcribe_whisper"] = room


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _load(job: dict[str, Any]) -> Any:
    """The model out of its parts, if it is the one that is wanted."""
    import ctranslate2  # noqa: PLC0415 - only now is it known where it lies

    whole = b"".join(Path(part).read_bytes() for part in job["parts"])
    found = hashlib.sha256(whole).hexdigest()
    if job["sha256"] and not hmac.compare_digest(found, job["sha256"]):
        return None
    vocabulary = Path(job["vocabulary"])
    files = {
        "model.bin": io.BytesIO(whole),
        "config.json": io.BytesIO(Path(job["config"]).read_bytes()),
        vocabulary.name: io.BytesIO(vocabulary.read_bytes()),
    }
    del whole
    options = {"compute_type": "int8", "inter_threads": 1, "intra_threads": job["threads"]}
    return ctranslate2.models.Whisper("packaged", device="cpu", files=files, **options)


def _ear(job: dict[str, Any], model: Any) -> Any:
    from ctranslate2 import StorageView  # noqa: PLC0415 - likewise

    from mam_transcribe_whisper import tokens  # noqa: PLC0415 - likewise
    from mam_transcribe_whisper.ear import Ear  # noqa: PLC0415 - likewise

    listed = job["vocabulary"].endswith(".txt")
    vocabulary = tokens.read(Path(job["vocabulary"]).read_text(encoding="utf-8"), listed=listed)
    return Ear(model, vocabulary, StorageView.from_array, job["sure"], job["beams"])


def _main(packages: str, job: dict[str, Any]) -> None:
    """Listen to the sound that the job names and say what is heard, window by window."""
    _find_packages(packages, job["threads"])
    with suppress(OSError):
        os.nice(10)
    from mam_transcribe_whisper.ear import silent  # noqa: PLC0415 - only now can it be imported
    from mam_transcribe_whisper.sound import open_sound  # noqa: PLC0415 - likewise

    sound = open_sound(job["source"])
    if silent(sound):
        _say(done=True)
        return
    model = _load(job)
    if model is None:
        _say(error="other_model")
        return
    ear = _ear(job, model)
    known = job["language"] in ear.vocabulary.languages
    language, chance = (job["language"], 1.0) if known else ear.language(sound)
    _say(language=language, chance=round(chance, 3))
    wanted = not job["only"] or language in job["only"]
    if wanted and language and chance >= job["least_chance"]:
        for done, said in ear.listen(sound, language):
            words = [[one.start, one.end, one.text, one.sure] for one in said]
            _say(percent=100 * done / len(sound), said=words)
    _say(done=True)


if __name__ == "__main__":
    _main(sys.argv[1], json.loads(sys.argv[2]))
