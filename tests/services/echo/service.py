"""A system small enough for tests: it says what it was told, a number of times."""

from __future__ import annotations

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


class EchoFeedback(Feedback):
    heard: bool


@service(feedback=EchoFeedback)
class Echo:
    """Says what it was told."""

    def __init__(self) -> None:
        self.package = Package.read(package_folder())
        self.release = ServiceSettings.load().release
        self.suffix = (Path(package_folder()) / MODEL / "suffix.txt").read_text()

    @api
    async def echo(self, request: EchoRequest, /) -> EchoAnswer:
        """Say a text some times."""
        if request.text == "break":
            raise RuntimeError("told to break")
        return self._answer(request)

    @api
    def slowly(self, request: EchoRequest, /) -> EchoAnswer:
        """Say it after a while, in a thread."""
        time.sleep(request.wait_s)
        return self._answer(request)

    def _answer(self, request: EchoRequest) -> EchoAnswer:
        return EchoAnswer(
            prediction_id=new_id(),
            release=self.release,
            model_version=self.package.model_version,
            texts=[request.text + self.suffix] * request.times,
        )
