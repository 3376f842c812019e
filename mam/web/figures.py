"""Hands on what this web process counted, every few seconds while it serves and at its end; begins traces.

Writes the box's sums at the queue; a queue that is away for a while is waited for, and nothing is lost.
"""

from __future__ import annotations

import asyncio

from mam.services import meters
from mam.tracing import TRACER
from mam.web.routes import Site


class Figures:
    """The task of one process."""

    def __init__(self, site: Site) -> None:
        """Nothing runs before the app serves."""
        self._site = site
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; called once a serving, in the process that serves."""
        TRACER.begin(self._site.mam.config, "web")
        self._task = asyncio.ensure_future(self._keep())

    async def stop(self) -> None:
        """End, with what is left handed on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            await self._hand_on()
            await self._site.bridge.receive(TRACER.end)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(meters.FLUSH_SECONDS)
            await self._hand_on()

    async def _hand_on(self) -> None:
        await self._site.bridge.receive(meters.flush, self._site.mam)
