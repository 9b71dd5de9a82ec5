"""The steward over HTTP, on the loopback interface: every request but health and metrics brings its token.

POST /alerts                      an Alertmanager webhook; alerts labelled action=retrain become runs
POST /systems/{system}/retrain    {"reason", "actor", "force"}: a person's request
POST /approvals/{release}         {"approved", "actor", "reason"}: an answer to what waits
POST /runs/{run}/cancel           {"actor"}: end a run now
GET  /runs                        what is queued or runs
GET  /livez, /readyz, /metrics
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Collection
from typing import Any, Final
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.process_collector import ProcessCollector
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.steward.engine import Engine
from services.steward.run import Answer
from services.steward.trigger import Alerts, Trigger

LARGEST_BODY: Final = 1 << 20


class Asked(BaseModel):
    """A person's request to retrain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1, max_length=500)
    actor: str = Field(min_length=1, max_length=200)
    force: bool = False


class Actor(BaseModel):
    """Who asks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: str = Field(min_length=1, max_length=200)


class Refused(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(error)
        self.status = status


class Server:
    """The routes of one engine."""

    def __init__(self, engine: Engine, systems: Collection[str], token: str) -> None:
        self._engine, self._systems, self._token = engine, systems, token
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._triggers = Counter(
            "millrace_steward_triggers", "Triggers taken.", ("system", "kind"), registry=self._registry
        )
        self._active = Gauge(
            "millrace_steward_runs", "Runs that are queued or running.", registry=self._registry
        )

    def app(self) -> Starlette:
        """Return the ASGI application."""
        posts: dict[str, Callable[..., Any]] = {
            "/alerts": self._alerts,
            "/systems/{system}/retrain": self._retrain,
            "/approvals/{release}": self._approve,
            "/runs/{run}/cancel": self._cancel,
        }
        return Starlette(
            routes=[
                *(Route(path, self._checked(work), methods=["POST"]) for path, work in posts.items()),
                Route("/runs", self._checked(self._runs)),
                Route("/livez", lambda request: JSONResponse({})),
                Route("/readyz", lambda request: JSONResponse({})),
                Route("/metrics", self._metrics),
            ]
        )

    def _checked(self, work: Callable[..., Any]) -> Callable[[Request], Any]:
        """Demand the token, read the body, and turn what is wrong into an answer."""

        async def answer(request: Request) -> Response:
            from starlette.concurrency import run_in_threadpool

            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), self._token.encode()):
                return JSONResponse({"error": "the token is missing or wrong"}, 401)
            try:
                body = await _body(request)
                return JSONResponse(*await run_in_threadpool(work, body, **request.path_params))
            except Refused as error:
                return JSONResponse({"error": str(error)}, error.status)
            except ValidationError as error:
                problem = error.errors()[0]
                where = ".".join(map(str, problem["loc"])) or "the body"
                return JSONResponse({"error": f"{where}: {problem['msg']}"}, 422)

        return answer

    def _alerts(self, body: Any) -> tuple[Any, int]:
        taken = [
            self._submit(alert.trigger())
            for alert in Alerts.model_validate(body).alerts
            if alert.asks and alert.labels["system"] in self._systems
        ]
        return {"runs": taken}, 202

    def _retrain(self, body: Any, system: str) -> tuple[Any, int]:
        if system not in self._systems:
            known = ", ".join(sorted(self._systems))
            raise Refused(404, f"there is no system {system!r} here; there are: {known}")
        asked = Asked.model_validate(body)
        trigger = Trigger(id=f"person-{uuid4().hex[:16]}", system=system, kind="person", **asked.model_dump())
        return {"run": self._submit(trigger)}, 202

    def _approve(self, body: Any, release: str) -> tuple[Any, int]:
        answer = Answer.model_validate(body)
        run = self._engine.waiting(release)
        if run is None:
            raise Refused(
                404, f"nothing named {release!r} waits for approval; `millrace history` tells what does"
            )
        self._engine.answer(run, answer)
        return {"run": run}, 200

    def _cancel(self, body: Any, run: str) -> tuple[Any, int]:
        state = self._engine.cancel(run, Actor.model_validate(body).actor)
        if state is None:
            raise Refused(404, f"no run {run!r} is queued or running")
        return state.model_dump(mode="json"), 200

    def _runs(self, body: Any) -> tuple[Any, int]:
        del body
        return {"runs": [state.model_dump(mode="json") for state in self._engine.active()]}, 200

    def _metrics(self, request: Request) -> Response:
        del request
        self._active.set(len(self._engine.active()))
        return Response(generate_latest(self._registry), media_type="text/plain; version=0.0.4")

    def _submit(self, trigger: Trigger) -> str:
        self._triggers.labels(system=trigger.system, kind=trigger.kind).inc()
        return self._engine.submit(trigger)


async def _body(request: Request) -> Any:
    if request.method == "GET":
        return None
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            raise Refused(413, f"the body is larger than {LARGEST_BODY} bytes")
    try:
        return json.loads(content)
    except ValueError as error:
        raise Refused(400, f"the body is not JSON: {error}") from error
