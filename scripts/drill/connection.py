"""One caller on the wire: HTTP/1.1 over a connection that is kept, cheap enough to ask thousands of times."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

TIMEOUT_S: Final = 30.0
_RELEASE: Final = b"\r\nx-millrace-release: "
_LENGTH: Final = b"\r\ncontent-length: "
_END: Final = b"\r\n\r\n"


class Answer(NamedTuple):
    """What came back; ``release`` is empty if no release answered."""

    status: int
    release: str
    body: bytes


class NoAnswer(Exception):
    """The connection ended, or the answer did not come in time."""


class Connection:
    """Posts JSON to one address; opened when it is needed."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: bytes) -> Answer:
        """Ask, and return the answer.

        Raises:
            NoAnswer: there was none within 30 s.
        """
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._exchange(path, body)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self.close()
            raise NoAnswer(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Leave the connection."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, path: str, body: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
        reader, writer = self._streams
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        found = (await reader.readuntil(_END)).lower()
        answer = Answer(
            int(found[9:12]),
            _header(found, _RELEASE).decode(),
            await reader.readexactly(int(_header(found, _LENGTH) or 0)),
        )
        if b"\r\nconnection: close" in found:
            self.close()
        return answer


def _header(head: bytes, name: bytes) -> bytes:
    """Return a header's value, empty without one; ``head`` and ``name`` are lower case."""
    begin = head.find(name)
    return head[begin + len(name) : head.find(b"\r\n", begin + 2)] if begin >= 0 else b""
