"""What an environment's parts say of themselves, asked side by side over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from ml.environment import Component, Environment

PATIENCE_S = 2.0


@dataclass(frozen=True)
class ComponentHealth:
    """One component's answer; ``detail`` is why it is not well."""

    name: str
    well: bool
    detail: str


@dataclass(frozen=True)
class Alert:
    """An alert that fires now."""

    name: str
    severity: str
    subject: str
    summary: str


def component_health(component: Component) -> ComponentHealth:
    """Ask a component whether it is well."""
    try:
        with urlopen(component.health_url, timeout=PATIENCE_S):  # noqa: S310 - the document's own http address
            return ComponentHealth(component.name, True, "")
    except HTTPError as error:
        return ComponentHealth(component.name, False, f"answers {error.code}")
    except (OSError, HTTPException) as error:
        return ComponentHealth(component.name, False, f"does not answer ({_cause(error)})")


def firing_alerts(environment: Environment) -> list[Alert] | None:
    """Return the alerts that fire and are not silenced; None when Alertmanager does not answer."""
    address = f"{environment.monitoring.alertmanager_url}/api/v2/alerts?active=true&silenced=false"
    try:
        with urlopen(address, timeout=PATIENCE_S) as answer:  # noqa: S310 - the document's own http address
            return [_alert(each) for each in json.load(answer)]
    except (OSError, HTTPException, ValueError):
        return None


def side_by_side(questions: Sequence[Callable[[], Any]]) -> list[Any]:
    """Ask all questions at once and return the answers in order."""
    with ThreadPoolExecutor(max_workers=max(1, len(questions))) as pool:
        return [future.result() for future in [pool.submit(question) for question in questions]]


def _alert(value: dict[str, Any]) -> Alert:
    labels, notes = value.get("labels", {}), value.get("annotations", {})
    subject = (
        labels.get("system") or labels.get("component") or labels.get("job") or labels.get("instance", "")
    )
    return Alert(labels.get("alertname", ""), labels.get("severity", ""), subject, notes.get("summary", ""))


def _cause(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason)
