"""Stills of notes: exactly the note's frame out of a real preview, its drawing burnt in where it lies."""

from __future__ import annotations

import io
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from stills_bench import DRAWN, ready

from mam.core import Mam
from mam.errors import NotFoundError, RateLimitedError
from mam.ids import new_id
from mam.models import Asset, Member, Project, User, Version
from mam.services import comments, note_stills
from mam.types import SYSTEM, Actor


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds at 30000/1001; each frame is lighter than the one before, by 6 of 255, in runs of 30."""
    path = tmp_path_factory.mktemp("stills") / "greys.mp4"
    grey = "nullsrc=s=640x360:r=30000/1001:d=6,geq=lum=40+6*mod(N\\,30):cb=128:cr=128,format=yuv420p"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", grey, "-c:v", "libx264"]
    subprocess.run([*command, "-preset", "ultrafast", "-qp", "4", str(path)], check=True, timeout=60)
    return path


def note(mam: Mam, version: Version, **more: Any) -> str:
    wanted = {"version_id": version.id, "body": "Here", **more}
    return str(comments.create_comment(mam, SYSTEM, version.asset_id, **wanted)["id"])


def opened(still: note_stills.Still) -> Image.Image:
    image = Image.open(io.BytesIO(still.data), formats=["JPEG"]).convert("RGB")
    assert image.size == (still.width, still.height)
    return image


def is_green(pixel: Any) -> bool:
    return bool(pixel[1] > 180 and pixel[0] < 90 and pixel[2] < 90)


def test_every_note_has_the_picture_of_its_own_frame(sqlite_box: Mam, film: Path) -> None:
    """Frames at the beginning, on both sides of the seams between segments, and the last."""
    version = ready(sqlite_box, film.read_bytes(), film.name)
    for frame in (0, 59, 60, 119, 121, 178):
        still = note_stills.note_still(sqlite_box, SYSTEM, note(sqlite_box, version, frame=frame))
        middle = opened(still).getpixel((still.width // 2, still.height // 2))
        luma = middle[0] * 219 / 255 + 16  # back from full range
        assert luma == pytest.approx(40 + 6 * (frame % 30), abs=2.5), frame
        assert (still.width, still.height) == (640, 360)
    for more in ({"frame": 100_000}, {}):
        with pytest.raises(NotFoundError):
            note_stills.note_still(sqlite_box, SYSTEM, note(sqlite_box, version, **more))
    # And a drawing lies where it was drawn, at every size
    drawn = note(sqlite_box, version, frame=30, drawing=DRAWN)
    reply = note(sqlite_box, version, parent_id=drawn)
    for width in (640, 320):
        image = opened(note_stills.note_still(sqlite_box, SYSTEM, drawn, width))
        assert max(image.size) == width
        at = lambda x, y, image=image: image.getpixel((round(x * image.width), round(y * image.height)))  # noqa: E731
        # On the box's sides, and nowhere else
        assert all(is_green(at(*place)) for place in ((0.25, 0.5), (0.75, 0.5), (0.5, 0.25), (0.5, 0.75)))
        assert not any(is_green(at(*place)) for place in ((0.5, 0.5), (0.2, 0.5), (0.5, 0.2), (0.9, 0.9)))
    # A reply stands on the same frame without the drawing
    image = opened(note_stills.note_still(sqlite_box, SYSTEM, reply, 320))
    assert not is_green(image.getpixel((80, 90)))


def test_a_picture_and_its_pages(sqlite_box: Mam, tmp_path: Path) -> None:
    # Given a document of a red and a blue page
    pages = [Image.new("RGB", (300, 200), colour) for colour in ((200, 0, 0), (0, 0, 200))]
    pages[0].save(tmp_path / "x.pdf", save_all=True, append_images=pages[1:])
    version = ready(sqlite_box, (tmp_path / "x.pdf").read_bytes(), "boards.pdf")
    drawn = note(sqlite_box, version, frame=0, drawing=DRAWN)
    # Then a note on the first shows it, with its drawing
    image = opened(note_stills.note_still(sqlite_box, SYSTEM, drawn, 640))
    assert is_green(image.getpixel((image.width // 4, image.height // 2)))
    assert image.getpixel((5, 5))[0] > 150
    # And one that stands on frame 1 the second page
    drawn = note(sqlite_box, version, frame=1, drawing=DRAWN)
    image = opened(note_stills.note_still(sqlite_box, SYSTEM, drawn, 640))
    assert image.getpixel((5, 5))[2] > 150
    assert is_green(image.getpixel((image.width // 4, image.height // 2)))


def test_hidden_notes_have_no_still(box: Mam) -> None:
    """Promise G4: an internal note, a deleted one, a stranger."""
    project = Project.create(name="Rushes")
    asset = Asset.create(project=project, title="A")
    version = Version.create(
        asset=asset, number=1, filename="x", size=1, sha256="0" * 64, xxh128="0" * 32, master_key=new_id()
    )
    secret = note(box, version, internal=True)
    user = User.create(email="v@example.org", display_name="V")
    Member.create(project=project, user=user, role="viewer")
    viewer = Actor(user.id, roles=("member",))
    for actor, which in ((viewer, secret), (Actor(new_id(), roles=("member",)), secret), (SYSTEM, new_id())):
        with pytest.raises(NotFoundError):
            note_stills.note_still(box, actor, which)
    comments.delete_comment(box, SYSTEM, secret)
    with pytest.raises(NotFoundError):
        note_stills.note_still(box, SYSTEM, secret)


def test_the_latest_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(note_stills, "MOST_KEPT", 3)
    for number in range(6):
        path = tmp_path / "stills" / f"{number}.jpg"
        note_stills._keep(path, b"still")  # noqa: SLF001 - its own test
        os.utime(path, (number, number))
    assert sorted(one.name for one in (tmp_path / "stills").iterdir()) == ["3.jpg", "4.jpg", "5.jpg"]


def test_each_is_made_once_and_few_wait(tmp_path: Path) -> None:
    # Given one still that is being made, slowly
    kitchen, go, made = note_stills._Kitchen(), threading.Event(), []  # noqa: SLF001 - its own test

    def make() -> bytes:
        go.wait(60)
        made.append(1)
        return b"still"

    answers: list[bytes] = []
    asking = [
        threading.Thread(target=lambda: answers.append(kitchen.once(tmp_path / "a", make))) for _ in range(20)
    ]
    for one in asking:
        one.start()
    others = [
        threading.Thread(target=lambda n=n: answers.append(kitchen.once(tmp_path / str(n), make)))
        for n in range(note_stills.RUNNING + note_stills.WAITING - 1)
    ]
    for one in others:
        one.start()
    while len(kitchen.cooking) < note_stills.RUNNING + note_stills.WAITING:
        time.sleep(0.001)
    # Then one more is asked to come back
    with pytest.raises(RateLimitedError):
        kitchen.once(tmp_path / "more", make)
    # And the twenty who asked for the same got the same, made once
    go.set()
    for one in asking + others:
        one.join(60)
    assert len(answers) == 20 + len(others)
    assert len(made) == 1 + len(others)
    assert kitchen.cooking == {}
