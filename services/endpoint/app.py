"""The ASGI application in front of BentoML's own: it answers the routes that carry traffic.

BentoML's router, middleware and serialisation are passed by; its pages (``/docs.json``,
``/schema.json``, the interactive page) are still its own.
"""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, NamedTuple

import orjson

from services.endpoint.access_log import AccessLog
from services.endpoint.body import Disconnected, Receive, caller, check_media_type, read_body
from services.endpoint.contract import Feedback, FeedbackReceipt, Prediction, Recorded, Request
from services.endpoint.errors import MethodNotAllowed, NotRecorded, Overloaded, RequestError, UnknownRoute
from services.endpoint.identifiers import marked, request_id
from services.endpoint.metrics import CONTENT_TYPE, ERROR, EndpointMetrics
from services.endpoint.operation import Operation
from services.endpoint.records import Records
from services.endpoint.settings import Identity, Package, ServiceSettings
from services.endpoint.spool import Spool

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON: Final = b"application/json"
CLIENT_CLOSED: Final = 499
_PAGES: Final = frozenset({"/", "/docs.json", "/schema.json"})
_ASSETS: Final = "/static_content/"

logger = logging.getLogger("millrace.endpoint")


class Outcome(NamedTuple):
    """What will be sent; ``prediction_id`` is for the log, ``kind`` for counting answers by their kind."""

    status: int
    body: bytes
    prediction_id: str = ""
    headers: Headers = []  # noqa: RUF012 - read only
    kind: str = ""


class Endpoint:
    """Answers the operations, health and metrics of one service process."""

    def __init__(self, pages: App, package: Package, settings: ServiceSettings) -> None:
        self.identity = Identity(
            system=package.system, release=settings.release, model_version=package.model_version
        )
        self._pages = pages
        self._limits = settings.limits
        self._metrics = EndpointMetrics(self.identity, package)
        self._records = Records(self.identity)
        self._log = AccessLog(self.identity)
        self._spool = Spool(
            settings.spool,
            segment_bytes=settings.limits.spool_segment_bytes,
            limit_bytes=settings.limits.spool_limit_bytes,
        )
        self._release = (b"x-millrace-release", self.identity.release.encode())
        self._operations: dict[str, Operation] = {}
        self._ready = False

    def serve(self, operations: Iterable[Operation]) -> None:
        """Take the operations of a service whose model is loaded."""
        self._operations = {operation.path: operation for operation in operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        if scope["type"] == "http":
            operation = self._operations.get(scope["path"])
            if operation is None:
                await self._page(scope, receive, send)
            else:
                await self._operate(operation, scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    async def _operate(self, operation: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        given = caller(scope["headers"])
        own_id = request_id(given.request_id)
        self._metrics.in_flight += 1
        try:
            if scope["method"] != "POST":
                raise MethodNotAllowed(f"{operation.path} takes POST, not {scope['method']}", allow="POST")
            check_media_type(given.media_type)
            body = await read_body(receive, given.length, self._limits)
            outcome = await self._answer(operation, body, own_id)
        except RequestError as error:
            outcome = Outcome(error.status, error.body(own_id), headers=error.headers)
        except Disconnected:
            outcome = Outcome(CLIENT_CLOSED, b"")
        finally:
            self._metrics.in_flight -= 1
        if outcome.status != CLIENT_CLOSED:
            await self._send(send, outcome, own_id)
        self._count(operation, outcome, time.perf_counter() - started)
        self._log.line(
            scope["method"], operation.path, outcome.status, started, own_id, outcome.prediction_id
        )

    def _count(self, operation: Operation, outcome: Outcome, seconds: float) -> None:
        self._metrics.observe(outcome.status, seconds, operation.path)
        if operation.predicts:
            self._metrics.predicted(ERROR if outcome.status >= 500 else outcome.kind)

    async def _answer(self, operation: Operation, body: bytes, own_id: str) -> Outcome:
        if self._metrics.in_flight > self._limits.max_in_flight:
            raise Overloaded(
                f"{self._limits.max_in_flight} requests are being answered already; try again",
                retry_after="1",
            )
        request = operation.parse(body)
        try:
            answer = await operation.answer(request, self._limits.answer_timeout_s)
        except RequestError:
            raise
        except Exception:
            logger.exception("%s failed", operation.path, extra={"request_id": own_id})
            return Outcome(
                500, _problem("the service failed to answer; its log says why", "internal", own_id)
            )
        response: bytes = answer.__pydantic_serializer__.to_json(answer)
        if not isinstance(answer, Recorded):
            return Outcome(200, response)
        self._record(request, answer, response, own_id)
        kind = answer.outcome() if isinstance(answer, Prediction) else ""
        return Outcome(200, response, answer.prediction_id, kind=kind)

    def _record(self, request: Request, answer: Recorded, response: bytes, own_id: str) -> None:
        if self._spool.append(self._records.line(request, answer, response, own_id)):
            if isinstance(request, Feedback) and (right := request.right()) is not None:
                self._metrics.heard(marked(request.prediction_id), right=right)
            return
        if isinstance(answer, FeedbackReceipt):
            raise NotRecorded("the feedback could not be written down; send it again later", retry_after="5")
        self._metrics.dropped.inc()

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, own_id = scope["path"], request_id(caller(scope["headers"]).request_id)
        known = path in _PROBES or path in _PAGES or path.startswith(_ASSETS)
        if known and scope["method"] in ("GET", "HEAD"):
            await self._known_page(path, own_id, scope, receive, send)
            return
        error: RequestError = UnknownRoute(
            f"nothing is served at {path[:200]!r}; POST to {', '.join(self._operations) or 'nothing yet'}"
        )
        if known:
            error = MethodNotAllowed(f"{path} takes GET, not {scope['method']}", allow="GET, HEAD")
        await self._send(send, Outcome(error.status, error.body(own_id), headers=error.headers), own_id)
        self._metrics.count(error.status)
        self._log.line(scope["method"], path[:200], error.status, time.perf_counter(), own_id, "")

    async def _known_page(self, path: str, own_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        if path == "/metrics":
            await self._send(send, Outcome(200, self._metrics.render()), own_id, CONTENT_TYPE)
        elif path in _PROBES:
            ready = self._ready or path != "/readyz"
            await self._send(send, Outcome(200 if ready else 503, self._health()), own_id)
        else:
            await self._pages(scope, receive, self._named(send, own_id))

    def _health(self) -> bytes:
        return orjson.dumps({"ready": self._ready, "pid": os.getpid(), **self.identity.model_dump()})

    async def _send(self, send: Send, outcome: Outcome, own_id: str, media_type: bytes = JSON) -> None:
        headers = [
            (b"content-type", media_type),
            (b"content-length", b"%d" % len(outcome.body)),
            (b"x-request-id", own_id.encode()),
            self._release,
            *outcome.headers,
        ]
        await send({"type": "http.response.start", "status": outcome.status, "headers": headers})
        await send({"type": "http.response.body", "body": outcome.body})

    def _named(self, send: Send, own_id: str) -> Send:
        async def with_names(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-request-id", own_id.encode()), self._release]
            await send(message)

        return with_names

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Any) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._begin()
            await send(message)

        async def heeding() -> Any:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._ready = False
            return message

        await self._pages(scope, heeding, noting)
        self._spool.close()
        self._log.flush()

    def _begin(self) -> None:
        # Everything loaded so far lives as long as the process: the collector need not look at it.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)
        self._ready = bool(self._operations)
        logger.info("serving %s", ", ".join(self._operations))


_PROBES: Final = frozenset({"/livez", "/healthz", "/readyz", "/metrics"})


def _problem(message: str, code: str, own_id: str) -> bytes:
    return orjson.dumps({"error": message, "code": code, "request_id": own_id})
