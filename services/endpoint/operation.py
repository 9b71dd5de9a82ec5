"""One API method of a service, ready to be called with a request's bytes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, ValidationError

from services.endpoint.contract import Feedback, Request
from services.endpoint.errors import AnswerTimeout, refusal


@dataclass(frozen=True)
class Operation:
    """A route, the type it takes and the method that answers.

    A coroutine method runs in the event loop, where a call of less than a millisecond
    belongs; a plain method runs in a thread.
    """

    path: str
    request: type[Request]
    method: Callable[[Any], Any]
    inline: bool

    @classmethod
    def of(cls, path: str, method: Callable[[Any], Any]) -> Operation:
        """Read the request's type off a bound method with one parameter.

        Raises:
            TypeError: the parameter is not a pydantic model.
        """
        parameters = list(inspect.signature(method).parameters)
        request = get_type_hints(method).get(parameters[0]) if len(parameters) == 1 else None
        if not (inspect.isclass(request) and issubclass(request, Request)):
            raise TypeError(f"{path}: an API method takes one Request, not {parameters}")
        return cls(path, request, method, inspect.iscoroutinefunction(method))

    @property
    def predicts(self) -> bool:
        """Say whether it answers with predictions, and does not take what became of them."""
        return not issubclass(self.request, Feedback)

    def parse(self, body: bytes) -> Request:
        """Validate a body.

        Raises:
            BadJson, InvalidRequest: with the fields at fault.
        """
        try:
            request: Request = self.request.__pydantic_validator__.validate_json(body)
        except ValidationError as error:
            raise refusal(error) from None
        return request

    async def answer(self, request: Request, timeout_s: float) -> BaseModel:
        """Call the method; what it raises is passed on.

        Raises:
            AnswerTimeout: it ran in a thread, and longer than it may.
        """
        if self.inline:
            return cast(BaseModel, await self.method(request))
        try:
            async with asyncio.timeout(timeout_s):
                return cast(BaseModel, await asyncio.to_thread(self.method, request))
        except TimeoutError:
            raise AnswerTimeout(f"no answer within {timeout_s:g} s; ask again, or ask for less") from None
