"""Callers that ask the gateway without pause, and count who answered what."""

from __future__ import annotations

import threading
from collections import Counter
from types import TracebackType
from typing import Self

import httpx

from tests.services.stack import Stack
from tests.waiting import eventually


class Load:
    """Asks echo from so many threads while the block runs; ``seen`` counts (status, release)."""

    def __init__(self, stack: Stack, callers: int = 4, *, feedback: bool = False) -> None:
        self.seen: Counter[tuple[int, str]] = Counter()
        self._url = f"{stack.env.gateway.url}/echo"
        self._feedback = feedback
        self._done = threading.Event()
        self._callers = [threading.Thread(target=self._ask) for _ in range(callers)]

    def __enter__(self) -> Self:
        for caller in self._callers:
            caller.start()
        eventually(lambda: sum(self.seen.values()) > 40, "the first answers")
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._done.set()
        for caller in self._callers:
            caller.join()

    @property
    def failed(self) -> Counter[str]:
        """Requests that had no 200, by release; those that no release answered are under no name."""
        failed: Counter[str] = Counter()
        for (status, release), count in self.seen.items():
            if status != 200:
                failed[release] += count
        return failed

    def _ask(self) -> None:
        with httpx.Client(timeout=30) as client:
            while not self._done.is_set():
                try:
                    answer = client.post(f"{self._url}/echo", json={"text": "a"})
                except httpx.HTTPError as error:
                    self.seen[0, repr(error)] += 1
                    continue
                self.seen[answer.status_code, answer.headers.get("x-millrace-release", "")] += 1
                if self._feedback and answer.status_code == 200:
                    self._tell(client, answer.json())

    def _tell(self, client: httpx.Client, answer: dict[str, object]) -> None:
        """Say that a prediction of a version with more to say than a mark was not heard."""
        said = {"prediction_id": answer["prediction_id"], "heard": "unheard" not in str(answer["texts"])}
        told = client.post(f"{self._url}/feedback", json=said)
        self.seen[told.status_code, told.headers.get("x-millrace-release", "")] += 1
