"""A release that fails every third prediction."""

from __future__ import annotations

from itertools import count

from pydantic import BaseModel

from services.endpoint.contract import Request
from services.endpoint.operation import Operation


def install() -> None:
    """Have every third prediction fail."""
    answer, asked = Operation.answer, count(1)

    async def fails(self: Operation, request: Request, timeout_s: float) -> BaseModel:
        if self.predicts and next(asked) % 3 == 0:
            raise RuntimeError("sabotaged by the drill: every third prediction fails")
        return await answer(self, request, timeout_s)

    Operation.answer = fails  # type: ignore[method-assign]
