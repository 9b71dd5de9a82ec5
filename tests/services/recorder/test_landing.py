"""A row of the stream lands once, and none is passed over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import orjson
import pytest
from deltalake import DeltaTable

from ml.objects import delta_options
from services.recorder.bus import STREAM, Bus, Message
from services.recorder.landing import Landing
from services.recorder.monitor import Monitor
from services.recorder.spools import Record
from services.recorder.tables import LandingTable
from tests.services.recorder.records import landed, record
from tests.services.stack import TOKEN, Stack

pytestmark = pytest.mark.slow


def messages(first: int, last: int) -> list[Message]:
    return [Message(number, _line(f"table-{number}")) for number in range(first, last)]


def test_a_batch_that_comes_again_after_its_commit_is_not_doubled(stack: Stack) -> None:
    LandingTable(stack.env.object_store, "prediction").land(messages(1, 11), "a stream", 0)
    after_a_kill = LandingTable(stack.env.object_store, "prediction")
    assert after_a_kill.landed("a stream") == 10
    assert after_a_kill.land(messages(1, 21), "a stream", after_a_kill.landed("a stream")) == 10
    rows = [each for each in landed(stack, "predictions", "prediction_id") if each.startswith("table-")]
    assert sorted(rows) == sorted(f"table-{number}" for number in range(1, 21))


def test_another_stream_s_positions_count_for_nothing(stack: Stack) -> None:
    table = LandingTable(stack.env.object_store, "prediction")
    table.land(messages(100, 103), "an old stream", 0)
    assert table.landed("a new stream") == 0


def test_messages_that_are_no_records_are_left_out(stack: Stack) -> None:
    garbage = [b"", b"{", b"[]", b'{"kind": "prediction"}', orjson.dumps(record() | {"time_us": "noon"})]
    good = messages(200, 202)
    bad = [Message(300 + number, line) for number, line in enumerate(garbage)]
    assert LandingTable(stack.env.object_store, "prediction").land(good + bad, "with garbage", 0) == 2


def files_of_today(stack: Stack) -> int:
    options = delta_options(stack.env.object_store, "recorder")
    address = f"s3://{stack.env.object_store.buckets.predictions}/predictions"
    today = f"system=echo/day={datetime.now(UTC):%Y-%m-%d}"
    return sum(today in each for each in DeltaTable(address, storage_options=options).file_uris())


def test_files_that_an_earlier_recorder_left_are_merged_with_the_next_commit(stack: Stack) -> None:
    earlier = LandingTable(stack.env.object_store, "prediction")
    for number in range(1, 4):
        earlier.land(messages(400 + number, 401 + number), "left", number - 1)
    assert files_of_today(stack) >= 3
    later = LandingTable(stack.env.object_store, "prediction", most_files=4)
    assert later.landed("left") == 403
    assert later.land(messages(410, 411), "left", 403) == 1
    assert files_of_today(stack) == 1
    assert {f"table-{number}" for number in (401, 402, 403, 410)} <= set(
        landed(stack, "predictions", "prediction_id")
    )


def test_tidying_merges_files_and_forgets_days_that_are_too_old(stack: Stack) -> None:
    table = LandingTable(stack.env.object_store, "prediction", keep_days=30)
    old = int((datetime.now(UTC) - timedelta(days=32)).timestamp() * 1e6)
    lines = [_line(f"kept-{number}") for number in range(5)]
    lines += [orjson.dumps(orjson.loads(_line(f"old-{number}")) | {"time_us": old}) for number in range(5)]
    for number, line in enumerate(lines, 1):
        table.land([Message(number, line)], "to tidy", number - 1)
    table.tidy()
    assert files_of_today(stack) == 1
    rows = landed(stack, "predictions", "prediction_id")
    assert sorted(each for each in rows if each.startswith("kept-")) == [f"kept-{n}" for n in range(5)]
    assert not [each for each in rows if each.startswith("old-")]
    assert table.landed("to tidy") == 10


class Lossy:
    """A subscription from which one message is lost on its way, once."""

    def __init__(self, subscription: Any, lose: Callable[[], bool]) -> None:
        self._subscription = subscription
        self._lose = lose

    async def fetch(self, count: int, timeout: float) -> list[Any]:  # noqa: ASYNC109 - as in nats
        found = await self._subscription.fetch(count, timeout=timeout)
        if len(found) > 3 and self._lose():
            del found[3]
        return list(found)


class LossyBus(Bus):
    """A bus that loses one message once."""

    lost = False

    async def subscribe(self, sequence: int) -> Any:
        return Lossy(await super().subscribe(sequence), self._lose)

    def _lose(self) -> bool:
        first, self.lost = not self.lost, True
        return first


async def _land_all(bus: Bus, stack: Stack, ids: list[str], before: Callable[[], Awaitable[None]]) -> None:
    landing = Landing(bus, stack.env.object_store, Monitor(), 0.3)
    await bus.publish([Record(each, "prediction", "echo", _line(each)) for each in ids])
    await before()
    for _ in range(10):
        await landing.land()
        if set(ids) <= set(landed(stack, "predictions", "prediction_id")):
            break
    await bus.close()


def _line(own: str) -> bytes:
    return orjson.dumps(record() | {"id": own, "prediction_id": own})


async def _nothing() -> None:
    return None


def test_a_message_that_is_lost_on_the_way_lands_before_the_ones_after_it(stack: Stack) -> None:
    ids = [f"lossy-{number}" for number in range(20)]
    bus = LossyBus(stack.env.event_bus)
    asyncio.run(_land_all(bus, stack, ids, _nothing))
    rows = [each for each in landed(stack, "predictions", "prediction_id") if each.startswith("lossy-")]
    assert bus.lost
    assert sorted(rows) == sorted(ids)


def test_a_message_that_is_gone_from_the_stream_does_not_hold_up_the_rest(stack: Stack) -> None:
    ids = [f"gap-{number}" for number in range(10)]

    async def delete_one() -> None:
        client = await nats.connect(stack.env.event_bus.url, token=TOKEN)
        stream = client.jetstream()
        last = (await stream.stream_info(STREAM)).state.last_seq
        await stream.delete_msg(STREAM, last - 4)
        await client.close()

    asyncio.run(_land_all(Bus(stack.env.event_bus), stack, ids, delete_one))
    rows = [each for each in landed(stack, "predictions", "prediction_id") if each.startswith("gap-")]
    assert sorted(rows) == sorted(set(ids) - {"gap-5"})
