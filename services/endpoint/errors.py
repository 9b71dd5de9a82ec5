"""Everything that a request can be refused with. Each carries its HTTP status.

RequestError
├── BadJson               400  the body is not JSON
├── InvalidRequest        400  the body is JSON, but not of the request's type
├── UnknownRoute          404
├── MethodNotAllowed      405
├── BodyTimeout           408  the body did not arrive in time
├── BodyTooLarge          413
├── UnsupportedMediaType  415
├── Overloaded            503  too many requests are being answered already
├── NotRecorded           503  feedback could not be written down
└── AnswerTimeout         504  the model took too long
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import orjson
from pydantic import ValidationError

__all__ = [
    "AnswerTimeout",
    "BadJson",
    "BodyTimeout",
    "BodyTooLarge",
    "InvalidRequest",
    "MethodNotAllowed",
    "NotRecorded",
    "Overloaded",
    "RequestError",
    "UnknownRoute",
    "UnsupportedMediaType",
]


class RequestError(Exception):
    """A refusal with its status, a code for programs and a sentence for people.

    ``fields`` name what is wrong in the body; other keywords become headers of the response.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad_request"

    def __init__(self, message: str, *, fields: Iterable[tuple[str, str]] = (), **headers: str) -> None:
        super().__init__(message)
        self.fields = tuple(fields)
        self.headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]

    def body(self, request_id: str) -> bytes:
        """Return the response's JSON body."""
        problem: dict[str, Any] = {"error": str(self), "code": self.code, "request_id": request_id}
        if self.fields:
            problem["fields"] = [{"field": field, "reason": reason} for field, reason in self.fields]
        return orjson.dumps(problem)


class BadJson(RequestError):
    """The body is not JSON."""

    code = "bad_json"


class InvalidRequest(RequestError):
    """The body is JSON, but not what the route takes."""

    code = "invalid_request"


class UnknownRoute(RequestError):
    """Nothing is served at that path."""

    status = 404
    code = "unknown_route"


class MethodNotAllowed(RequestError):
    """The path is served, but not with that method."""

    status = 405
    code = "method_not_allowed"


class BodyTimeout(RequestError):
    """The body did not arrive in time."""

    status = 408
    code = "body_timeout"


class BodyTooLarge(RequestError):
    """The body is larger than the service takes."""

    status = 413
    code = "body_too_large"


class UnsupportedMediaType(RequestError):
    """The body is of another type than JSON."""

    status = 415
    code = "unsupported_media_type"


class Overloaded(RequestError):
    """Too many requests are being answered already."""

    status = 503
    code = "overloaded"


class NotRecorded(RequestError):
    """What the request asked to write down could not be written."""

    status = 503
    code = "not_recorded"


class AnswerTimeout(RequestError):
    """The model took too long."""

    status = 504
    code = "answer_timeout"


def refusal(error: ValidationError) -> RequestError:
    """Turn pydantic's findings into one refusal that names each field and its fault."""
    findings = error.errors(include_url=False, include_context=False, include_input=False)
    if findings[0]["type"] == "json_invalid":
        return BadJson(f"the body is not JSON: {findings[0]['msg'].removeprefix('Invalid JSON: ')}")
    fields = [(".".join(map(str, each["loc"])) or "body", each["msg"]) for each in findings[:20]]
    return InvalidRequest("; ".join(f"{field}: {reason}" for field, reason in fields[:3]), fields=fields)
