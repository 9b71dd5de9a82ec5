"""A system small enough for tests: it says what it was told, a number of times."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.endpoint.contract import Feedback, Prediction, Request
from services.endpoint.identifiers import new_id
from services.endpoint.service import api, service
from services.endpoint.settings import MODEL, Package, ServiceSettings, package_folder


class EchoRequest(Request):
    text: Annotated[str, Field(min_length=1, max_length=100)]
    times: Annotated[int, Field(ge=1, le=100)] = 1
    wait_s: Annotated[float, Field(ge=0, le=10)] = 0.0


class EchoAnswer(Prediction):
    texts: list[str]

    def outcome(self) -> str:
        return "once" if len(self.texts) == 1 else "often"


class EchoFeedback(Feedback):
    heard: bool

    def right(self) -> bool | None:
        return self.heard


@service(feedback=EchoFeedback)
class Echo:
    """Says what it was told."""

    def __init__(self) -> None:
        self.package = Package.read(package_folder())
        self.release = ServiceSettings.load().release
        self.suffix = (Path(package_folder()) / MODEL / "suffix.txt").read_text()
        self.asked = 0
        self.held: list[bytes] = []

    @api
    async def echo(self, request: EchoRequest, /) -> EchoAnswer:
        """Say a text some times."""
        if request.text == "break":
            raise RuntimeError("told to break")
        await self._misbehave()
        return self._answer(request)

    @api
    def slowly(self, request: EchoRequest, /) -> EchoAnswer:
        """Say it after a while, in a thread."""
        time.sleep(request.wait_s)
        return self._answer(request)

    async def _misbehave(self) -> None:
        """Do what the model's suffix says, as a bad release would."""
        self.asked += 1
        if "fails" in self.suffix and self.asked % 3 == 0:
            raise RuntimeError("every third request fails")
        if "slow" in self.suffix:
            await asyncio.sleep(0.3)
        if "crashes" in self.suffix and self.asked == 10:
            os._exit(1)
        if "leaks" in self.suffix:
            self.held.append(b"x" * 8 * 2**20)

    def _answer(self, request: EchoRequest) -> EchoAnswer:
        return EchoAnswer(
            prediction_id=new_id(self.release),
            release=self.release,
            model_version=self.package.model_version,
            texts=[request.text + self.suffix] * (2 if "twice" in self.suffix else request.times),
        )
