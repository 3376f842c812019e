"""An installed machine takes an update, keeps what is well and leaves what is not; wants `make iso`.

The bundles are the very system of the ISO; what is new in them is changed while they start, by a piece at the
end of their initial ramdisk. So no system has to be packed again. Prints how long each step took.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from machine import BUILT, ISO, ROOT, Machine, disk_arguments, install_arguments, started
from test_machine import PERSON, told

pytestmark = [pytest.mark.appliance, pytest.mark.timeout(5400)]

KEY = BUILT / "update-development-key.pem"
PATIENCE = 1800
"""Seconds that a step may take on a busy machine; what it took is printed."""

PACKAGE = "/opt/mam/lib/python3*/site-packages/mam"
NEW_VERSION = f"""
sed -i 's/^__version__ = .*/__version__ = "0.2.0"/' {PACKAGE}/__init__.py
echo 0.2.0 > /usr/local/lib/mam/version
"""
FALLS = f"""
sed -i 's/^__version__ = .*/__version__ = "0.3.0"/' {PACKAGE}/__init__.py
echo 0.3.0 > /usr/local/lib/mam/version
cat > $(echo {PACKAGE}/migrations)/9999_later.py <<'END'
def up(migrator, db):
    db.execute_sql("CREATE TABLE later (id INTEGER)")
END
printf '\\n\\ndef _roles(config, box):\\n    raise SystemExit(3)\\n' >> $(echo {PACKAGE}/cli/up.py)
"""
"""It changes the database and then ends, again and again."""


def archive(files: dict[str, str]) -> bytes:
    """Those files as the kernel unpacks them into its first root (cpio, new ASCII form)."""
    entries = []
    for number, (name, text) in enumerate([*files.items(), ("TRAILER!!!", "")], 1):
        mode = 0o100755 if text else 0
        fields = (number, mode, 0, 0, 1, 0, len(text.encode()), 0, 0, 0, 0, len(name) + 1, 0)
        head = "070701" + "".join(f"{field:08X}" for field in fields) + name + "\0"
        entries.append(_even(head.encode()) + _even(text.encode()))
    return b"".join(entries)


def _even(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def changing(live: Path, commands: str) -> None:
    """Have the system of that folder changed by `commands` before its first program starts."""
    order = '/scripts/init-bottom/udev "$@"\n[ -e /conf/param.conf ] && . /conf/param.conf\n'
    order += '/scripts/init-bottom/changes "$@"\n'
    script = '#!/bin/sh\n[ "$1" = prereqs ] && exit 0\n'
    script += f"chroot \"${{rootmnt}}\" /bin/sh <<'CHANGES'\n{commands}CHANGES\n"
    more = archive({"scripts/init-bottom/ORDER": order, "scripts/init-bottom/changes": script})
    initrd = (live / "initrd.img").read_bytes()
    (live / "initrd.img").unlink()
    (live / "initrd.img").write_bytes(_even(initrd) + more)


def bundle(folder: Path, version: str, commands: str = "", system: bytes | None = None) -> Path:
    """A bundle of the ISO's system with another version; signed with the key of the build."""
    live, target = folder / f"live-{version}", folder / f"mam-{version}.mamupdate"
    live.mkdir()
    for one in (BUILT / "iso" / "live").iterdir():
        (live / one.name).symlink_to(one)
    (live / "version").unlink()
    (live / "version").write_text(f"{version}\n")
    if commands:
        changing(live, commands)
    if system is not None:
        (live / "filesystem.squashfs").unlink()
        (live / "filesystem.squashfs").write_bytes(system)
    migrations = BUILT / "context" / "source" / "mam" / "migrations"
    make = [sys.executable, "appliance/bundle.py", str(live), str(target), "--key", str(KEY)]
    subprocess.run([*make, "--migrations", str(migrations)], check=True, cwd=ROOT, timeout=600)
    shutil.rmtree(live)
    return target


class Admin:
    """Whoever administers the machine, by its API; logs in again where the token has ended."""

    def __init__(self, machine: Machine) -> None:
        self.client = httpx.Client(base_url=machine.url, verify=False, timeout=600)  # noqa: S501
        self.log_in()

    def log_in(self) -> None:
        """A fresh token."""
        tokens = self.client.post("/auth/login", json=PERSON).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One call without a body that could not be sent again."""
        answer = self.client.request(method, path, **more)
        if answer.status_code == 401:
            self.log_in()
            answer = self.client.request(method, path, **more)
        return answer

    def update(self) -> dict[str, Any]:
        """How the update stands."""
        return dict(self.ask("GET", "/api/admin/update").raise_for_status().json())

    def send(self, file: Path) -> httpx.Response:
        """The bundle as the body."""
        self.log_in()
        with file.open("rb") as body:
            size = str(file.stat().st_size)
            return self.client.put("/api/admin/update/bundle", content=body, headers={"Content-Length": size})

    def until(self, phase: str) -> dict[str, Any]:
        """Wait until the last update is there."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            last = self.update()["last"]
            if last is not None and last["phase"] == phase:
                return dict(last)
            assert last is None or last["phase"] != "failed", last
            time.sleep(2)
        raise AssertionError(self.update())

    def actions(self) -> list[str]:
        """What the audit log says of updates, the newest first."""
        found = self.ask("GET", "/api/audit", params={"limit": 100}).raise_for_status().json()["items"]
        return [one["action"] for one in found if one["action"].startswith("update.")]


def install(machine: Machine, file: Path) -> None:
    """Send the bundle, have it written, start it; the machine goes off, as it would to start again."""
    admin = Admin(machine)
    began = time.monotonic()
    answer = admin.send(file)
    assert answer.status_code == 200, answer.text
    told(f"{file.name}: taken in after {time.monotonic() - began:.0f} s")
    began = time.monotonic()
    assert admin.ask("POST", "/api/admin/update/install").status_code == 202
    admin.until("ready")
    told(f"{file.name}: written and read back after {time.monotonic() - began:.0f} s")
    assert admin.ask("POST", "/api/admin/update/restart").status_code == 202
    machine.process.wait(PATIENCE)


def begun(folder: Path) -> Path:
    """A disk onto which the ISO has installed itself, with its first person; its power was cut."""
    disk = folder / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", str(disk), "16G"], check=True, timeout=60)
    with started(folder, "install", *install_arguments(disk)) as machine:
        machine.ended()
        assert "MAM is installed on /dev/vda" in machine.serial(), machine.serial()[-2000:]
    with started(folder, "first", *disk_arguments(disk)) as machine:
        told(f"first start: healthy after {machine.healthy():.0f} s")
        way = f"{machine.url}{machine.setup_link()}"
        form = {"display_name": "Ada", **PERSON}
        origin = {"Origin": machine.url}
        done = httpx.post(way, data=form, headers=origin, verify=False, timeout=60)  # noqa: S501
        assert done.status_code == 303, done.text[:500]
        machine.process.kill()
        machine.process.wait(20)
    return disk


def given_up(folder: Path, disk: Path, file: Path) -> None:
    """The version that was installed is started twice, and goes off to start again each time."""
    for number in (1, 2):
        with started(folder, f"{file.stem}-{number}", *disk_arguments(disk)) as machine:
            machine.process.wait(PATIENCE)
            told(f"{file.name}: given up after {time.monotonic() - machine.began:.0f} s")


def is_back(machine: Machine, version: str, gone: str) -> Admin:
    """The version before runs, with its people, and says what happened."""
    told(f"back: healthy after {machine.healthy():.0f} s")
    admin = Admin(machine)
    last = admin.until("rolled_back")
    found = admin.update()
    assert (found["version"], found["slot"]) == (version, "b")
    assert (last["version"], last["slot"], bool(last["detail"])) == (gone, "a", True)
    told(f"{gone}: {last['detail']}")
    wait_for(lambda: admin.actions()[0] == "update.rolled_back")
    return admin


def test_what_is_well_is_kept_and_what_is_not_is_taken_back(tmp_path: Path) -> None:
    """Promise J9: an update goes to the other partition; it is kept once it is well, else taken back."""
    assert ISO.exists(), "run `make iso` first"
    # Given an installed machine that runs from its partition a, and a bundle of the next version
    folder, disk = tmp_path, begun(tmp_path)
    file = bundle(folder, "0.2.0", NEW_VERSION)
    with started(folder, "old", *disk_arguments(disk)) as machine:
        told(f"after the power was cut: healthy after {machine.healthy():.0f} s")
        found = Admin(machine).update()
        assert (found["slot"], found["last"], found["possible"]) == ("a", None, True)
        # When what is none is sent, then it is refused at once
        changed = folder / "changed"
        changed.write_bytes(_beginning(file).replace(b"0.2.0", b"0.2.1"))
        answer = Admin(machine).send(changed)
        assert (answer.status_code, answer.json()["code"]) == (422, "update_refused")
        # And when the bundle is installed and started
        install(machine, file)
    # Then the machine runs the new version from its partition b, with its people, and keeps it
    with started(folder, "new", *disk_arguments(disk)) as machine:
        told(f"new version: healthy after {machine.healthy():.0f} s")
        admin = Admin(machine)
        last = admin.until("installed")
        found = admin.update()
        assert (found["version"], found["slot"]) == ("0.2.0", "b")
        assert (last["version"], last["slot"], last["tries"]) == ("0.2.0", "b", 1)
        wait_for(lambda: admin.actions()[0] == "update.installed")
        # When one is installed that holds, but whose system does not even start
        file = bundle(folder, "0.2.9", system=b"no system" * 1000)
        install(machine, file)
    # Then the version before is back
    given_up(folder, disk, file)
    with started(folder, "back", *disk_arguments(disk)) as machine:
        is_back(machine, "0.2.0", "0.2.9")
        # When one is installed that changes the database, and whose programs then end
        file = bundle(folder, "0.3.0", FALLS)
        install(machine, file)
    # Then the version before is back, with the database that it can read
    given_up(folder, disk, file)
    with started(folder, "again", *disk_arguments(disk)) as machine:
        is_back(machine, "0.2.0", "0.3.0")
        machine.switch_off()


def _beginning(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(5000)


def wait_for(condition: Any) -> None:
    """Until it holds."""
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(2)
