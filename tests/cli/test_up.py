"""The whole box from one command: up, ingest, doctor, and its end, gentle or not."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from up_box import Box

from mam.media.samples import make_clip
from mam.testing import free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = Box(tmp_path_factory.mktemp("box"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("clips") / "A003_C012 é.mp4"
    file.write_bytes(make_clip(seconds=2))
    return file


def test_first_start_prints_a_set_up_link_that_opens(box: Box) -> None:
    link = re.search(r"Set-up\s+(\S+)", box.greeting).group(1)
    assert httpx.get(link, timeout=60).status_code == 200
    assert httpx.get(f"{box.url}/api/health", timeout=60).json()["status"] == "ok"


def test_second_box_on_the_same_data_is_refused(box: Box) -> None:
    second = box.run("up", "--port", str(free_port()))
    assert second.returncode == 1
    assert "running already" in second.stderr


def test_used_port_is_a_sentence(box: Box, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mam.cli", "up", "--data", str(tmp_path), "--port", str(box.port)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "cannot be used" in done.stderr) == (2, True)


def test_ingest_waits_for_the_preview_and_prints_id_and_page(box: Box, clip: Path) -> None:
    # Given a running box, when a clip is ingested from the command line
    done = box.run("ingest", str(clip), "--project", "Rushes", "--wait")
    # Then the asset's id and page are printed, and its preview is ready
    assert done.returncode == 0, done.stderr
    asset_id, page = re.search(r"([0-9a-f-]{36})\s+(http://\S+)", done.stdout).groups()
    assert page == f"{box.url}/assets/{asset_id}"
    verified = box.run("verify", "--all")
    assert (verified.returncode, verified.stdout.count("ok")) == (0, 1)


def test_ingest_of_a_folder_keeps_its_structure_and_names_failures(
    box: Box, clip: Path, tmp_path: Path
) -> None:
    # Given a card with a clip, a broken clip and a hidden file
    card = tmp_path / "CARD_A"
    (card / "CLIPS").mkdir(parents=True)
    (card / "CLIPS" / "good.mp4").write_bytes(clip.read_bytes())
    (card / "CLIPS" / "bad.mp4").write_bytes(clip.read_bytes()[:3000])
    (card / ".hidden").write_text("x", encoding="utf-8")
    # When the folder is ingested
    done = box.run("ingest", str(card), "--project", "Card", "--wait")
    # Then both clips are in, the broken one is named with its reason, and the status says so
    assert len(re.findall(r"/assets/", done.stdout)) == 2
    assert done.returncode == 1
    assert "bad.mp4" in done.stderr
    assert "good.mp4" not in done.stderr


def test_doctor_finds_the_box_well(box: Box) -> None:
    done = box.run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(
        r"^ok\s+(start|health|create|upload|promote|preview|signed playback)", done.stdout, re.MULTILINE
    )
    assert steps == ["start", "health", "create", "upload", "promote", "preview", "signed playback"]


def test_killed_box_leaves_no_process_and_starts_again(tmp_path: Path) -> None:
    # Given a box of several processes
    first = Box(tmp_path)
    family = first.family()
    assert len(family) >= 3
    # When its supervisor is killed without a chance to clean up
    first.process.send_signal(signal.SIGKILL)
    first.process.wait()
    # Then every process ends by itself
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    # And the box starts again on the same data and stops when asked
    second = Box(tmp_path)
    family = second.family()
    os.kill(second.process.pid, signal.SIGINT)
    assert second.process.wait(60) == 0
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []


def test_doctor_starts_a_box_where_none_runs(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f"[server]\nport = {free_port()}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mam.cli", "doctor", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
