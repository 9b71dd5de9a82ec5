"""Bus to tables: batches in the order of the stream, each committed with its place in it."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from nats.js import JetStreamContext

from ml.environment import ObjectStore
from services.recorder.bus import Bus, Message, fetch
from services.recorder.monitor import Monitor
from services.recorder.tables import LandingTable

_BATCH: Final = 1000
_WAIT_S: Final = 1.0
# A consumer that the bus has dropped answers nothing: after a silence a new one is asked.
_SILENCE_S: Final = 120.0


class Landing:
    """Lands a stream in two tables, from where their last commits left it."""

    def __init__(
        self,
        bus: Bus,
        store: ObjectStore,
        monitor: Monitor,
        interval_s: float,
        keep_days: int | None = None,
    ) -> None:
        self._bus = bus
        self._tables = {kind: LandingTable(store, kind, keep_days) for kind in ("prediction", "feedback")}
        self._monitor = monitor
        self._interval_s = interval_s
        self._subscription: JetStreamContext.PullSubscription | None = None
        self._stream = ""
        self._landed: dict[str, int] = {}
        self._position = 0
        self._expected: int | None = None
        self._heard = time.monotonic()

    async def land(self) -> None:
        """Gather one batch, commit it and remove it from the bus.

        Raises:
            BusUnavailable, StoreUnavailable: the batch will be gathered again.
        """
        subscription = self._subscription or await self._begin()
        messages = await self._gather(subscription)
        if not messages:
            return
        for kind, table in self._tables.items():
            rows = await asyncio.to_thread(table.land, messages, self._stream, self._landed[kind])
            self._landed[kind] = messages[-1].sequence
            self._monitor.landed.labels(table=kind).inc(rows)
        self._position = messages[-1].sequence
        self._monitor.last_landing.set_to_current_time()
        await self._bus.discard(self._position)

    def restart(self) -> None:
        """Begin anew at the next landing, after a failure."""
        self._subscription = None

    async def _begin(self) -> JetStreamContext.PullSubscription:
        self._stream, first = await self._bus.identity()
        self._landed = {
            kind: await asyncio.to_thread(table.landed, self._stream) for kind, table in self._tables.items()
        }
        # What both tables have committed past is gone from the stream, or may be skipped.
        self._position = max(first - 1, min(self._landed.values()))
        self._subscription = await self._bus.subscribe(self._position + 1)
        self._expected = None
        self._heard = time.monotonic()
        return self._subscription

    async def _gather(self, subscription: JetStreamContext.PullSubscription) -> list[Message]:
        """Return the next messages without a gap between them, waiting an interval for more."""
        messages: list[Message] = []
        deadline = time.monotonic() + self._interval_s
        while len(messages) < _BATCH:
            found = await fetch(subscription, _BATCH - len(messages), _WAIT_S)
            if not self._follow(found, messages) or time.monotonic() >= deadline:
                break
        return messages

    def _follow(self, found: list[Message], messages: list[Message]) -> bool:
        """Append messages as long as each follows the one before; False when one was lost on its way."""
        if found:
            self._heard = time.monotonic()
        elif time.monotonic() - self._heard > _SILENCE_S:
            self.restart()
        for message in found:
            # The first of a subscription is where the stream really goes on, whatever was asked.
            if self._expected not in (None, message.sequence):
                self.restart()
                return False
            messages.append(message)
            self._expected = message.sequence + 1
        return True
