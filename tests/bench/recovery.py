"""How long each part is away after kill -9."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import httpx

from ml.environment import Environment
from scripts.health import component_health
from scripts.places import load
from services.delivery.releases import Releases
from services.delivery.supervisor import Supervisor
from tests.bench.figure import Figure, spread

GO_S, SERVICE_S, MLFLOW_S = 3, 8, 20
LIMITS = {
    "seaweedfs": GO_S, "nats": GO_S, "traefik": GO_S, "prometheus": GO_S, "alertmanager": GO_S,
    "blackbox": GO_S, "recorder": SERVICE_S, "watcher": SERVICE_S, "steward": SERVICE_S,
    "mlflow": MLFLOW_S,
}  # fmt: skip
RUNS = 3


def figures() -> Iterator[Figure]:
    """Kill each component, and the service, and ask until it answers as another process."""
    environment = load("local")
    health = {each.name: each for each in environment.components}
    for name, limit in LIMITS.items():
        times = [
            away(environment, name, lambda each=health[name]: component_health(each).well)
            for _ in range(RUNS)
        ]
        yield Figure.at_most(f"{name} back after kill -9", max(times), "s", limit, spread(times))
    release = Releases(environment).current("recommender").release
    times = [away(environment, release, lambda: answers(environment)) for _ in range(RUNS)]
    yield Figure.at_most("recommender back after kill -9", max(times), "s", SERVICE_S, spread(times))


def away(environment: Environment, program: str, well: Callable[[], bool]) -> float:
    """Kill a program and return the seconds until another process of that name is well."""
    supervisor = Supervisor(environment.runtime.socket)
    before = supervisor.processes()[program].pid
    os.kill(before, signal.SIGKILL)
    started = time.perf_counter()
    while time.perf_counter() - started < 120:
        if supervisor.processes()[program].pid not in (0, before) and well():
            return time.perf_counter() - started
        time.sleep(0.05)
    raise RuntimeError(f"{program} did not come back within two minutes")


def answers(environment: Environment) -> bool:
    """Ask the system through the gateway."""
    url = f"{environment.gateway.url}/recommender/recommend"
    try:
        return httpx.post(url, json={"user_id": "196", "k": 5}, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
