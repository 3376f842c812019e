"""`mam verify` in a process of its own: names what is damaged, heals it from a second store (promise D8)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mam.builtin.storage_files import release


def mam(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mam.cli", "--data", str(data), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def rot(folder: Path) -> None:
    """Flip a bit of every master in a store, as an ageing disk does."""
    release(folder)
    for file in (folder / "masters").iterdir():
        if not file.name.endswith(".json"):
            file.chmod(0o600)
            data = bytearray(file.read_bytes())
            data[100] ^= 1
            file.write_bytes(data)


@pytest.mark.slow
@pytest.mark.timeout(500)  # a dozen commands, each a process that starts Python anew
def test_damage_is_named_and_healed(tmp_path: Path) -> None:
    """Promise D8 and issue 4, 5: exit 1 with the names; `--heal` mends either side from the other."""
    # Given a box with a second store, and two masters in it
    data, second = tmp_path / "data", tmp_path / "second"
    data.mkdir()
    second.mkdir()
    (data / "config.toml").write_text(f'[[storage.copies]]\nname = "nas"\npath = "{second}"\n')
    files = [tmp_path / name for name in ("one.mov", "two.mov")]
    for file in files:
        file.write_bytes(file.name.encode() * 100)
    assert mam(data, "ingest", *map(str, files)).returncode == 0
    # When nothing was copied yet, then that is told; healing makes the copies
    told = mam(data, "verify", "--all")
    assert (told.returncode, told.stdout.count("not made yet")) == (1, 2)
    healed = mam(data, "verify", "--all", "--heal", "--rate", "10M")
    assert (healed.returncode, healed.stdout.count("HEALED")) == (0, 2), healed.stdout
    # When every master rots, then each is named, on both channels
    rot(data / "store")
    damaged = mam(data, "verify", "--all", "--quiet")
    assert damaged.returncode == 1
    assert (damaged.stdout.count("BAD"), "one.mov" in damaged.stdout) == (2, True)
    assert "2 of 2 masters are not well" in damaged.stderr
    # And healing mends them; and the copies after those rotted
    healed = mam(data, "verify", "--all", "--heal")
    assert (healed.returncode, healed.stdout.count("HEALED")) == (0, 2), healed.stdout
    rot(second)
    assert mam(data, "verify", "--all", "--heal").stdout.count("HEALED") == 2
    assert mam(data, "verify", "--all", "--quiet").stdout == ""
    # And the log has it all, in a chain that holds
    assert mam(data, "audit", "verify").returncode == 0
    release(second)


def test_a_rate_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    done = mam(tmp_path, "verify", "--all", "--rate", "fast")
    assert (done.returncode, "25M" in done.stderr) == (2, True)
