"""Webhooks on the wire: what is sent, to whom, what hostile receivers get out of it (promises I1 to I3)."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier

sys.path.append(str(Path(__file__).parent))
from webhook_receiver import certificate, hostile, receiving, sending, until, with_webhooks

from mam.core import Mam
from mam.models import User, Webhook, WebhookAttempt, WebhookDelivery, now
from mam.services import projects, webhook_log, webhooks
from mam.types import Actor


@pytest.fixture
def admin(box: Mam) -> Actor:
    assert box
    return _admin()


def _admin() -> Actor:
    user = User.create(email="ana@example.org", display_name="Ana", status="active")
    return Actor(user.id, "ana@example.org", "Ana", ("admin",))


def make(mam: Mam, actor: Actor, port: int, **more: Any) -> dict[str, Any]:
    given = {"url": f"http://127.0.0.1:{port}/hook?a=1", "events": ["project.created"], **more}
    return webhooks.reveal(mam, actor, webhooks.create(mam, actor, given)["id"])


def delivery(webhook_id: str) -> WebhookDelivery:
    found: WebhookDelivery = WebhookDelivery.get(WebhookDelivery.webhook == webhook_id)
    return found


def ended(webhook_id: str) -> Callable[[], bool]:
    return lambda: (
        WebhookDelivery.select()
        .where(WebhookDelivery.webhook == webhook_id, WebhookDelivery.attempts > 0)
        .exists()
    )


def test_an_event_arrives_signed_and_the_signature_holds(box: Mam, admin: Actor) -> None:
    """Promise I3: what is sent is verified by the library of the Standard Webhooks."""
    with receiving() as receiver:
        # Given a webhook for projects, and one for notes alone
        mam = with_webhooks(box, receiver.port)
        made = make(mam, admin, receiver.port, events=["project.*"])
        other = make(mam, admin, receiver.port, events=["comment.created"])
        # When a project is made
        project = projects.create_project(mam, admin, name="Rushes", description="")
        with sending(mam):
            [got] = receiver.wait(1)
            until(lambda: delivery(made["id"]).state == "delivered")
        # Then it came once, signed with the secret that was shown
        told = Verifier(made["secret"]).verify(got.body, got.headers)
        assert (told["type"], told["data"]["project_id"]) == ("project.created", project["id"])
        assert told["data"]["actor"]["name"] == "Ana"
        assert told["id"] == got.headers["webhook-id"]
        assert got.path == "/hook?a=1"
        assert got.headers["host"] == f"127.0.0.1:{receiver.port}"
        with pytest.raises(Exception, match=r"(?i)signature"):
            Verifier(other["secret"]).verify(got.body, got.headers)
        # And the log says how it went
        [row] = webhook_log.list_deliveries(mam, admin, made["id"], state=None, cursor=None, limit=9)["items"]
        assert (row["state"], row["status"], row["attempts"]) == ("delivered", 200, 1)
        assert row["last_attempt"]["answer"] == "thanks"
        # And the other webhook heard nothing
        assert not WebhookDelivery.select().where(WebhookDelivery.webhook == other["id"]).exists()


def test_a_new_secret_signs_beside_the_old_one(sqlite_box: Mam) -> None:
    with receiving() as receiver:
        # Given a webhook whose secret was changed
        mam, admin = with_webhooks(sqlite_box, receiver.port), _admin()
        made = make(mam, admin, receiver.port)
        renewed = webhooks.rotate(mam, admin, made["id"])
        assert renewed["secret"] != made["secret"]
        with sending(mam):
            event_id = webhook_log.ping(mam, admin, made["id"])["event_id"]
            until(lambda: any(one.headers["webhook-id"] == event_id for one in receiver.got))
            got = next(one for one in receiver.got if one.headers["webhook-id"] == event_id)
            # Then whoever has either secret finds a signature that holds
            for secret in (made["secret"], renewed["secret"]):
                assert Verifier(secret).verify(got.body, got.headers)["type"] == "webhook.ping"
            # And once the day is over the old one signs no more
            Webhook.update(previous_until=now() - timedelta(seconds=1)).execute()
            project = projects.create_project(mam, admin, name="P", description="")
            until(lambda: any(project["id"].encode() in one.body for one in receiver.got))
            got = next(one for one in receiver.got if project["id"].encode() in one.body)
            assert len(got.headers["webhook-signature"].split()) == 1
            assert Verifier(renewed["secret"]).verify(got.body, got.headers)


def test_what_fails_is_tried_again_with_the_same_id_and_dies_in_the_end(sqlite_box: Mam) -> None:
    """Promise I3: backoff, the same id, a list of the dead, and sending again by hand."""
    with receiving() as receiver:
        # Given a receiver that fails, and asks to wait for two minutes
        receiver.status, receiver.headers = 503, {"Retry-After": "120"}
        mam, admin = with_webhooks(sqlite_box, receiver.port), _admin()
        made = make(mam, admin, receiver.port)
        webhook_log.ping(mam, admin, made["id"])
        mine = WebhookDelivery.webhook == made["id"]
        with sending(mam):
            until(ended(made["id"]))
            # Then the next attempt is not before that
            row = delivery(made["id"])
            assert (row.state, row.status) == ("waiting", 503)
            assert row.due_at > now() + timedelta(seconds=60)
            # When time passes, and it has been tried ten times
            WebhookDelivery.update(tries=10, attempts=10).where(mine).execute()
            for attempt in (11, 12):
                WebhookDelivery.update(due_at=now()).where(mine).execute()
                until(lambda wanted=attempt: delivery(made["id"]).attempts == wanted)
            # Then it is dead after twelve, always with the same id
            assert delivery(made["id"]).state == "dead"
            assert len({one.headers["webhook-id"] for one in receiver.got}) == 1
            assert webhooks.get(mam, admin, made["id"])["status"] == "failing"
            # And sent again by hand it arrives, with that id still
            receiver.status = 200
            webhook_log.resend(mam, admin, made["id"], delivery(made["id"]).id)
            until(lambda: delivery(made["id"]).state == "delivered")
        assert len({one.headers["webhook-id"] for one in receiver.got}) == 1
        assert webhooks.get(mam, admin, made["id"])["status"] == "ok"
        log = webhook_log.get_delivery(mam, admin, made["id"], delivery(made["id"]).id)["log"]
        assert [one["number"] for one in log] == [1, 11, 12, 13]


def test_a_webhook_that_only_fails_is_switched_off_and_says_so(sqlite_box: Mam) -> None:
    with receiving() as receiver:
        # Given a receiver that has failed for three days
        receiver.status = 500
        mam, admin = with_webhooks(sqlite_box, receiver.port), _admin()
        made = make(mam, admin, receiver.port)
        Webhook.update(failures=9, failing_since=now() - timedelta(hours=73)).execute()
        projects.create_project(mam, admin, name="P", description="")
        with sending(mam):
            # When it fails once more
            until(lambda: not Webhook.get_by_id(made["id"]).active)
        # Then it is off, with the reason
        found = webhooks.get(mam, admin, made["id"])
        assert found["status"] == "disabled"
        assert "72 hours" in found["disabled_reason"]
        assert delivery(made["id"]).state == "dead"
        # And switched on again it begins with a clean record
        assert webhooks.update(mam, admin, made["id"], {"active": True})["status"] == "ok"


def endless(one: socket.socket) -> None:
    one.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        one.sendall(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")


def dripping(one: socket.socket) -> None:
    one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        one.sendall(b"x")
        time.sleep(0.05)


def endless_head(one: socket.socket) -> None:
    one.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        one.sendall(b"X-More: " + b"x" * 8000 + b"\r\n")


def nonsense(one: socket.socket) -> None:
    one.sendall(b"\x00\xff\x16 this is not HTTP\r\n\r\n")


def silent(one: socket.socket) -> None:
    while one.recv(1 << 20):
        pass  # head and body may come one after the other


def hasty(one: socket.socket) -> None:
    one.shutdown(socket.SHUT_RDWR)


HOSTILE = {
    # what it does: state afterwards, words of the reason
    "endless": (endless, "delivered", ""),  # its status came; of its body the first KiB was read
    "dripping": (dripping, "waiting", "No whole answer"),
    "endless_head": (endless_head, "waiting", "no answer"),
    "nonsense": (nonsense, "waiting", "no answer"),
    "silent": (silent, "waiting", "No whole answer"),
    "hasty": (hasty, "waiting", "connection"),
}


def test_hostile_receivers_hold_up_nobody(sqlite_box: Mam) -> None:
    """Promise I3: each misbehaves for as long as it likes; the honest one has its events at once."""
    with receiving() as honest, ExitStack() as stack:
        ports = {name: stack.enter_context(hostile(behave)) for name, (behave, _, _) in HOSTILE.items()}
        mam = with_webhooks(sqlite_box, honest.port, *ports.values(), timeout_seconds=5.0)
        admin = _admin()
        made = {name: make(mam, admin, port) for name, port in ports.items()}
        good = make(mam, admin, honest.port)
        with sending(mam):
            # When three events come
            for name in "abc":
                projects.create_project(mam, admin, name=name, description="")
            # Then the honest receiver has them all
            honest.wait(3)
            until(lambda: all(ended(one["id"])() for one in [*made.values(), good]))
        # And each of the others is noted for what it did, with little of what it sent
        for name, (_, state, reason) in HOSTILE.items():
            row = (
                WebhookDelivery.select()
                .where(WebhookDelivery.webhook == made[name]["id"], WebhookDelivery.attempts > 0)
                .first()
            )
            assert row.state == state, (name, row.error)
            assert reason in row.error, (name, row.error)
            log = WebhookAttempt.get(WebhookAttempt.delivery == row.id)
            assert len(log.answer) <= 1024


def test_redirects_are_not_followed(sqlite_box: Mam) -> None:
    """Promise I2: a redirect to the metadata address is a failure like another."""
    with receiving() as receiver, receiving() as inside:
        receiver.status = 302
        receiver.headers = {"Location": f"http://127.0.0.1:{inside.port}/latest/meta-data/"}
        mam, admin = with_webhooks(sqlite_box, receiver.port, inside.port), _admin()
        made = make(mam, admin, receiver.port)
        webhook_log.ping(mam, admin, made["id"])
        with sending(mam):
            until(ended(made["id"]))
        assert delivery(made["id"]).status == 302
        assert inside.got == []


def test_a_name_that_turns_to_the_inside_is_refused(sqlite_box: Mam) -> None:
    """Promise I2: each connection goes to the address that was looked at, and a mixed answer to none."""
    with receiving() as receiver:
        # Given a name that leads to an allowed address, then to one of the inside, then to both
        answers = [["127.0.0.1"], ["169.254.169.254"], ["127.0.0.1", "10.0.0.1"], ["::ffff:10.0.0.1"]]
        asked: list[str] = []

        def resolver(host: str, _port: int) -> list[str]:
            asked.append(host)
            return answers[min(len(asked), len(answers)) - 1]

        mam, admin = with_webhooks(sqlite_box, receiver.port), _admin()
        made = make(mam, admin, 0, url=f"http://hooks.example.org:{receiver.port}/")
        with sending(mam, resolver):
            webhook_log.ping(mam, admin, made["id"])
            until(lambda: len(receiver.got) == 1)
            for count in (2, 3, 4):
                event = projects.create_project(mam, admin, name="P", description="")
                assert event
                until(
                    lambda wanted=count: (
                        WebhookAttempt.select().where(WebhookAttempt.number > 0).count() >= wanted
                    )
                )
                WebhookDelivery.update(due_at=now()).where(WebhookDelivery.state == "waiting").execute()
        # Then only the first went out, to that address, under the name
        assert len(receiver.got) == 1
        assert receiver.got[0].headers["host"] == f"hooks.example.org:{receiver.port}"
        refused = WebhookAttempt.select().where(WebhookAttempt.error.contains("not on the public internet"))
        assert refused.count() >= 3
        assert set(asked) == {"hooks.example.org"}


def test_https_asks_for_the_certificate_of_the_name(sqlite_box: Mam, tmp_path: Path) -> None:
    """The connection goes to an address, but the certificate has to be the name's; proxies are not asked."""
    good, other = certificate(tmp_path, "hooks.example.org"), certificate(tmp_path, "evil.example.org")
    both = tmp_path / "house.pem"
    both.write_bytes(good[0].read_bytes() + other[0].read_bytes())
    with receiving(good) as receiver, receiving(other) as impostor:
        mam = with_webhooks(sqlite_box, receiver.port, impostor.port, ca_file=str(both), http=False)
        admin = _admin()
        right = make(mam, admin, 0, url=f"https://hooks.example.org:{receiver.port}/")
        wrong = make(mam, admin, 0, url=f"https://hooks.example.org:{impostor.port}/")
        for one in (right, wrong):
            webhook_log.ping(mam, admin, one["id"])
        os.environ["HTTPS_PROXY"] = os.environ["ALL_PROXY"] = "http://127.0.0.1:9"
        try:
            with sending(mam, lambda _host, _port: ["127.0.0.1"]):
                until(lambda: ended(right["id"])() and ended(wrong["id"])())
        finally:
            del os.environ["HTTPS_PROXY"], os.environ["ALL_PROXY"]
        assert delivery(right["id"]).state == "delivered"
        assert (len(receiver.got), impostor.got) == (1, [])
        assert "CERTIFICATE_VERIFY_FAILED" in delivery(wrong["id"]).error.upper().replace(" ", "_")


WORKER = """
import sys, threading
from pathlib import Path
from mam.config import Config, Webhooks
from mam.core import open_mam
from mam.webhook_sender import Sender
hooks = Webhooks(http=True, ports=(int(sys.argv[2]),), allow=("127.0.0.0/8",), timeout_seconds=50)
Sender(open_mam(Config(Path(sys.argv[1]), webhooks=hooks), check=False)).run(threading.Event())
"""


def test_a_worker_killed_in_the_middle_loses_nothing(sqlite_box: Mam) -> None:
    """Promise I3: what it had in hand goes out again once its lease is over, with the same id."""
    arrived: list[bytes] = []

    def hang(one: socket.socket) -> None:
        arrived.append(b"x")
        one.recv(1)

    with hostile(hang) as port:
        mam, admin = with_webhooks(sqlite_box, port), _admin()
        made = make(mam, admin, port)
        event_id = webhook_log.ping(mam, admin, made["id"])["event_id"]
        # Given a worker process that is killed while the receiver has not answered
        command = [sys.executable, "-c", WORKER, str(sqlite_box.config.data), str(port)]
        worker = subprocess.Popen(command)
        try:
            until(lambda: bool(arrived))
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(60)
        assert delivery(made["id"]).state == "sending"
    # When its lease is over and another worker looks
    with receiving() as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        Webhook.update(url=url).execute()
        WebhookDelivery.update(lease_until=now() - timedelta(seconds=1)).execute()
        with sending(with_webhooks(sqlite_box, receiver.port)):
            [got] = receiver.wait(1)
            until(lambda: delivery(made["id"]).state == "delivered")
    # Then it is delivered under the same id
    assert got.headers["webhook-id"] == event_id
    assert json.loads(got.body)["id"] == event_id
