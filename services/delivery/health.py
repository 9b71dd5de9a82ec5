"""Waiting for a service: until it is ready, and until nobody asks it any more."""

from __future__ import annotations

import time
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from services.delivery.gateway import RELEASE_HEADER
from services.delivery.local_http import get
from services.delivery.runtime import Instance, Runtime
from services.errors import ReleaseUnhealthy

READY_S: Final = 60.0
_QUIET_S: Final = 0.4
_DRAIN_S: Final = 30.0
_POLL_S: Final = 0.05


def ready(instance: Instance) -> bool:
    """Say whether this very release, in the process that the runtime watches, is ready."""
    try:
        answer = get(f"{instance.url}/readyz")
    except httpx.HTTPError:
        return False
    named = answer.headers.get(RELEASE_HEADER) == instance.release
    return answer.status_code == 200 and named and answer.json().get("pid") == instance.pid


def wait_ready(runtime: Runtime, release_id: str, timeout_s: float = READY_S) -> Instance:
    """Return the instance once it is ready.

    Raises:
        ReleaseUnhealthy: its process ended, or it took too long; with the end of its log.
    """
    deadline, first_pid = time.monotonic() + timeout_s, 0
    while time.monotonic() < deadline:
        instance = runtime.find(release_id)
        if instance is None:
            raise _unhealthy(runtime, release_id, "the runtime lost it")
        if instance.state == "running" and ready(instance):
            return instance
        first_pid = first_pid or instance.pid
        died = instance.pid not in (0, first_pid) or "BACKOFF" in instance.description
        if died or instance.state == "stopped":
            raise _unhealthy(runtime, release_id, f"its process ended ({instance.description})")
        time.sleep(_POLL_S)
    raise _unhealthy(runtime, release_id, f"it was not ready within {timeout_s:g} s")


def wait_quiet(instance: Instance) -> None:
    """Return once the instance answers nothing and has been asked nothing for a moment."""
    deadline = time.monotonic() + _DRAIN_S
    before, since = _traffic(instance), time.monotonic()
    while time.monotonic() < deadline and before is not None:
        time.sleep(_POLL_S)
        now = _traffic(instance)
        if now != before or now is None or now[0]:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > _QUIET_S:
            return


def _traffic(instance: Instance) -> tuple[float, float] | None:
    """Return the requests in progress and all answered so far; None if it does not answer."""
    try:
        text = get(f"{instance.url}/metrics").text
    except httpx.HTTPError:
        return None
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    return (
        sum(each.value for each in samples if each.name == "millrace_requests_in_progress"),
        sum(each.value for each in samples if each.name == "millrace_requests_total"),
    )


def _unhealthy(runtime: Runtime, release_id: str, why: str) -> ReleaseUnhealthy:
    return ReleaseUnhealthy(
        f"{release_id} never became ready: {why}; the last lines of its log:\n"
        f"{runtime.last_lines(release_id)}\nMend the cause and release again; what served before still does."
    )
