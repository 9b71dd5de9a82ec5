"""Reading a request: its few headers of interest and its bounded body."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

from services.endpoint.errors import BodyTimeout, BodyTooLarge, UnsupportedMediaType
from services.endpoint.settings import Limits

Receive = Callable[[], Awaitable[Any]]

# A refused body up to this size is read to its end, so that the caller sees the answer.
_DISCARD_BYTES: Final = 16 * 1024 * 1024


class Caller(NamedTuple):
    """What the headers say."""

    request_id: bytes | None
    media_type: bytes | None
    length: bytes | None


class Disconnected(Exception):
    """The caller went away before its body was complete."""


def caller(headers: list[tuple[bytes, bytes]]) -> Caller:
    """Pick the headers that the endpoint needs; ASGI gives names in lower case."""
    request_id = media_type = length = None
    for name, value in headers:
        if name == b"x-request-id":
            request_id = value
        elif name == b"content-type":
            media_type = value
        elif name == b"content-length":
            length = value
    return Caller(request_id, media_type, length)


def check_media_type(media_type: bytes | None) -> None:
    """Refuse a body that says it is not JSON; saying nothing is taken for JSON."""
    if media_type is None or media_type == b"application/json":
        return
    essence = media_type.split(b";")[0].strip().lower()
    if essence != b"application/json" and not essence.endswith(b"+json"):
        raise UnsupportedMediaType(
            f"the body's type is {essence.decode('latin-1')!r}; send application/json",
            accept="application/json",
        )


async def read_body(receive: Receive, length: bytes | None, limits: Limits) -> bytes:
    """Return the whole body.

    Raises:
        BodyTooLarge: it has, or says it has, more bytes than the limit.
        BodyTimeout: it took longer than the limit.
        Disconnected: the caller is gone.
    """
    too_large = length is not None and int(length) > limits.max_body_bytes
    if too_large and int(length or 0) > _DISCARD_BYTES:
        raise _too_large(limits, close=True)
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            first = await receive()
            if first["type"] == "http.request" and not first.get("more_body") and not too_large:
                body: bytes = first["body"]
                if len(body) <= limits.max_body_bytes:
                    return body
                raise _too_large(limits)
            return await _read_on(receive, first, limits)
    except TimeoutError:
        raise BodyTimeout(
            f"the body did not arrive within {limits.body_timeout_s:g} s", connection="close"
        ) from None


async def _read_on(receive: Receive, message: Any, limits: Limits) -> bytes:
    body, seen = bytearray(), 0
    while True:
        if message["type"] == "http.disconnect":
            raise Disconnected
        seen += len(message["body"])
        if seen <= limits.max_body_bytes:
            body += message["body"]
        if seen > _DISCARD_BYTES:
            raise _too_large(limits, close=True)
        if not message.get("more_body"):
            break
        message = await receive()
    if seen > limits.max_body_bytes:
        raise _too_large(limits)
    return bytes(body)


def _too_large(limits: Limits, *, close: bool = False) -> BodyTooLarge:
    message = f"the body is larger than {limits.max_body_bytes} bytes"
    return BodyTooLarge(message, connection="close") if close else BodyTooLarge(message)
