"""Share links: what they show, to whom, for how long."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from library import actor_of, make_library, make_version
from quart import Quart
from share_steps import Guest, guest_of, make_share

from mam.core import Mam
from mam.models import Asset, AuditEntry, Comment, Folder, LoginAttempt, Share, ShareGuest, Version
from mam.services import assets, collections


async def test_a_link_shows_its_asset_to_whoever_gives_a_name(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    # Given a link to one asset
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id], title="Rough cut", studio="Adria Film")
    guest = guest_of(app, share)
    # When somebody opens it, then a name is asked for first
    door = await (await guest.client.get(guest.root)).get_data(as_text=True)
    assert "Your name" in door
    assert "Adria Film" in door
    assert "A001" not in door
    assert await guest.enter("Vera") == 303
    # Then the asset's page is there, its notes, and nothing says which project it is of
    page = await (await guest.client.get(guest.root)).get_data(as_text=True)
    assert "A001" in page
    assert "Rough cut" in page
    assert "Rushes" not in page
    assert "ana@example.org" not in page
    status, notes = await guest.call("GET", f"/api/assets/{library.asset_id}/comments")
    assert status == 200
    assert [one["body"] for one in notes["items"]] == ["Whose hand is that?"]
    signed = {"version_id": library.version_id, "expires_in": 3600}
    status, found = await guest.call("POST", "/api/sign-preview", json=signed)
    assert status == 200
    left = datetime.fromisoformat(found["expires_at"]) - datetime.now(UTC)
    assert left <= timedelta(seconds=60)
    # And the studio sees who came
    visits = (await ana.call("GET", f"/api/shares/{share['id']}/visits"))[1]["items"]
    assert [(one["guest"], one["action"]) for one in visits] == [("Vera", "opened"), ("Vera", "entered")]


async def test_the_secret_is_stored_as_a_hash_and_told_once(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, project_id=library.project_id)
    secret = share["url"].rpartition("/")[2]
    assert len(secret) >= 43  # 256 bits
    row = Share.get_by_id(share["id"])
    assert row.token_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert (await ana.call("GET", f"/api/shares/{share['id']}"))[1]["url"] is None
    listed = (await ana.call("GET", f"/api/shares?project_id={library.project_id}"))[1]["items"]
    assert listed[0]["id"] == share["id"]
    assert {one["url"] for one in listed} == {None}
    assert not any(secret in str(one.data) for one in AuditEntry.select())


async def test_a_password_is_asked_first_and_guesses_are_slowed(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id], password="open sesame")
    guest = guest_of(app, share)
    # Given a wrong password, when it is given too often, then it takes longer and longer
    for _ in range(10):
        assert await guest.enter(password="wrong") == 403
    blocked = LoginAttempt.key.startswith(f"share:{share['id']}:") & LoginAttempt.blocked_until.is_null(False)
    later = datetime.now(UTC) + timedelta(
        minutes=1
    )  # the wait begins with a second: this machine may be slow
    assert LoginAttempt.update(blocked_until=later).where(blocked).execute() == 1
    assert await guest.enter(password="open sesame") == 403
    assert "Too many attempts" in await guest.last.get_data(as_text=True)
    assert "share.refused" in {one.action for one in AuditEntry.select()}
    # And nobody is in, by whatever way
    assert (await guest.call("GET", f"/api/assets/{library.asset_id}/comments"))[0] == 401


async def test_a_new_password_puts_everybody_out(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id], password="open sesame")
    guest = guest_of(app, share)
    assert await guest.enter(password="open sesame") == 303
    notes = f"/api/assets/{library.asset_id}/comments"
    assert (await guest.call("GET", notes))[0] == 200
    status, _ = await ana.call("PATCH", f"/api/shares/{share['id']}", json={"password": "other words"})
    assert status == 200
    assert (await guest.call("GET", notes))[0] == 401
    assert await guest.enter(password="open sesame") == 403
    assert await guest.enter(password="other words") == 303
    # Without a password the name is enough
    await ana.call("PATCH", f"/api/shares/{share['id']}", json={"password": None})
    assert await guest.enter() == 303


async def test_one_view_is_one_view_however_many_come_at_once(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    """Promise G4: max_views=1 with 50 in parallel lets in exactly one."""
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id], max_views=1)
    guests = [guest_of(app, share) for _ in range(50)]
    posted = await asyncio.gather(*(one.client.post(one.root, form={"name": "Vera"}) for one in guests))
    statuses = sorted(one.status_code for one in posted)
    assert statuses == [303] + [404] * 49
    assert ShareGuest.select().count() == 1
    assert (await ana.call("GET", f"/api/shares/{share['id']}"))[1]["state"] == "used_up"
    # And whoever was let in still is
    first = next(one for one, answer in zip(guests, posted, strict=True) if answer.status_code == 303)
    assert (await first.call("GET", f"/api/assets/{library.asset_id}/comments"))[0] == 200


async def test_what_ended_is_gone(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    """Promise G4: a link that ran out or was taken back holds nowhere, like one that never was."""
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    notes = f"/api/assets/{library.asset_id}/comments"
    for end in ("expired", "revoked", "trashed"):
        share = await make_share(ana, asset_ids=[library.asset_id])
        guest = guest_of(app, share)
        assert await guest.enter() == 303
        await _end(ana, share["id"], library, end)
        for path in ("", notes, f"/img/{library.version_id}", f"/assets/{library.asset_id}"):
            assert (await guest.call("GET", path))[0] == 404, (end, path)
        late = guest_of(app, share)
        if end != "trashed":
            assert await late.enter() == 404
    unknown = Guest(app.test_client(), "/r/" + "x" * 43)
    assert await unknown.enter() == 404


async def _end(ana: Any, share_id: str, library: Any, how: str) -> None:
    if how == "expired":
        past = datetime.now(UTC) - timedelta(seconds=1)
        Share.update(expires_at=past).where(Share.id == share_id).execute()
    elif how == "revoked":
        assert (await ana.call("DELETE", f"/api/shares/{share_id}"))[0] == 204
        assert (await ana.call("DELETE", f"/api/shares/{share_id}"))[0] == 204
        status, body = await ana.call("PATCH", f"/api/shares/{share_id}", json={"title": "x"})
        assert (status, body["code"]) == (409, "share_revoked")
    else:
        assert (await ana.call("DELETE", f"/api/projects/{library.project_id}"))[0] == 204


async def test_a_folder_shows_what_is_there_at_the_moment(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    # Given a link to a folder with a tag, and an asset in a folder below it
    ana = people["ana"]
    actor = actor_of(box, ana.token)
    library = make_library(box, actor)
    below = Folder.create(project=library.project_id, parent=library.folder_id, name="Takes")
    share = await make_share(ana, folder_id=library.folder_id, filters={"tag": "client"})
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    notes = f"/api/assets/{library.asset_id}/comments"
    assert (await guest.call("GET", notes))[0] == 404
    # When it is tagged, moved below, moved out, untagged: then it is there, there, gone, gone
    assets.update_asset(box, actor, library.asset_id, tags=["client", "day"])
    assert (await guest.call("GET", notes))[0] == 200
    assert "A001" in await (await guest.client.get(guest.root)).get_data(as_text=True)
    assets.update_asset(box, actor, library.asset_id, folder_id=below.id)
    assert (await guest.call("GET", notes))[0] == 200
    assets.update_asset(box, actor, library.asset_id, folder_id=None)
    assert (await guest.call("GET", notes))[0] == 404
    assert "Nothing here now" in await (await guest.client.get(guest.root)).get_data(as_text=True)
    assets.update_asset(box, actor, library.asset_id, folder_id=below.id, tags=["cli"])
    assert (await guest.call("GET", notes))[0] == 404


async def test_a_saved_collection_is_live(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    # Given a link to the films of a project, saved as a collection
    ana = people["ana"]
    actor = actor_of(box, ana.token)
    library = make_library(box, actor)
    saved = collections.create_collection(
        box, actor, library.project_id, name="Selects", wanted={"kind": "video", "tag": "select"}, shared=True
    )
    share = await make_share(ana, collection_id=saved["id"])
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    notes = f"/api/assets/{library.asset_id}/comments"
    assert (await guest.call("GET", notes))[0] == 404
    # When an asset comes to fit it, then it is shown, until the collection goes
    assets.update_asset(box, actor, library.asset_id, tags=["select"])
    assert (await guest.call("GET", notes))[0] == 200
    assert "A001" in await (await guest.client.get(guest.root)).get_data(as_text=True)
    collections.delete_collection(box, actor, saved["id"])
    assert (await guest.call("GET", notes))[0] == 404


async def test_only_the_current_version_is_shown_unless_all_are(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id])
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    second = make_version(library.asset_id, 2)
    notes = f"/api/assets/{library.asset_id}/comments"
    # Given a second version, when the first is asked for, then it is not there, nor are its notes
    for version, status in ((library.version_id, 404), (second.id, 200)):
        assert (await guest.call("GET", f"/api/preview/status?version_id={version}"))[0] == status
        assert (await guest.call("GET", f"{notes}?version_id={version}"))[0] == status
        note = {"version_id": version, "body": "Fine"}
        expected = 404 if status == 404 else 201
        assert (await guest.call("POST", notes, json=note))[0] == expected
    assert [one["body"] for one in (await guest.call("GET", notes))[1]["items"]] == ["Fine"]
    # When the share says all versions, then it is
    await ana.call("PATCH", f"/api/shares/{share['id']}", json={"all_versions": True})
    assert (await guest.call("GET", f"/api/preview/status?version_id={library.version_id}"))[0] == 200


async def test_notes_of_guests_bear_their_name_and_internal_ones_stay_inside(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    address = f"/api/assets/{library.asset_id}/comments"
    secret = {"version_id": library.version_id, "body": "Do not tell", "internal": True}
    assert (await ana.call("POST", address, json=secret))[0] == 201
    share = await make_share(ana, asset_ids=[library.asset_id])
    guest = guest_of(app, share)
    assert await guest.enter("Vera Client") == 303
    note = {"version_id": library.version_id, "frame": 3, "body": "Brighter, please"}
    status, made = await guest.call("POST", address, json=note)
    assert status == 201, made
    assert made["author"] == {"id": None, "display_name": "Vera Client", "guest": True}
    assert (await guest.call("POST", address, json={**note, "internal": True}))[0] == 403
    bodies = {one["body"] for one in (await guest.call("GET", address))[1]["items"]}
    assert bodies == {"Whose hand is that?", "Brighter, please"}
    theirs = {one["body"] for one in (await ana.call("GET", address))[1]["items"]}
    assert theirs == bodies | {"Do not tell"}
    assert Comment.get_by_id(made["id"]).share == share["id"]
    # A page that does not send the token writes nothing; a share without notes takes none
    guest_token, guest.csrf = guest.csrf, ""
    assert (await guest.call("POST", address, json=note))[0] == 403
    guest.csrf = guest_token
    await ana.call("PATCH", f"/api/shares/{share['id']}", json={"allow_comments": False})
    assert (await guest.call("POST", address, json=note))[0] == 403


async def test_a_share_is_made_by_whoever_may_and_of_one_thing(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    ana, ben = people["ana"], people["ben"]
    library = make_library(box, actor_of(box, ana.token))
    other = make_library(box, actor_of(box, ana.token))
    for wanted in (
        {},
        {"asset_ids": []},
        {"asset_ids": [library.asset_id], "project_id": library.project_id},
        {"asset_ids": [library.asset_id, other.asset_id]},
        {"asset_ids": [library.asset_id], "filters": {"kind": "video"}},
        {"project_id": library.project_id, "expires_at": "2020-01-01T00:00:00Z"},
        {"project_id": library.project_id, "max_views": 0},
        {"project_id": library.project_id, "password": "abc"},
        {"project_id": library.project_id, "allow_download": "everything"},
    ):
        status, body = await ana.call("POST", "/api/shares", json=wanted)
        assert (status, body["code"]) == (422, "validation_failed"), (wanted, body)
    assert (await ben.call("POST", "/api/shares", json={"project_id": library.project_id}))[0] == 404
    path = f"/api/projects/{library.project_id}/members/{ben.user['id']}"
    await ana.call("PUT", path, json={"role": "reviewer"})
    assert (await ben.call("POST", "/api/shares", json={"project_id": library.project_id}))[0] == 403


async def test_a_renewed_link_replaces_the_old_one(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, asset_ids=[library.asset_id])
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    status, fresh = await ana.call("POST", f"/api/shares/{share['id']}/renew")
    assert status == 200
    assert fresh["url"] != share["url"]
    assert (await guest.call("GET", ""))[0] == 404
    assert await guest_of(app, fresh).enter() == 303


async def test_visits_leave_as_a_table_without_formulas(box: Mam, app: Quart, people: dict[str, Any]) -> None:
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    Asset.update(title="=1+1").where(Asset.id == library.asset_id).execute()
    share = await make_share(ana, asset_ids=[library.asset_id], allow_download="original")
    guest = guest_of(app, share)
    assert await guest.enter("=cmd") == 303
    status, table = await ana.call("GET", f"/api/shares/{share['id']}/visits/export")
    lines = table.decode().splitlines()
    assert status == 200
    assert lines[0] == "created_at,action,what,guest,address,title,version"
    assert ",opened,,'=cmd," in lines[1]
    assert ",'=1+1,1" in lines[1]


async def test_pages_of_a_link_tell_nobody_where_they_are(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    """Promise G4: the secret goes into no Referer, no search engine, no cache."""
    ana = people["ana"]
    library = make_library(box, actor_of(box, ana.token))
    share = await make_share(ana, project_id=library.project_id)
    guest = guest_of(app, share)
    for _ in range(2):
        answer = await guest.client.get(guest.root)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert await guest.enter() == 303
    cookie = guest.last.headers["Set-Cookie"]
    assert f"Path={guest.root}" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert Version.select().count() == 1


async def test_several_are_a_gallery_and_each_has_its_page(
    box: Mam, app: Quart, people: dict[str, Any]
) -> None:
    # Given a link to a project with two assets
    ana = people["ana"]
    actor = actor_of(box, ana.token)
    library = make_library(box, actor)
    other = assets.create_asset(box, actor, project_id=library.project_id, title="B002")
    media = {"duration": 12.0, "width": 1920, "height": 1080}
    make_version(other["id"], media=media, blurhash="LEHV6nWB2yk8pyo0adR*.7kCMdnj")
    share = await make_share(ana, project_id=library.project_id, title="First look")
    guest = guest_of(app, share)
    assert await guest.enter() == 303
    # When it is opened, then both are there, with pictures asked for below the link
    page = await (await guest.client.get(guest.root)).get_data(as_text=True)
    assert "A001" in page
    assert "B002" in page
    assert f'src="{guest.root}/img/' in page
    assert "First look" in page
    # And each has its page, from which the way back leads to the gallery
    answer = await guest.client.get(f"{guest.root}/assets/{other['id']}")
    page = await answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "Everything shared" in page
    assert f'name="root" content="{guest.root}"' in page
