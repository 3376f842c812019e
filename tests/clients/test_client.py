"""Both clients against a running box: problems, pages, repetitions, tokens, keys, events, signatures."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path

import pytest
from client_box import EMAIL, ROOT, SOURCE, Served
from mam_client import AsyncClient, Client, Settings, calls, errors, webhooks
from web_people import PASSWORD

from mam import webhook_signing


def test_problems_are_exceptions_with_code_and_field(served: Served) -> None:
    with Client(served.url, served.key) as mam:
        with pytest.raises(errors.ValidationError) as refused:
            mam.create_project(name="")
        with pytest.raises(errors.NotFoundError) as missing:
            mam.get_project("01a20041-7e3a-784f-967b-e7eaabfab5a1")
    assert (refused.value.code, list(refused.value.fields)) == ("validation_failed", ["name"])
    assert (missing.value.status, missing.value.code) == (404, "not_found")
    assert missing.value.request_id
    with Client(served.url, "mam_wrong") as mam, pytest.raises(errors.UnauthorizedError):
        mam.get_me()
    patience = Settings(retries=0)
    with Client("http://127.0.0.1:9", settings=patience) as mam, pytest.raises(errors.ConnectionFailedError):
        mam.get_health()


def test_lists_go_on_page_after_page(served: Served) -> None:
    with Client(served.url, served.key) as mam:
        made = [mam.create_asset(project_id=served.project, title=f"Take {n}")["id"] for n in range(7)]
        wanted = calls.list_assets(project_id=served.project, limit=3, sort="created_at")
        assert [one["id"] for one in mam.iterate(wanted)] == made
        assert [one["id"] for one in islice(mam.iterate(wanted), 2)] == made[:2]


def test_a_call_sent_twice_under_one_key_makes_one(served: Served) -> None:
    with Client(served.url, served.key) as mam:
        once = calls.create_project(name="Once").once("one-and-the-same")
        assert mam.send(once)["id"] == mam.send(once)["id"]
        with pytest.raises(errors.ValidationError) as refused:
            mam.send(calls.create_project(name="Other").once("one-and-the-same"))
    assert refused.value.code == "idempotency_conflict"


def test_nothing_is_written_over_what_was_not_seen(served: Served) -> None:
    with Client(served.url, served.key) as mam:
        seen = mam.etag(calls.get_project(served.project))
        named = calls.update_project(served.project, name="Salt").unless_changed(seen)
        assert mam.send(named)["name"] == "Salt"
        with pytest.raises(errors.PreconditionFailedError) as refused:
            mam.send(named)
    assert refused.value.code == "precondition_failed"


def test_whoever_is_too_fast_waits_as_long_as_the_box_says(served: Served) -> None:
    # Given a box that takes five calls a second of those not logged in, and twenty at once
    with Client(served.url) as mam:
        # When more are made
        answers = [mam.get_integrity_key() for _ in range(25)]
    # Then each got its answer
    assert len(answers) == 25
    # And a client that does not wait hears how long it would have had to
    with (
        Client(served.url, settings=Settings(retries=0)) as mam,
        pytest.raises(errors.RateLimitedError) as no,
    ):
        [mam.get_integrity_key() for _ in range(100)]
    assert no.value.retry_after


async def test_tokens_are_renewed_once_for_all_who_wait(served: Served) -> None:
    # Given a client that logged in by password, and whose access token does not hold any more
    async with AsyncClient(served.url, email=EMAIL, password=PASSWORD) as mam:
        me = await mam.get_me()
        login = mam._core._login  # noqa: SLF001 - the token ends in minutes; the test does not wait
        login._access = "ended"  # type: ignore[attr-defined]  # noqa: SLF001
        # When two ask at once
        both = await asyncio.gather(mam.get_me(), mam.list_projects())
        # Then both are answered, by one renewal
        assert both[0] == me
        assert login._access != "ended"  # type: ignore[attr-defined]  # noqa: SLF001
    # And a wrong password is said as such
    async with AsyncClient(served.url, email=EMAIL, password="wrong") as mam:
        with pytest.raises(errors.UnauthorizedError):
            await mam.get_me()


def test_any_call_can_be_made_by_hand(served: Served) -> None:
    with Client(served.url, served.key) as mam:
        made = mam.request("POST", "/api/projects", {"name": "By hand"})
        assert mam.request("GET", f"/api/projects/{made['id']}")["name"] == "By hand"
        assert mam.request("DELETE", f"/api/projects/{made['id']}") is None


def test_events_are_heard_from_where_one_left_off(served: Served) -> None:
    # Given a listener that heard of two assets
    with Client(served.url, served.key) as mam:
        start = mam.list_events(limit=200)["items"][-1]["id"]
        first, second = (mam.create_asset(project_id=served.project, title=name)["id"] for name in "ab")
        heard = list(islice(mam.events(since=start, types=["asset.created"]), 2))
        assert [one.data["data"]["asset_id"] for one in heard] == [first, second]
        # When it comes back after the first of them
        third = mam.create_asset(project_id=served.project, title="c")["id"]
        again = list(islice(mam.events(since=heard[0].id, types=["asset.created"]), 2))
        # Then it hears the others, none twice
        assert [one.data["data"]["asset_id"] for one in again] == [second, third]
        with pytest.raises(errors.GoneError):
            next(mam.events(since="no id"))


async def test_events_are_awaited_likewise(served: Served) -> None:
    async with AsyncClient(served.url, served.key) as mam:
        start = (await mam.list_events(limit=200))["items"][-1]["id"]
        made = await mam.create_asset(project_id=served.project, title="a")
        async for event in mam.events(since=start, types=["asset.created"]):
            assert event.data["data"]["asset_id"] == made["id"]
            break


def test_webhooks_are_verified_as_the_box_signs_them() -> None:
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    body, stamp = json.dumps({"type": "version.ready"}).encode(), int(time.time())
    made = webhook_signing.signature((secret,), "msg_1", stamp, body)
    headers = {"Webhook-Id": "msg_1", "webhook-timestamp": str(stamp), "webhook-signature": made}
    other = "whsec_" + base64.b64encode(b"o" * 32).decode()
    assert webhooks.verify([other, secret], headers, body)["type"] == "version.ready"
    late = {**headers, "webhook-timestamp": str(stamp - 301)}
    for changed in (
        (other, headers, body),
        (secret, late, body),
        (secret, headers, body + b" "),
        (secret, {}, body),
    ):
        with pytest.raises(errors.SignatureError):
            webhooks.verify(*changed)


def test_the_awaited_example_makes_a_review(served: Served, tmp_path: Path) -> None:
    # Given a file, and the example as an integrator would start it
    film = tmp_path / "film.txt"
    film.write_text("a film")
    example = ROOT / "clients" / "python" / "examples" / "review_async.py"
    # When it has run
    done = subprocess.run(
        [sys.executable, str(example), served.url, served.key, str(film)],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )
    # Then the note was read back and the review has an address
    assert done.returncode == 0, done.stderr
    note, address = done.stdout.splitlines()
    assert "Too dark here" in note
    assert "/r/" in address
