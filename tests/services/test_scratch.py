"""Scratch folders: read with distrust, swept when their attempt is over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mam.core import Mam
from mam.ids import new_id
from mam.services import jobs, leases, scratch


def test_links_in_the_scratch_folder_are_not_followed(tmp_path: Path) -> None:
    """A decoder that was taken over can write links: what they lead to is never published."""
    # Given a folder with a file, and links and a pipe where files are expected
    secret = tmp_path / "secret"
    secret.write_text("secret")
    folder = tmp_path / "target"
    (folder / "360").mkdir(parents=True)
    (folder / "360" / "good").write_text("good")
    (folder / "360" / "link").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path)
    os.mkfifo(folder / "360" / "pipe")
    # When they are opened, then only the file is
    with scratch.opened(folder, "360", "good") as stream:
        assert stream.read() == b"good"
    for names in (("360", "link"), ("linked", "secret"), ("360", "pipe"), ("360", "..")):
        with pytest.raises(OSError, match=r".*"), scratch.opened(folder, *names):
            pass


def test_scratch_of_the_dead_is_swept_and_of_the_living_kept(sqlite_box: Mam) -> None:
    # Given scratch folders of a running job, of a lease that is over, and something that is none
    lease = leases.claim(sqlite_box, jobs.enqueue("x").id, "w")
    assert lease is not None
    work = sqlite_box.config.work
    for name in (lease.token, new_id(), "keep-me"):
        (work / name).mkdir()
    # When the sweep comes, only the second goes
    assert scratch.sweep_scratch(sqlite_box) == 1
    assert {entry.name for entry in work.iterdir()} == {lease.token, "keep-me"}
