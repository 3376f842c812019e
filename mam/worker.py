"""The worker process: takes job ids from the queues, runs them, sweeps, cleans up, drains when told to stop.

Three lines of actor; every decision is in `mam.services`. Refuses to start without a sandbox that holds.
Writes a beat row and the log; survives a restarted or emptied Redis and a database that is away for a while.
"""

from __future__ import annotations

import functools
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence

import dramatiq
import structlog

from mam import models
from mam.config import Config
from mam.core import Mam, open_mam
from mam.errors import MamError
from mam.ids import new_id
from mam.media.ffmpeg import find_tools
from mam.media.sandbox import open_sandbox
from mam.queue import ACTOR, EXPRESS, QUEUES
from mam.services import (
    analysis,
    attachments,
    audit_anchor,
    audit_config,
    backups,
    batches,
    copies,
    delivery,
    document_pages,
    fingerprints,
    fixity,
    integrity,
    jobs,
    locks,
    meters,
    plugin_states,
    plugin_work,
    previews,
    proxies,
    review_news,
    scratch,
    standing,
    uploads,
    watching,
    watermarks,
    webhook_queue,
    worker_nodes,
)
from mam.services.sweep import sweep
from mam.services.turns import Turns
from mam.tracing import TRACER
from mam.webhook_sender import Sender

log = structlog.get_logger("mam.worker")

DRAIN_SECONDS = 6.0
"""How long running jobs may end by themselves after SIGTERM before they are given back."""

LAST_SECONDS = 4.0
"""How long the giving back may take; together less than the supervisor's patience (12 s)."""

SENDER_SECONDS = 2.0
"""How long the webhooks may still end after that: they were told together with the jobs."""

POLL_MILLISECONDS = 150
"""The longest pause between two looks into an idle queue: it is the start delay of a job."""

_JANITOR_SECONDS = 60.0
_SCRUB_SECONDS = 20.0
_PROOF_SECONDS = 86_400.0
_BACKUP_SECONDS = 60.0
_STANDING_SECONDS = 60.0
_DAY_MILLISECONDS = 86_400_000
KINDS = (
    previews.examine,
    previews.render,
    integrity.run_verify,
    analysis.analyse,
    fingerprints.make_fingerprint,
    document_pages.more_pages,
    copies.run_copy,
    watermarks.make,
    batches.create,
    plugin_work.run,
)
"""Imported for their registration: a worker knows the jobs of these services."""


def main(config: Config, queues: Sequence[str] = QUEUES) -> None:
    """Work until SIGTERM or SIGINT. Raises `SandboxError` or `ConfigError` instead of starting unsafely."""
    sandbox = open_sandbox(config.media.sandbox, find_tools(config.media.ffmpeg))
    mam = open_mam(config)
    worker_nodes.admit(mam)
    audit_config.note(mam, "worker")
    name = f"{socket.gethostname()}-{os.getpid()}-{new_id()[-6:]}"
    stop, draining = threading.Event(), threading.Event()
    word = listen_for_the_end()
    TRACER.begin(config, "worker")
    declare_actor(mam, name, draining)
    info = {
        "queues": list(queues),
        "threads": config.workers.threads,
        "sandbox": sandbox.mode,
        "pid": os.getpid(),
    }
    sender = threading.Thread(target=Sender(mam).run, args=(stop,), name="webhooks", daemon=True)
    sender.start()
    lanes = [Lane(mam, queue) for queue in (*queues, *([EXPRESS] if "render" in queues else []))]
    for one in rounds_of(mam, name, info, lanes):
        threading.Thread(target=one.run, args=(stop,), name=one.name, daemon=True).start()
    log.info("worker started", worker=name, **info)
    word.recv(1)
    stop.set()
    drain(lanes, draining)
    sender.join(SENDER_SECONDS)
    jobs.leave(mam, name)
    meters.flush(mam)
    TRACER.end()
    log.info("worker stopped", worker=name)


def rounds_of(mam: Mam, name: str, info: dict[str, object], lanes: Sequence[Lane] = ()) -> list[_Round]:
    """What a worker does again and again beside its jobs; each opens the connections it needs.

    The first of them opens the lanes, once it has asked whether this machine is to work.
    """
    config = mam.config
    rounds = [
        _Round("sweep", config.queue.sweep_seconds, lambda: _sweep(mam, name, info, lanes)),
        _Round("figures", meters.FLUSH_SECONDS, lambda: meters.flush(mam)),
        _Round("janitor", _JANITOR_SECONDS, lambda: _clean(mam)),
        _Round("anchor", config.queue.sweep_seconds, lambda: _anchor(mam)),
        _Round("scrub", _SCRUB_SECONDS, lambda: fixity.scrub(mam, new_id())),
        _Round("plugins", plugin_states.ROUND_SECONDS, lambda: plugin_states.keep(mam)),
        _Round("backup", _BACKUP_SECONDS, lambda: backups.keep_up(mam)),
        _Round("standing", _STANDING_SECONDS, lambda: _look_who_belongs(mam)),
        _Round("lock proof", _PROOF_SECONDS, lambda: locks.prove_all(mam)),
    ]
    rounds += [
        _Round(f"watch {watch.path}", watch.poll_seconds, functools.partial(watching.look, mam, watch))
        for watch in config.watch
    ]
    return rounds


def listen_for_the_end() -> socket.socket:
    """Take SIGTERM and SIGINT from now on; the socket has a byte to read once one of them came.

    The byte is written where the signal is taken. A handler in Python has to wait for the main thread, and a
    main thread that waits for a lock is not woken where the kernel gave the signal to another thread: of 300
    busy workers one never heard that it should stop.
    """
    word, told = socket.socketpair()
    told.setblocking(False)
    signal.set_wakeup_fd(told.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _signal, _frame: None)
    return word


def declare_actor(mam: Mam, worker: str, draining: threading.Event) -> None:
    """The one actor, on every queue: a message is worth one job."""
    turns = Turns()

    def run_job(job_id: str, lane: str = "") -> None:
        jobs.run_next(mam, job_id, turns, worker=worker, draining=draining, lane=lane)

    # The queue of an actor is only where its own `send` goes; the messages here name theirs.
    dramatiq.actor(actor_name=ACTOR, queue_name=QUEUES[0], broker=mam.queue.broker)(run_job)


def start_worker(mam: Mam, queue: str) -> dramatiq.Worker:
    """Threads of their own for one queue, so that long renders never hold up the quick jobs.

    No message is fetched before a thread is free for it: another worker may be.
    """
    threads = 1 if queue in ("later", EXPRESS) else max(1, mam.config.workers.threads)
    worker = dramatiq.Worker(
        mam.queue.broker, queues={queue}, worker_threads=threads, worker_timeout=POLL_MILLISECONDS
    )
    worker.queue_prefetch = threads
    worker.start()
    return worker


class Lane:
    """One queue of this process: listened to, or left alone while the machine is drained."""

    def __init__(self, mam: Mam, queue: str) -> None:
        """Listen to nothing yet."""
        self._mam, self._queue = mam, queue
        self._worker: dramatiq.Worker | None = None
        self._closing: threading.Thread | None = None
        self._ended = False
        self._lock = threading.Lock()

    @property
    def workers(self) -> Sequence[dramatiq.worker.WorkerThread]:
        """The threads that take jobs. Asked for at the end: from here on nothing is opened any more."""
        with self._lock:
            self._ended = True
        return self._worker.workers if self._worker is not None and self._closing is None else ()

    @property
    def is_closed(self) -> bool:
        """Whether nothing is listened to and nothing runs."""
        return self._worker is None or (self._closing is not None and not self._closing.is_alive())

    def follow(self, *, drained: bool) -> None:
        """Close where drained, listen again where not; what still runs ends by itself first, in its time.

        A message that was fetched and not begun is given back after that; the sweep sends its job before.
        """
        with self._lock:
            if self._ended:
                return
            if drained and self._worker is not None and self._closing is None:
                name, patience = f"close-{self._queue}", (_DAY_MILLISECONDS,)
                self._closing = threading.Thread(
                    target=self._worker.stop, args=patience, name=name, daemon=True
                )
                self._closing.start()
            elif not drained and self.is_closed:
                self._worker, self._closing = start_worker(self._mam, self._queue), None

    def stop(self, timeout: int) -> None:
        """End within so many milliseconds."""
        if self._closing is not None:
            self._closing.join(timeout / 1000)
        elif self._worker is not None:
            self._worker.stop(timeout=timeout)


def drain(
    workers: Sequence[dramatiq.Worker | Lane], draining: threading.Event, patience: float = DRAIN_SECONDS
) -> None:
    """Let running jobs end, after `patience` seconds ask them to give back; take no new ones (promise C8)."""
    impatient = threading.Timer(patience, draining.set)
    impatient.daemon = True
    impatient.start()
    deadline = time.monotonic() + patience + LAST_SECONDS
    for worker in workers:
        for thread in worker.workers:
            thread.stop()
    for worker in workers:
        worker.stop(timeout=max(1, int(1000 * (deadline - time.monotonic()))))
    impatient.cancel()


class _Round:
    """Something done again and again; what fails once is logged and tried at the next turn."""

    def __init__(self, name: str, seconds: float, work: Callable[[], object]) -> None:
        self.name = name
        self._seconds = seconds
        self.work = work

    def run(self, stop: threading.Event) -> None:
        """Work at once and then every so many seconds, until told to stop."""
        while True:
            try:
                self.work()
            except (MamError, *models.Unavailable, OSError) as error:
                log.warning("a round failed; the next one comes", round=self.name, reason=str(error))
            if stop.wait(self._seconds):
                return


def _sweep(mam: Mam, name: str, info: dict[str, object], lanes: Sequence[Lane] = ()) -> None:
    wanted, node = worker_nodes.report(mam)
    if wanted == worker_nodes.REMOVED:
        log.error("this machine was removed from the box; its worker ends")
        os.kill(os.getpid(), signal.SIGTERM)
    for lane in lanes:
        lane.follow(drained=wanted != worker_nodes.WORK)
    more: dict[str, object] = {"node": node, "drained": bool(lanes) and all(lane.is_closed for lane in lanes)}
    if wanted != worker_nodes.WORK:
        more["threads"] = 0  # films are cut for those who take their pieces
    jobs.beat(mam, name, {**info, **more})
    sweep(mam)
    scratch.sweep_scratch(mam)


def _anchor(mam: Mam) -> None:
    """The audit log's end goes into a locked object where one is due."""
    audit_anchor.keep(mam)


def _look_who_belongs(mam: Mam) -> None:
    """Ask the login services elsewhere about people whose last yes is too old."""
    with models.connected():
        standing.sweep(mam)


def _clean(mam: Mam) -> None:
    """What is seen to once a minute: old uploads, spent revocations, copies not made yet, reviews due."""
    uploads.sweep(mam)
    copies.fill(mam)
    delivery.sweep_revocations(mam)
    proxies.sweep(mam)
    watermarks.sweep(mam)
    attachments.sweep(mam)
    with models.connected():
        webhook_queue.sweep(mam)
        batches.sweep(mam)
        review_news.remind(mam)
