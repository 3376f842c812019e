"""One of everything in a box, made over its API: what each kind of page of the portal has to show."""

from __future__ import annotations

import os
import subprocess
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

GUEST = "Vera Client"
LINK_PASSWORD = "open sesame"
BROKEN = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x40\x00moov" + b"\xff" * 9000


def make_files(folder: Path) -> dict[str, Path]:
    """A film, a second take of it, a sound, a still, a document and a film that cannot be read."""
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest"]
    for name, pattern in (("A001_C001.mov", "testsrc2"), ("A001_C002.mov", "smptebars")):
        inputs = ["-f", "lavfi", "-i", f"{pattern}=s=1280x720:r=25:d=2", "-f", "lavfi", "-i", "sine=440:d=2"]
        command = ["ffmpeg", "-v", "error", "-y", *inputs, *coding, "-timecode", "01:00:00:00"]
        subprocess.run([*command, str(folder / name)], check=True, timeout=120)
    with wave.open(str(folder / "Wild track.wav"), "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", ""))
        sound.writeframes(os.urandom(96_000))
    Image.effect_noise((960, 640), 40).convert("RGB").save(folder / "Location.jpg")
    page = Image.new("RGB", (600, 800), (230, 230, 230))
    page.save(folder / "Script.pdf", save_all=True, append_images=[page.rotate(90)])
    (folder / "Damaged.mp4").write_bytes(BROKEN + os.urandom(16))
    return {path.stem: path for path in folder.iterdir()}


def make_world(api: Any, folder: Path) -> dict[str, str]:
    """Fill the box; answers the address of each kind of page by name."""
    project = api.make_project("Salt of the Karst")
    films = make_files(folder)
    made = {name: api.make_asset(project, path)["id"] for name, path in films.items()}
    film = made["A001_C001"]
    api.add_version(film, films["A001_C002"])
    ready = {name: api.wait_ready(asset) for name, asset in made.items()}
    version = ready["A001_C001"]["current_version_id"]
    made["waiting"] = api.make_asset(project, None, "Pick-ups (not shot yet)")["id"]
    _organise(api, project, made["waiting"])
    _review(api, film, version)
    pages = {f"asset {name}": f"/assets/{asset}" for name, asset in made.items()}
    first = next(one["id"] for one in ready["A001_C001"]["versions"] if one["id"] != version)
    for name in ("board", "trash", "fields", "people", "manifests", "shares"):
        pages[name] = f"/projects/{project}/{name}"
    for name in (
        "health",
        "report",
        "audit",
        "jobs",
        "plugins",
        "watch",
        "storage",
        "users",
        "webhooks",
        "invitations",
    ):
        pages[f"admin {name}"] = f"/admin/{name}"
    for name in ("security", "sessions", "keys"):
        pages[f"account {name}"] = f"/account/{name}"
    pages |= {
        "home": "/",
        "project": f"/projects/{project}",
        "folder": f"/projects/{project}?folder={_folder(api, project)}",
        "filtered": f"/projects/{project}?kind=video",
        "new project": "/projects/new",
        "search": "/search?q=A001",
        "search empty": "/search",
        "compare": f"/compare?a={first}&b={version}",
        "notes print": f"/assets/{film}/notes",
        "missing": "/nothing/here",
    }
    return pages | _doors(api) | _shares(api, project, film)


def _doors(api: Any) -> dict[str, str]:
    """A webhook, and the page of somebody who is invited."""
    api.prove()
    hook = api.client.post("/api/webhooks", json={"url": "https://example.com/mam", "active": False})
    assert hook.status_code == 201, hook.text
    invited = api.client.post("/api/admin/invitations", json={"email": "ben@example.com"})
    assert invited.status_code == 201, invited.text
    path = httpx.URL(invited.json()["url"]).path
    return {"admin webhook": f"/admin/webhooks/{hook.json()['id']}", "invitation": path}


def admit(url: str, address: str) -> dict[str, Any]:
    """The guest's cookie of a link, as Playwright takes it."""
    path = httpx.URL(address).path
    answer = httpx.post(f"{url}{path}", data={"name": GUEST, "password": LINK_PASSWORD}, timeout=60)
    name, value = next(iter(answer.cookies.items()))
    return {"name": name, "value": value, "domain": "127.0.0.1", "path": path}


def _organise(api: Any, project: str, waiting: str) -> None:
    call = api.client
    call.post(
        f"/api/projects/{project}/folders", json={"name": "Day 1", "parent_id": None}
    ).raise_for_status()
    field = {"name": "Scene", "type": "text"}
    call.post(f"/api/projects/{project}/fields", json=field).raise_for_status()
    saved = {"name": "Films", "filter": {"kind": "video"}, "shared": True}
    call.post(f"/api/projects/{project}/collections", json=saved).raise_for_status()
    call.patch(f"/api/assets/{waiting}", json={"tags": ["pick-up"]}).raise_for_status()
    thrown = api.make_asset(project, None, "Thrown away")["id"]
    call.delete(f"/api/assets/{thrown}").raise_for_status()


def _folder(api: Any, project: str) -> str:
    found = api.client.get(f"/api/projects/{project}/folders").raise_for_status().json()
    return str(found["items"][0]["id"])


def _review(api: Any, film: str, version: str) -> None:
    """Notes with a drawing, a range, a reply, one resolved; a review that waits for oneself."""
    notes = f"/api/assets/{film}/comments"
    shape = {"kind": "box", "color": "red", "width": 0.004, "from": [0.2, 0.2], "to": [0.6, 0.6]}
    said = [
        {"body": "Too dark here", "frame": 5, "frame_out": 12},
        {"body": "Whose hand is that?", "frame": 20, "drawing": {"version": 1, "shapes": [shape]}},
        {"body": "Only for us", "internal": True},
    ]
    made = []
    for one in said:
        answer = api.client.post(notes, json={"version_id": version, **one})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    api.client.post(
        notes, json={"version_id": version, "body": "Mine", "parent_id": made[0]}
    ).raise_for_status()
    api.client.post(f"/api/comments/{made[2]}/resolve").raise_for_status()
    me = api.client.get("/auth/me").raise_for_status().json()["id"]
    asked = {"reviewers": [me], "due_at": (datetime.now(UTC) + timedelta(days=3)).isoformat()}
    answer = api.client.post(f"/api/versions/{version}/review", json=asked)
    assert answer.status_code == 201, answer.text


def _shares(api: Any, project: str, film: str) -> dict[str, str]:
    """A link with a password and notes to one film, one by name to the project, one that is no more."""
    wanted = {
        "share asset": {
            "asset_ids": [film],
            "password": LINK_PASSWORD,
            "allow_comments": True,
            "title": "Teaser",
        },
        "share gallery": {"project_id": project, "allow_download": "original", "studio": "Adria Film"},
    }
    found = {"share gone": "/r/nothing-is-here"}
    for name, body in wanted.items():
        answer = api.client.post("/api/shares", json=body)
        assert answer.status_code == 201, answer.text
        found[name] = httpx.URL(answer.json()["url"]).path
    return found
