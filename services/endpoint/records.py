"""Lines of the prediction log."""

from __future__ import annotations

import time

import orjson

from services.endpoint.contract import Recorded, Request
from services.endpoint.settings import Identity

_LINE = (
    b'%b%b","prediction_id":"%b","time_us":%d,"request_id":"%b","features":%b,"request":%b,"response":%b}\n'
)


class Records:
    """Makes one JSON line of a request and its answer, whose JSON is spliced in, not parsed again.

    Keys: ``kind`` (prediction or feedback), ``system``, ``release``, ``model_version``,
    ``id`` (unique; the message id on the bus), ``prediction_id``, ``time_us`` (since 1970,
    UTC), ``request_id``, ``features``, ``request``, ``response``.
    """

    def __init__(self, identity: Identity) -> None:
        constant = orjson.dumps(identity.model_dump())[1:-1]
        self._heads = {
            kind: b'{"kind":"%b",%b,"id":"' % (kind.encode(), constant) for kind in ("prediction", "feedback")
        }

    def line(self, request: Request, answer: Recorded, response: bytes, request_id: str) -> bytes:
        """Return the record, newline included; ``response`` is the answer as it will be sent."""
        logged = request.logged()
        return _LINE % (
            self._heads[answer.kind],
            answer.record_id().encode(),
            answer.prediction_id.encode(),
            time.time_ns() // 1000,
            request_id.encode(),
            orjson.dumps(answer.features),
            logged.__pydantic_serializer__.to_json(logged),
            answer.logged(response),
        )
