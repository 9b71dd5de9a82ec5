"""Callers that ask a system through the gateway, in a thread of their own, and account for every request."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

import orjson
import uvloop

from scripts.drill.connection import Connection, NoAnswer
from scripts.drill.proof import Unproven
from scripts.drill.questions import Question

_ID: Final = re.compile(rb'"prediction_id":"([0-9a-f-]{36})"')
_PAUSED_S: Final = 0.02
_AFTER_FAILURE_S: Final = 0.05

# What a user says of an answer: the body of the feedback, None for nothing.
Tell = Callable[[Any, Any], dict[str, Any] | None]


class Failure(NamedTuple):
    """A request that had no good answer: when (monotonic), from which release, and what came."""

    at: float
    release: str
    what: str


class Load:
    """Asks ``rate`` times a second at most, with so many callers, until told to stop or ``count`` were asked.

    ``ids`` are the predictions that were acknowledged, ``times`` when each release answered (monotonic
    seconds), ``failures`` what had no 2xx. Every request that is sent is in one of them.
    """

    def __init__(
        self,
        url: str,
        route: str,
        questions: Iterator[Question],
        tell: Tell,
        *,
        rate: float,
        callers: int = 8,
        count: int | None = None,
    ) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "127.0.0.1", parts.port or 80
        self._paths = f"{parts.path}/{route}", f"{parts.path}/feedback"
        self._questions, self._tell = questions, tell
        self._every_s, self._callers = callers / rate, callers
        self._left = count
        self._stop, self._paused = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._broken: BaseException | None = None
        self.ids: list[str] = []
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.failures: list[Failure] = []
        self.told = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self.wait()

    @property
    def asked(self) -> int:
        """The predictions that were asked for and answered, well or not, or lost."""
        return len(self.ids) + len(self.failures)

    def wait(self) -> None:
        """Return when everything that was asked is answered; what broke the callers is raised here."""
        while self._thread.is_alive():
            self._thread.join(0.2)
        if self._broken:
            raise self._broken

    def pace(self, rate: float) -> None:
        """Ask so many times a second from now on."""
        self._every_s = self._callers / rate

    def pause(self) -> None:
        """Ask nothing for a while."""
        self._paused.set()

    def go_on(self) -> None:
        """Ask again."""
        self._paused.clear()

    def require_none_failed(self, look: str, *, but: str = "") -> None:
        """Hold that no request failed, but for those that this release answered.

        Raises:
            Unproven: some did.
        """
        failed = [each for each in self.failures if not but or each.release != but]
        if failed:
            raise Unproven(f"{len(failed)} of {self.asked:,} requests failed ({failed[0].what})", look)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._all())
        except BaseException as error:  # noqa: BLE001 - raised again where the thread is waited for
            self._broken = error

    async def _all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(self._callers):
                group.create_task(self._call(number * self._every_s / self._callers))

    async def _call(self, after_s: float) -> None:
        connection = Connection(*self._address)
        due = time.monotonic() + after_s
        while not self._stop.is_set() and self._takes_one():
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            while self._paused.is_set() and not self._stop.is_set():  # noqa: ASYNC110 - set by other threads
                await asyncio.sleep(_PAUSED_S)
            if not await self._ask(connection, next(self._questions)):
                await asyncio.sleep(_AFTER_FAILURE_S)
            due = max(due + self._every_s, time.monotonic())
        connection.close()

    def _takes_one(self) -> bool:
        if self._left is None:
            return True
        self._left -= 1
        return self._left >= 0

    async def _ask(self, connection: Connection, question: Question) -> bool:
        answer = await self._post(connection, self._paths[0], question.body)
        if answer is None:
            return False
        found = _ID.search(answer)
        if found is None:
            self.failures.append(Failure(time.monotonic(), "", "an answer without a prediction's id"))
            return False
        prediction = found.group(1).decode()
        self.ids.append(prediction)
        said = self._tell(orjson.loads(answer), question.label) if question.label else None
        if said is not None:
            said["prediction_id"] = prediction
            heard = await self._post(connection, self._paths[1], orjson.dumps(said))
            self.told += heard is not None
        return True

    async def _post(self, connection: Connection, path: str, body: bytes) -> bytes | None:
        """Return the body of a good answer; another is noted."""
        try:
            answer = await connection.post(path, body)
        except NoAnswer as error:
            self.failures.append(Failure(time.monotonic(), "", str(error)))
            return None
        if path == self._paths[0]:
            self.times[answer.release].append(time.monotonic())
        if answer.status // 100 == 2:
            return answer.body
        what = f"{answer.status} {answer.body[:200].decode(errors='replace')}"
        self.failures.append(Failure(time.monotonic(), answer.release, what))
        return None
