"""The line to Redis/Valkey: send a job's id, publish what happened, ask whether it answers.

Knows the broker, knows no actor: an actor is a name. Redis may be wiped at any moment; the database is the
truth and `mam.services.jobs.sweep` sends again what is due.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from typing import Any

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from dramatiq.middleware import AgeLimit, Callbacks, Pipelines, Retries, ShutdownNotifications

from mam.config import Config
from mam.errors import QueueUnavailableError

EVENTS = "mam:events"
"""The pub/sub channel of live events."""

ACTOR = "run_job"
"""The one actor of every queue: it is given a job's id."""

QUEUES = ("quick", "render", "later")
"""`quick`: examine, posters, housekeeping. `render`: long encodes, so that they never hold up the quick.
`later`: analysis and whatever else nobody waits for, one at a time in each worker."""

EXPRESS = "express"
"""A second way into `render` for short films: one thread of each worker takes nothing else, so that they
never wait behind long ones. No row is of this queue; its messages are copies."""

_NAMESPACE = "mam"
_SUMS = f"{_NAMESPACE}:sums"
_HEARTBEAT_MS = 10_000
# Each command draws for maintenance with chance n in 1 000 000; the default of 1000 gave a killed worker's
# message back only after 183 s, always drawing gave it back after 6 s (measured, promises page 1b).
_MAINTENANCE_CHANCE = 1_000_000


class _Consumer(_RedisConsumer):
    """Dramatiq's, but one that is full wakes as soon as a message is done.

    Its own pause of 5 to 150 ms after each look left the threads idle for 40 % of their time (measured with
    10 000 jobs that do nothing).
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._freed = threading.Event()

    def ack(self, message: Any) -> None:
        """Take a message off; there is room for another."""
        super().ack(message)
        self._freed.set()

    def nack(self, message: Any) -> None:
        """Take a message off that failed."""
        super().nack(message)
        self._freed.set()

    def __next__(self) -> Any:
        """The next message, or None after a while without one."""
        if not self.message_cache and self.outstanding_message_count >= self.prefetch:
            self._freed.wait(self.timeout / 1000)
        self._freed.clear()
        return super().__next__()


def _is_no_twin(line: logging.LogRecord) -> bool:
    return "of the same type twice" not in str(line.msg)


class _Broker(RedisBroker):
    """Dramatiq's, with the consumer above, on which several workers of one process may listen.

    Each brings the same middleware for itself, which Dramatiq takes for a mistake and warns of each time.
    """

    def __init__(self, **options: Any) -> None:
        """As `RedisBroker`."""
        super().__init__(**options)
        self.logger.addFilter(_is_no_twin)

    @property
    def consumer_class(self) -> type[_Consumer]:
        """What looks into a queue."""
        return _Consumer


class Queue:
    """The broker of one box; makes no connection until it is used."""

    def __init__(self, config: Config) -> None:
        """Build the broker with our own middleware: attempts and time limits are counted in the database."""
        url = config.queue_url
        self.redis = redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=2)
        self.broker = _Broker(
            client=self.redis,
            namespace=_NAMESPACE,
            heartbeat_timeout=_HEARTBEAT_MS,
            maintenance_chance=_MAINTENANCE_CHANCE,
            middleware=[
                AgeLimit(),
                ShutdownNotifications(),
                Callbacks(),
                Pipelines(),
                Retries(max_retries=0),
            ],
        )
        for name in (*QUEUES, EXPRESS):
            self.broker.declare_queue(name)

    def send(self, job_id: str, queue: str, *, short: bool = False) -> None:
        """Put a job's id into a queue; `QueueUnavailableError` leaves it to the sweep.

        `short` tells it to the lane of short films as well; whoever is first does it.
        """
        lanes: list[tuple[str, tuple[str, ...]]] = [(queue, (job_id,))]
        lanes += [(EXPRESS, (job_id, EXPRESS))] if short else []
        try:
            for lane, arguments in lanes:
                self.broker.enqueue(
                    dramatiq.Message(queue_name=lane, actor_name=ACTOR, args=arguments, kwargs={}, options={})
                )
        except (redis.RedisError, OSError, dramatiq.errors.BrokerConnectionError) as error:
            raise QueueUnavailableError(f"The queue does not answer: {error}") from error

    def waiting(self, queue: str) -> int:
        """How many messages no worker has fetched yet; `QueueUnavailableError` where nobody answers."""
        try:
            return int(self.redis.llen(f"{_NAMESPACE}:{queue}"))
        except (redis.RedisError, OSError) as error:
            raise QueueUnavailableError(f"The queue does not answer: {error}") from error

    def publish(self, event: Mapping[str, Any]) -> bool:
        """Tell whoever listens now; False where the queue does not answer (listeners ask the database)."""
        try:
            self.redis.publish(EVENTS, json.dumps(event, separators=(",", ":"), default=str))
        except (redis.RedisError, OSError):
            return False
        return True

    def once(self, key: str, seconds: int) -> bool:
        """True the first time `key` is seen in `seconds`; False after, and where nobody answers."""
        try:
            return bool(self.redis.set(f"{_NAMESPACE}:once:{key}", 1, nx=True, ex=seconds))
        except (redis.RedisError, OSError):
            return False

    def add_up(self, sums: Mapping[str, Mapping[str, float]], *, days: int) -> None:
        """Add amounts to named sums, all or none; those of a day ("day:…") are forgotten after `days`.

        `QueueUnavailableError` where nobody answers.
        """
        line = self.redis.pipeline()
        for name, amounts in sums.items():
            for key, amount in amounts.items():
                line.hincrbyfloat(f"{_SUMS}:{name}", key, amount)
            if amounts and name.startswith("day:"):
                line.expire(f"{_SUMS}:{name}", days * 86_400)
        try:
            line.execute()
        except (redis.RedisError, OSError) as error:
            raise QueueUnavailableError(f"The queue does not answer: {error}") from error

    def sums(self, name: str) -> dict[str, float]:
        """Named sums by key, empty where there are none; `QueueUnavailableError` where nobody answers."""
        try:
            found: dict[bytes, bytes] = self.redis.hgetall(f"{_SUMS}:{name}")  # type: ignore[assignment]
        except (redis.RedisError, OSError) as error:
            raise QueueUnavailableError(f"The queue does not answer: {error}") from error
        return {key.decode(): float(value) for key, value in found.items()}

    def ping(self) -> bool:
        """Whether Redis/Valkey answers."""
        try:
            return bool(self.redis.ping())
        except (redis.RedisError, OSError):
            return False
