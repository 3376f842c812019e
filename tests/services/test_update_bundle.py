"""Update bundles: what holds is written as it was made, and nothing hostile gets as far as a file."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mam.errors import ConfigError, UpdateError
from mam.services import update_bundle as bundle
from mam.services import update_rules as rules
from mam.services import update_slots as slots

KEY = Ed25519PrivateKey.from_private_bytes(b"a key of the tests, of nobody el")
OTHER = Ed25519PrivateKey.from_private_bytes(b"somebody else's key, 32 bytes of")
TRUSTED = (KEY.public_key(),)
LINE = b"mam update 1\n"


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """The files of a system, small ones."""
    folder = tmp_path / "live"
    folder.mkdir()
    for number, name in enumerate(bundle.NAMES):
        (folder / name).write_bytes(name.encode() * (1000 * number + 1))
    return folder


def manifest_of(live: Path, **changes: Any) -> bundle.Manifest:
    made = bundle.Manifest(
        version="0.2.0",
        architecture=slots.architecture(),
        made_at="2026-11-22T00:00:00+00:00",
        lowest="0.1.0",
        migrations=("0001_initial", "0002_more"),
        files=bundle.describe(live),
    )
    return replace(made, **changes)


def made(live: Path, key: Ed25519PrivateKey = KEY, **changes: Any) -> bytes:
    target = io.BytesIO()
    bundle.write(target, manifest_of(live, **changes), live, key)
    return target.getvalue()


def signed(said: Any) -> bytes:
    """A head that says anything at all, signed by the right key."""
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return LINE + struct.pack(">I", len(text)) + KEY.sign(LINE + text) + text


def taken(data: bytes, folder: Path) -> bundle.Opened:
    """The whole way of a bundle into a folder."""
    source = io.BytesIO(data)
    opened = bundle.read_head(source, TRUSTED)
    bundle.check_size(opened, len(data))
    bundle.unpack(source, opened, folder)
    return opened


def test_what_was_made_is_what_is_written(live: Path, tmp_path: Path) -> None:
    # Given a bundle of a system's files
    data = made(live)
    target = tmp_path / "partition"
    target.mkdir()
    # When it is taken
    opened = taken(data, target)
    # Then the same files are there, and they are proven by reading them back
    bundle.prove(target, opened.manifest)
    assert {one.name: one.read_bytes() for one in target.iterdir()} == {
        one.name: one.read_bytes() for one in live.iterdir()
    }
    assert opened.key == bundle.key_id(KEY.public_key())
    # And a disk that does not keep what it was given is found out
    (target / "vmlinuz").write_bytes(b"rotten")
    with pytest.raises(UpdateError, match="vmlinuz was written and reads back differently"):
        bundle.prove(target, opened.manifest)


HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _data: b"", "no update bundle"),
    "not one": (lambda _data: b"PK\x03\x04" * 50, "no update bundle"),
    "cut in its head": (lambda data: data[:60], "no update bundle"),
    "cut in its manifest": (lambda data: data[:200], "manifest is not whole"),
    "cut in a file": (lambda data: data[:-1], "cut off"),
    "more behind": (lambda data: data + b"!", "1 bytes behind its end"),
    "a changed manifest": (lambda data: data.replace(b'"0.2.0"', b'"9.2.0"'), "not signed by a key"),
    "a changed file": (lambda data: data[:-1] + b"!", "filesystem.squashfs in this bundle is not what"),
    "unsigned": (lambda data: data[:17] + bytes(64) + data[81:], "not signed by a key"),
    "an endless manifest": (lambda data: data[:13] + b"\xff\xff\xff\xff" + data[17:], "larger than any"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_hold_is_refused(name: str, live: Path, tmp_path: Path) -> None:
    # Given a bundle that somebody changed, cut or made up
    change, sentence = HOSTILE[name]
    target = tmp_path / "partition"
    target.mkdir()
    # When it is taken, then the reason is said
    with pytest.raises(UpdateError, match=sentence):
        taken(change(made(live)), target)


def test_another_key_is_nobody(live: Path, tmp_path: Path) -> None:
    # Given a whole bundle of somebody else
    with pytest.raises(UpdateError, match="not signed by a key that this box trusts"):
        taken(made(live, key=OTHER), tmp_path)
    # Then nothing of it was written
    assert [one.name for one in tmp_path.iterdir()] == ["live"]


def _files(live: Path, **changes: Any) -> list[dict[str, Any]]:
    first, *rest = (asdict(part) for part in bundle.describe(live))
    return [first | changes, *rest]


@pytest.mark.parametrize(
    "files",
    [
        lambda live: _files(live, name="../../etc/passwd"),
        lambda live: _files(live, name="/etc/passwd"),
        lambda live: _files(live, name="vmlinuz"),
        lambda live: _files(live)[:-1],
        lambda live: _files(live) * 2,
        lambda live: _files(live, size=1 << 60),
        lambda live: _files(live, size=-1),
        lambda live: _files(live, size=True),
        lambda live: _files(live, sha256="0" * 63),
        lambda live: _files(live, mode=0o4755),
    ],
    ids=["up", "root", "twice", "missing", "all-twice", "bomb", "negative", "bool", "digest", "more"],
)
def test_even_signed_it_holds_exactly_the_files_of_a_system(
    files: Callable[[Path], Any], live: Path, tmp_path: Path
) -> None:
    # Given a manifest that the right key signed, but with files that are none of a system
    said = asdict(manifest_of(live)) | {"files": files(live)}
    # When it is read, then it is refused before a file is touched
    with pytest.raises(UpdateError, match=r"not hold exactly the files|not one that this version"):
        taken(signed(said) + b"x" * 100, tmp_path)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"null", b"\xff", b"{", b"[" * 60_000, b'{"files": 3}', b'{"files": []}']
)
def test_a_manifest_is_what_it_should_be(text: bytes) -> None:
    with pytest.raises(UpdateError, match=r"not one that this version understands|exactly the files"):
        bundle.read_head(io.BytesIO(signed(text)), TRUSTED)


def test_a_box_takes_what_is_for_it(live: Path) -> None:
    # Given a machine that runs 0.1.5 and has 3 GiB for a system
    room, good = 3 << 30, manifest_of(live)
    rules.check_machine(good, room, running="0.1.5")
    # When the bundle is for something else, then it is refused with the reason
    for changes, sentence in [
        ({"architecture": "sparc"}, "is for sparc"),
        ({"version": "0.1.4", "lowest": "0.1.0"}, "older than 0.1.5"),
        ({"lowest": "0.1.6"}, "Install 0.1.6 first"),
    ]:
        with pytest.raises(UpdateError, match=sentence):
            rules.check_machine(replace(good, **changes), room, running="0.1.5")  # type: ignore[arg-type]
    with pytest.raises(UpdateError, match="the system partition has 1 MiB"):
        rules.check_machine(good, 1 << 20, running="0.1.5")
    # And an older one is taken where it is asked for, the same again always
    rules.check_machine(replace(good, version="0.1.4"), room, older=True, running="0.1.5")
    rules.check_machine(good, room, running="0.2.0")


def test_a_newer_database_is_not_given_to_an_older_version(live: Path) -> None:
    rules.check_schema(manifest_of(live), ["0001_initial"])
    with pytest.raises(UpdateError, match=r"newer version \(0003_later\) than 0.2.0 can read"):
        rules.check_schema(manifest_of(live), ["0001_initial", "0002_more", "0003_later"])


def test_keys_are_files_that_people_can_make(tmp_path: Path) -> None:
    # Given a folder with two public keys, then both are trusted
    for name, key in (("one", KEY), ("two", OTHER)):
        text = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / f"{name}.pem").write_bytes(text)
    assert len(bundle.trusted_keys(tmp_path)) == 2
    # And what is none is said
    (tmp_path / "three.pem").write_text("no key")
    with pytest.raises(ConfigError, match=r"three.pem is no public key"):
        bundle.trusted_keys(tmp_path)
    with pytest.raises(ConfigError, match="No key in"):
        bundle.trusted_keys(tmp_path / "nowhere")
