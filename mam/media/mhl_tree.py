"""The hash formats of media hash lists, and the hashes of folders made of the hashes of what lies in them.

By the ASC MHL specification: a folder's content hash is the hash of its children's content hashes in
order; its structure hash is the hash of the children's, each of a name and a hash. Pure.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import xxhash

from mam.media.checksums import c4_bytes, c4_of

Hashes = dict[str, str]

FORMATS: Mapping[str, Callable[[], Any]] = {
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "xxh64": xxhash.xxh64,
    "xxh3": xxhash.xxh3_64,
    "xxh128": xxhash.xxh3_128,
    "c4": hashlib.sha512,
}
"""What the specification allows, and the hash each is."""


def spelled(name: str, hasher: Any) -> str:
    """A hash in its format's spelling: C4 in base 58, all others in hex."""
    return c4_of(hasher.digest()) if name == "c4" else str(hasher.hexdigest())


def directories(files: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, tuple[Hashes, Hashes]]]:
    """Each folder's path with its content and structure hashes, the deepest first, the root ("") last.

    `files` are hashes by format of each path. Only formats that every file has are used for folders.
    """
    names = set.intersection(*(set(hashes) for hashes in files.values())) if files else {"c4"}
    below: dict[str, dict[str, tuple[Mapping[str, str], Mapping[str, str]]]] = defaultdict(dict)
    below[""] = {}
    for path, hashes in files.items():
        folder = posixpath.dirname(path)
        below[folder][posixpath.basename(path)] = (hashes, hashes)
        while folder:
            folder = posixpath.dirname(folder)
            below.setdefault(folder, {})  # a folder of folders only is one too
    for folder in sorted(below, key=lambda one: (-one.count("/") - bool(one), one)):
        content = {name: _of_contents(name, below[folder]) for name in names}
        structure = {name: _of_structure(name, below[folder]) for name in names}
        if folder:
            parent, own = posixpath.split(folder)
            below[parent][own] = (content, structure)
        yield folder, (content, structure)


def _of_contents(name: str, children: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]) -> str:
    return _of_list(name, [content[name] for content, _ in children.values()])


def _of_structure(name: str, children: Mapping[str, tuple[Mapping[str, str], Mapping[str, str]]]) -> str:
    hashes = []
    for child, (_, structure) in children.items():
        hasher = FORMATS[name]()
        hasher.update(child.encode("utf-8") + _raw(name, structure[name]))
        hashes.append(spelled(name, hasher))
    return _of_list(name, hashes)


def _of_list(name: str, hashes: list[str]) -> str:
    """The hash of hashes, sorted as they are spelled."""
    hasher = FORMATS[name]()
    for text in sorted(hashes):
        hasher.update(_raw(name, text))
    return spelled(name, hasher)


def _raw(name: str, text: str) -> bytes:
    return c4_bytes(text) if name == "c4" else bytes.fromhex(text)
