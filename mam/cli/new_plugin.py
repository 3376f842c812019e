"""`mam plugins new`: a plugin that works, with its tests, in a folder of its own; the place to begin.

Writes only into the new folder, which must not be there yet. The files are those of `scaffold/`, with the
plugin's name put in.
"""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template

from mam.errors import MamError

SCAFFOLD = Path(__file__).parent / "scaffold"

KINDS = {
    "describe": ("Labels files with the words of their names.", 'label = "words"'),
    "portal": (
        "Shows a section of its own beside each asset.",
        'address = "https://shop.example.org/{title}"',
    ),
    "storage": ("Keeps masters and previews in a folder of files.", 'path = "/mnt/masters"'),
    "transcoder": ("Makes previews by ffmpeg and x264.", 'preset = "veryfast"'),
    "webhook": ("Tells another program what happens, by HTTP.", 'url = "http://127.0.0.1:9000/"'),
}
"""Every kind that can be made: what its example does, and a line of its settings."""

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 40
_TAKEN = frozenset({"enabled", "builtin", "mam", "new", "test", "tests"})


class BadNameError(MamError):
    """The name, kind or place of a new plugin cannot be."""

    code = "bad_plugin_name"


def make_plugin(name: str, kind: str, into: Path, known: frozenset[str] = frozenset()) -> Path:
    """Write the distribution and return its folder; `known` are names of plugins that are there already.

    `BadNameError` for a name that cannot be an entry point, a kind that is none, a folder that exists.
    """
    _check(name, kind, known)
    folder = into / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise BadNameError(f"{folder} exists already; nothing was written.") from None
    except OSError as error:
        raise BadNameError(f"{folder} cannot be made: {error.strerror}.") from None
    for source, target in _files(name, kind):
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(source, name, kind), encoding="utf-8")
    return folder


def _check(name: str, kind: str, known: frozenset[str]) -> None:
    if kind not in KINDS:
        raise BadNameError(f"There is no kind {kind!r}; known: {', '.join(KINDS)}.")
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or keyword.iskeyword(name):
        raise BadNameError(
            f"{name!r} cannot be a plugin's name: small letters, digits and single underscores, "
            f"a letter first, at most {_LONGEST} characters."
        )
    if name in _TAKEN or name in known:
        raise BadNameError(f"The name {name} is taken; choose another.")


def _files(name: str, kind: str) -> list[tuple[Path, str]]:
    common, own = SCAFFOLD / "common", SCAFFOLD / kind
    return [
        (common / "pyproject.toml.in", "pyproject.toml"),
        (common / "README.md.in", "README.md"),
        (common / "gitignore.in", ".gitignore"),
        (common / "conftest.py.in", "tests/conftest.py"),
        (own / "plugin.py.in", f"mam_{name}/__init__.py"),
        (own / "test_plugin.py.in", "tests/test_plugin.py"),
    ]


def _filled(source: Path, name: str, kind: str) -> str:
    sentence, example = KINDS[kind]
    words = {
        "name": name,
        "dashed": name.replace("_", "-"),
        "kind": kind,
        "sentence": sentence,
        "example": example,
    }
    return Template(source.read_text(encoding="utf-8")).substitute(words)
