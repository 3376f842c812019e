"""Updates by the API on a machine whose partitions, keys and state are files; root's part is tested apart."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from web_people import Person

from mam import __version__
from mam.core import Mam
from mam.models import AuditEntry
from mam.models.schema import known_migrations
from mam.services import update_bundle as bundle
from mam.services import updates
from mam.services.update_slots import Machine, State, architecture

KEY = Ed25519PrivateKey.from_private_bytes(b"a key of the tests, of nobody el")
BASE = "/api/admin/update"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """An installed appliance that runs from its partition a."""
    root = tmp_path / "machine"
    for folder in ("keys", "names", "blocks/sdb4"):
        (root / folder).mkdir(parents=True)
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (root / "keys" / "studio.pem").write_bytes(public)
    (root / "cmdline").write_text("quiet mam.data mam.slot=a")
    (root / "names" / "sdb4").touch()
    (root / "names" / "mam-b").symlink_to(root / "names" / "sdb4")
    (root / "blocks" / "sdb4" / "size").write_text(f"{(3 << 30) // 512}\n")
    made = Machine(
        keys=root / "keys",
        state_file=root / "update.json",
        pending_file=root / "pending",
        command_line=root / "cmdline",
        partitions=root / "names",
        blocks=root / "blocks",
    )
    monkeypatch.setattr(updates, "MACHINE", made)
    return made


@pytest.fixture
def manifest(tmp_path: Path) -> bundle.Manifest:
    """Of the next version; its files are small."""
    live = tmp_path / "live"
    live.mkdir()
    for name in bundle.NAMES:
        (live / name).write_bytes(name.encode() * 9000)
    return bundle.Manifest(
        version="99.0.0",
        architecture=architecture(),
        made_at="2026-11-22T00:00:00+00:00",
        lowest="0.1.0",
        migrations=tuple(known_migrations()),
        files=bundle.describe(live),
    )


def made(manifest: bundle.Manifest, tmp_path: Path) -> bytes:
    target = io.BytesIO()
    bundle.write(target, manifest, tmp_path / "live", KEY)
    return target.getvalue()


async def send(person: Person, data: bytes) -> tuple[int, dict[str, object]]:
    size = {"Content-Length": str(len(data))}
    return await person.call("PUT", f"{BASE}/bundle", data=data, headers=size)


async def test_a_bundle_goes_its_way(
    sqlite_box: Mam,
    sqlite_people: dict[str, Person],
    machine: Machine,
    manifest: bundle.Manifest,
    tmp_path: Path,
) -> None:
    admin, folder = sqlite_people["admin"], sqlite_box.config.data / "updates"
    # Given an appliance and a bundle of the next version, when an administrator sends it
    status, told = await send(admin, made(manifest, tmp_path))
    # Then it is told what it is, and it waits
    assert (status, told["version"], told["newer"]) == (200, "99.0.0", True)
    _, found = await admin.call("GET", BASE)
    assert (found["version"], found["slot"], found["bundle"]) == (__version__, "a", told)
    assert (await admin.call("POST", f"{BASE}/restart"))[0] == 409
    # When it is to be installed, then root's service is asked for it
    assert (await admin.call("POST", f"{BASE}/install"))[0] == 202
    assert json.loads((folder / "request").read_text()) == {"do": "apply", "older": False}
    # When root is at it, then nothing else is begun
    machine.write(State("writing", "1", "99.0.0", __version__, "b", total=100))
    assert (await admin.call("POST", f"{BASE}/install"))[0] == 409
    assert (await send(admin, made(manifest, tmp_path)))[0] == 409
    # When it is written, then it can be started
    machine.write(State("ready", "1", "99.0.0", __version__, "b"))
    assert (await admin.call("POST", f"{BASE}/restart"))[0] == 202
    assert json.loads((folder / "request").read_text()) == {"do": "restart"}
    # When it did not get well, then the log tells so, once
    machine.write(State("rolled_back", "1", "99.0.0", __version__, "b", detail="It did not answer."))
    assert updates.note(sqlite_box)
    assert not updates.note(sqlite_box)
    rows = AuditEntry.select().where(AuditEntry.action.startswith("update.")).order_by(AuditEntry.seq)
    assert [row.action for row in rows] == [
        "update.received", "update.asked", "update.started", "update.rolled_back"
    ]  # fmt: skip


async def test_what_is_refused_leaves_nothing(
    sqlite_box: Mam,
    sqlite_people: dict[str, Person],
    machine: Machine,
    manifest: bundle.Manifest,
    tmp_path: Path,
) -> None:
    admin, data = sqlite_people["admin"], made(manifest, tmp_path)
    # Given bundles that do not hold or are for others, when they are sent
    for hostile, sentence in [
        (b"no update" * 50, "no update bundle"),
        (data[:-1], "cut off"),
        (data[:-1] + b"!", "filesystem.squashfs in this bundle is not what"),
        (data.replace(b"99.0.0", b"98.0.0"), "not signed"),
        (made(replace(manifest, architecture="sparc"), tmp_path), "is for sparc"),
        (made(replace(manifest, lowest="98.0.0"), tmp_path), "Install 98.0.0 first"),
        (made(replace(manifest, migrations=("0001_initial",)), tmp_path), "made by a newer version"),
    ]:
        status, told = await send(admin, hostile)
        # Then each is refused with its reason
        assert (status, told["code"]) == (422, "update_refused"), sentence
        assert sentence in str(told["detail"])
    # And nothing of them is kept
    assert list((sqlite_box.config.data / "updates").iterdir()) == []
    assert (await admin.call("POST", f"{BASE}/install"))[0] == 409
    # And an older one is only installed where that is said
    older = made(replace(manifest, version="0.0.1", lowest="0.0.1"), tmp_path)
    assert (await send(admin, older))[0] == 200
    assert (await admin.call("POST", f"{BASE}/install"))[0] == 422
    assert (await admin.call("POST", f"{BASE}/install", {"older": True}))[0] == 202


async def test_elsewhere_it_says_that_it_is_no_appliance(sqlite_people: dict[str, Person]) -> None:
    # Given a box that is no installed appliance, when it is asked, then it says so and takes nothing
    admin = sqlite_people["admin"]
    _, found = await admin.call("GET", BASE)
    assert (found["possible"], found["slot"], found["last"]) == (False, None, None)
    status, told = await send(admin, b"x" * 100)
    assert (status, told["code"]) == (422, "update_refused")
    # And nobody else may ask
    assert (await sqlite_people["ana"].call("GET", BASE))[0] == 403
