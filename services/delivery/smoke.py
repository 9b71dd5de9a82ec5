"""Does the gateway answer for a real user? One request, and a close look at the answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from ml.environment import Environment
from services.delivery.gateway import RELEASE_HEADER
from services.delivery.preparation import Progress
from services.errors import SmokeTestFailed

_SYSTEMS: Final = Path(__file__).parents[1] / "systems"


class Question(BaseModel):
    """A system's `smoke.json`: what to ask, and the part of the answer that must hold something."""

    model_config = ConfigDict(extra="forbid")

    route: str
    request: dict[str, Any]
    not_empty: str


class SmokeResult(BaseModel):
    """What was asked and what came back."""

    url: str
    request: dict[str, Any]
    response: dict[str, Any]
    release: str
    latency_ms: float


def smoke_test(
    env: Environment, system: str, *, progress: Progress = lambda step: None, systems: Path = _SYSTEMS
) -> SmokeResult:
    """Ask the gateway, and check status, release and content of the answer.

    Raises:
        SmokeTestFailed: with what came instead.
    """
    asked = question(system, systems)
    url = f"{env.gateway.url}/{system}/{asked.route}"
    progress(f"asking {url}")
    started = time.perf_counter()
    try:
        answer = httpx.post(url, json=asked.request, timeout=10.0)
    except httpx.HTTPError as error:
        raise SmokeTestFailed(f"{url} does not answer ({error}); see `millrace status`") from error
    latency_ms = round((time.perf_counter() - started) * 1000, 2)
    release = answer.headers.get(RELEASE_HEADER, "")
    if answer.status_code != 200 or not release or not answer.json().get(asked.not_empty):
        raise SmokeTestFailed(
            f"{url} answered {answer.status_code} with {answer.text[:300]!r}; "
            f"`millrace logs {system}` shows what the service says"
        )
    return SmokeResult(
        url=url, request=asked.request, response=answer.json(), release=release, latency_ms=latency_ms
    )


def question(system: str, systems: Path = _SYSTEMS) -> Question:
    """Return what a system's service is asked.

    Raises:
        SmokeTestFailed: its `smoke.json` cannot be read.
    """
    path = systems / system / "smoke.json"
    try:
        return Question.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise SmokeTestFailed(
            f"{path} cannot be read ({error}); write what to ask the system there"
        ) from error
