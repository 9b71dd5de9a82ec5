"""What Prometheus and Alertmanager say of a system."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import httpx

if TYPE_CHECKING:
    from ml.environment import Environment

_PATIENCE_S: Final = 5.0
# Alerts that only the watcher's word sets off; what else fires is about load, time and machines.
WATCHER: Final = "watcher"
_GROUP: Final = "drift"


class Firing(NamedTuple):
    """An alert that is active: its name, what of the system it is about, and since when."""

    name: str
    of: str
    since: datetime
    retrains: bool

    def __str__(self) -> str:
        return f"{self.name} of {self.of}" if self.of else self.name


class Alerts:
    """The alerts of one system; what does not answer says nothing."""

    def __init__(self, environment: Environment, system: str) -> None:
        self._monitoring, self._system = environment.monitoring, system

    def firing(self) -> list[Firing]:
        """Return the alerts about drift, quality and answers that are active."""
        asked = {"active": "true", "silenced": "false", "filter": f'system="{self._system}"'}
        found = _get(f"{self._monitoring.alertmanager_url}/api/v2/alerts", asked)
        return [_firing(each) for each in found or () if each["labels"].get("needs") == WATCHER]

    def value(self, metric: str) -> float | None:
        """Return the greatest newest sample of a metric of the system, None without one."""
        query = f'max({metric}{{system="{self._system}"}})'
        found = _get(f"{self._monitoring.prometheus_url}/api/v1/query", {"query": query})
        results = found["data"]["result"] if found else ()
        return float(results[0]["value"][1]) if results else None

    def evaluated(self) -> datetime | None:
        """Return when the rules about drift were evaluated last."""
        found = _get(f"{self._monitoring.prometheus_url}/api/v1/rules", {"type": "alert"})
        groups = found["data"]["groups"] if found else ()
        times = [each["lastEvaluation"] for each in groups if each["name"] == _GROUP]
        return _moment(times[0]) if times else None


def _firing(found: Any) -> Firing:
    labels = found["labels"]
    about = "/".join(labels[each] for each in ("feature", "fault") if each in labels)
    retrains = labels.get("action") == "retrain"
    return Firing(labels["alertname"], about, _moment(found["startsAt"]), retrains)


def _moment(text: str) -> datetime:
    """Read a time of RFC 3339, which may have nanoseconds."""
    whole, _, rest = text.partition(".")
    digits = rest.rstrip("Z").partition("+")[0].partition("-")[0]
    zone = rest[len(digits) :] if rest else ""
    return datetime.fromisoformat(f"{whole}.{digits[:6].ljust(6, '0')}{zone}" if rest else whole)


def _get(url: str, parameters: dict[str, str]) -> Any:
    try:
        answer = httpx.get(url, params=parameters, timeout=_PATIENCE_S)
        return answer.json() if answer.status_code == 200 else None
    except (httpx.HTTPError, ValueError):
        return None
