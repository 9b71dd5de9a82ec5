"""Spools to bus: every record of every segment, in order, until the segment is at its end."""

from __future__ import annotations

import logging
import time
from itertools import groupby
from pathlib import Path
from typing import Final

from services.recorder.bus import Bus
from services.recorder.monitor import Monitor
from services.recorder.spools import Offsets, Segment, segments

_CHUNK_BYTES: Final = 512 * 1024

logger = logging.getLogger(__name__)


class Shipping:
    """Ships what lies in a folder of spools; ``offsets`` remembers how far it came."""

    def __init__(self, folder: Path, bus: Bus, monitor: Monitor) -> None:
        self._folder = folder
        self._offsets = Offsets(folder / "offsets.json")
        self._bus = bus
        self._monitor = monitor

    async def ship(self) -> bool:
        """Ship one chunk of every release and say whether there may be more.

        Of a release's segments the later ones wait for the earlier, so that its records keep their order.

        Raises:
            BusUnavailable: nothing of the current chunk counts as shipped.
        """
        found = groupby(list(segments(self._folder)), key=lambda segment: segment.path.parent)
        more = [await self._ship_first(list(of_release)) for _, of_release in found]
        self._monitor.backlog_bytes.set(sum(_left(each, self._offsets) for each in segments(self._folder)))
        return any(more)

    async def _ship_first(self, of_release: list[Segment]) -> bool:
        """Ship one chunk of the first segment that has more."""
        for segment in of_release:
            if await self._ship(segment):
                return True
        return False

    async def _ship(self, segment: Segment) -> bool:
        sealed = segment.sealed()
        offset = self._offsets.of(segment)
        chunk = segment.read(offset, _CHUNK_BYTES)
        if chunk.records:
            sent = time.time()
            await self._bus.publish(chunk.records)
            self._monitor.shipped.inc(len(chunk.records))
            # As they were sent: what lands them may be quicker than the bus's answer to here.
            self._monitor.last_shipping.set(sent)
        if chunk.torn:
            logger.warning("%s has %d lines that are no records", segment.name, chunk.torn)
            self._monitor.torn.inc(chunk.torn)
        if chunk.end > offset:
            self._offsets.move(segment, chunk.end)
        elif sealed:
            self._finish(segment, offset)
        return chunk.end > offset

    def _finish(self, segment: Segment, offset: int) -> None:
        """Remove a segment that is shipped to its end; a torn last line was never acknowledged."""
        if segment.size() > offset:
            logger.warning("%s ends in a torn line", segment.name)
            self._monitor.torn.inc()
        segment.remove()
        self._offsets.forget(segment)


def _left(segment: Segment, offsets: Offsets) -> int:
    try:
        return segment.size() - offsets.of(segment)
    except FileNotFoundError:
        return 0
