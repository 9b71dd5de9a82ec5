"""The stream of the event bus that carries predictions and feedback."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, NamedTuple

import nats
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.errors import NotFoundError

from ml.environment import EventBus
from services.recorder.spools import Record

STREAM: Final = "millrace"
_KINDS: Final = ("prediction", "feedback")
_STREAM_BYTES: Final = 1024**3
_DUPLICATES_S: Final = 300.0
_PUBLISH_S: Final = 10.0
_AT_ONCE: Final = 256

logger = logging.getLogger(__name__)


class Message(NamedTuple):
    """A record as the stream holds it, with its place there."""

    sequence: int
    line: bytes


class BusUnavailable(Exception):
    """The bus does not answer, or takes no more; try again later."""


class Bus:
    """One connection and one stream; every method raises `BusUnavailable` for what passes.

    The stream refuses new messages when it is full: the spools keep them. What has landed is
    removed from it.
    """

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._client: Client | None = None
        self._connecting = asyncio.Lock()
        self._created = ""

    async def publish(self, records: list[Record]) -> None:
        """Put records on the stream; the ones that were there already within the window are not doubled."""
        stream = await self._stream()
        for start in range(0, len(records), _AT_ONCE):
            try:
                async with asyncio.timeout(_PUBLISH_S):
                    await asyncio.gather(
                        *(_publish(stream, each) for each in records[start : start + _AT_ONCE])
                    )
            except (NatsError, TimeoutError, OSError) as error:
                raise BusUnavailable(f"publishing failed: {error or type(error).__name__}") from error

    async def identity(self) -> tuple[str, int]:
        """Return a name that no other stream has had, and the sequence its first message has or will have."""
        try:
            info = await (await self._stream()).stream_info(STREAM)
        except (NatsError, OSError) as error:
            raise BusUnavailable(f"the stream cannot be read: {error}") from error
        return f"{STREAM}/{self._created}", info.state.first_seq or info.state.last_seq + 1

    async def subscribe(self, sequence: int) -> JetStreamContext.PullSubscription:
        """Return a subscription that begins at a sequence, or at the first message after it."""
        stream = await self._stream()
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=max(sequence, 1),
            ack_policy=AckPolicy.NONE,
            inactive_threshold=300.0,
            mem_storage=True,
        )
        try:
            return await stream.pull_subscribe("", stream=STREAM, config=config)
        except (NatsError, OSError, ValueError) as error:
            raise BusUnavailable(f"subscribing failed: {error}") from error

    async def discard(self, up_to: int) -> None:
        """Remove messages that have landed, the given sequence included."""
        try:
            await (await self._stream()).purge_stream(STREAM, seq=up_to + 1)
        except (NatsError, OSError) as error:
            raise BusUnavailable(f"purging failed: {error}") from error

    async def close(self) -> None:
        """Close the connection."""
        if self._client:
            await self._client.close()

    async def _stream(self) -> JetStreamContext:
        async with self._connecting:
            if self._client is None or not self._client.is_connected:
                await self.close()
                self._client = None
                self._client = await self._connect()
            return self._client.jetstream(timeout=_PUBLISH_S)

    async def _connect(self) -> Client:
        token = self._bus.token.read() if self._bus.token else None
        try:
            client = await nats.connect(
                self._bus.url,
                token=token,
                name="millrace-recorder",
                connect_timeout=2,
                allow_reconnect=False,
                error_cb=_note,
            )
            self._created = await _ensure_stream(client.jetstream(timeout=_PUBLISH_S))
        except (NatsError, TimeoutError, OSError) as error:
            raise BusUnavailable(
                f"{self._bus.url} cannot be reached: {error or type(error).__name__}"
            ) from error
        return client


async def fetch(subscription: JetStreamContext.PullSubscription, count: int, wait_s: float) -> list[Message]:
    """Return up to ``count`` messages, none if none came in time."""
    try:
        found = await subscription.fetch(count, timeout=wait_s)
    except TimeoutError:
        return []
    except (NatsError, OSError) as error:
        raise BusUnavailable(f"fetching failed: {error}") from error
    return [Message(each.metadata.sequence.stream, each.data) for each in found]


async def _publish(stream: JetStreamContext, record: Record) -> None:
    await stream.publish(
        f"{STREAM}.{record.kind}.{record.system}",
        record.line,
        headers={"Nats-Msg-Id": record.id},
        stream=STREAM,
    )


async def _ensure_stream(stream: JetStreamContext) -> str:
    """Make the stream if it is not there, and return when it was made."""
    try:
        info = await stream.stream_info(STREAM)
    except NotFoundError:
        info = await stream.add_stream(
            StreamConfig(
                name=STREAM,
                subjects=[f"{STREAM}.{kind}.*" for kind in _KINDS],
                retention=RetentionPolicy.LIMITS,
                discard=DiscardPolicy.NEW,
                max_bytes=_STREAM_BYTES,
                storage=StorageType.FILE,
                duplicate_window=_DUPLICATES_S,
            )
        )
    return str(info.created)


async def _note(error: Exception) -> None:
    logger.warning("the bus reports: %s", error)
