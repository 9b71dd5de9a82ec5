"""A release that takes its time."""

from __future__ import annotations

import asyncio

from pydantic import BaseModel

from services.endpoint.contract import Request
from services.endpoint.operation import Operation

LATE_S = 0.3


def install() -> None:
    """Have every prediction wait, while other requests go on."""
    answer = Operation.answer

    async def late(self: Operation, request: Request, timeout_s: float) -> BaseModel:
        if self.predicts:
            await asyncio.sleep(LATE_S)
        return await answer(self, request, timeout_s)

    Operation.answer = late  # type: ignore[method-assign]
