"""Records reach the bus in the order in which a release wrote them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import orjson

from services.endpoint.spool import Spool
from services.recorder.monitor import Monitor
from services.recorder.shipping import Shipping
from services.recorder.spools import Record
from tests.services.recorder.records import record


class Heard:
    """A bus that keeps what it was given."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.heard_at = 0.0

    async def publish(self, records: list[Record]) -> None:
        self.heard_at = time.time()
        self.ids += [each.id for each in records]


def test_a_later_segment_waits_until_the_earlier_one_is_shipped(tmp_path: Path) -> None:
    # One and a half chunks in the first segment, so that it takes more than one pass.
    spool = Spool(tmp_path / "r", segment_bytes=800_000, limit_bytes=10**9)
    written = [record() for _ in range(3000)]
    assert all(spool.append(orjson.dumps(each) + b"\n") for each in written)
    spool.close()
    assert len(list((tmp_path / "r").glob("*.jsonl"))) > 1
    bus = Heard()

    async def ship() -> None:
        shipping = Shipping(tmp_path, bus, Monitor())  # type: ignore[arg-type]
        while await shipping.ship():
            pass

    asyncio.run(ship())
    assert bus.ids == [each["id"] for each in written]


def test_records_count_as_shipped_from_before_the_bus_had_them(tmp_path: Path) -> None:
    """So that what lands them at once lands later, and a quiet recorder is never behind."""
    spool, bus, monitor = Spool(tmp_path / "r", segment_bytes=800_000, limit_bytes=10**9), Heard(), Monitor()
    spool.append(orjson.dumps(record()) + b"\n")
    spool.close()
    asyncio.run(Shipping(tmp_path, bus, monitor).ship())  # type: ignore[arg-type]
    sent = monitor.registry.get_sample_value("millrace_recorder_last_shipping_timestamp_seconds")
    assert sent
    assert 0 < sent <= bus.heard_at
