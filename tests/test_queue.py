"""The line to a real Valkey, and the private one that the box brings along."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mam.config import Config, QueueConfig, Secret
from mam.core import prepare_data
from mam.errors import QueueUnavailableError
from mam.ids import new_id
from mam.queue import EVENTS, Queue
from mam.valkey import valkey_command


@contextmanager
def private_valkey(config: Config) -> Iterator[subprocess.Popen[bytes]]:
    """The server as `mam up` starts it, answering."""
    process = subprocess.Popen(valkey_command(config))
    queue = Queue(config)
    try:
        deadline = time.monotonic() + 60
        while not queue.ping():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield process
    finally:
        queue.redis.close()
        process.kill()
        process.wait(60)


def test_messages_wait_and_events_fly(make_config: Callable[..., Config]) -> None:
    # Given a queue and a listener
    queue = Queue(make_config())
    queue.redis.flushdb()
    with queue.redis.pubsub() as listener:
        listener.subscribe(EVENTS)
        listener.get_message(timeout=60)
        # When a job is sent and an event published
        queue.send(new_id(), "render")
        assert queue.publish({"name": "version.ready", "version_id": "v"})
        # Then one waits where it was sent, the other arrived as it was
        assert (queue.waiting("render"), queue.waiting("quick")) == (1, 0)
        message = listener.get_message(timeout=60)
        assert json.loads(message["data"]) == {"name": "version.ready", "version_id": "v"}
    # And a key is seen for the first time once
    key = new_id()
    assert [queue.once(key, 10), queue.once(key, 10)] == [True, False]


def test_a_queue_that_is_away_is_said_so_quickly(tmp_path: Path, make_config: Callable[..., Config]) -> None:
    # Given a queue where nobody listens
    url = Secret(f"unix://{tmp_path}/nobody.sock")
    queue = Queue(make_config(queue=QueueConfig(url=url)))
    # When it is asked, then it says so, or answers False where that is enough
    with pytest.raises(QueueUnavailableError):
        queue.send(new_id(), "quick")
    with pytest.raises(QueueUnavailableError):
        queue.waiting("quick")
    assert not queue.publish({})
    assert not queue.ping()
    assert not queue.once("k", 1)


def test_the_private_valkey_keeps_what_was_sent_over_a_kill(make_config: Callable[..., Config]) -> None:
    """Promise C5, the server's half: a message acknowledged a second ago survives kill -9."""
    # Given the box's own server, with only a socket that others cannot use
    config = replace(make_config(), queue=QueueConfig())
    prepare_data(config)
    with private_valkey(config) as process:
        queue = Queue(config)
        socket = config.run_dir / "valkey.sock"
        assert socket.stat().st_mode & 0o777 == 0o700
        settings = queue.redis.config_get("*")
        assert (settings["port"], settings["appendonly"], settings["maxmemory-policy"]) == (
            "0",
            "yes",
            "noeviction",
        )
        # When 500 messages are sent and a second later it is killed
        for _ in range(500):
            queue.send(new_id(), "quick")
        time.sleep(1.2)
        process.kill()
        process.wait(60)
        assert not queue.ping()
    # Then the next start has them all
    with private_valkey(config):
        assert Queue(config).waiting("quick") == 500


@pytest.mark.parametrize("zeros", [1, 100_000])
def test_the_private_valkey_starts_after_a_power_cut(make_config: Callable[..., Config], zeros: int) -> None:
    """Promise C5: a file that has its length and not yet its last bytes ends in zeros, and is no end."""
    # Given a server with a message, whose machine loses its power in the middle of the next one
    config = replace(make_config(), queue=QueueConfig())
    prepare_data(config)
    with private_valkey(config):
        queue = Queue(config)
        queue.send(new_id(), "render")
        time.sleep(1.5)  # appendfsync everysec
    (file,) = (config.data / "valkey").glob("appendonlydir/*.incr.aof")
    with file.open("ab") as aof:
        aof.write(b"*3\r\n$5\r\nRPUSH\r\n$3\r\nab" + b"\0" * zeros)
    # When it is started again
    with private_valkey(config):
        # Then it answers, and the message is there
        assert Queue(config).waiting("render") == 1
