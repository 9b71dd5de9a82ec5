"""Requests per second of the recommender, beside a hand-written FastAPI app, and through the gateway.

Both processes run the current release's bento; what they log goes to a temporary folder, so
that a measurement leaves no prediction in the environment's tables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from ml.environment import Environment
from scripts.places import load
from services.delivery.gateway import Traefik
from services.delivery.releases import Releases
from services.delivery.supervisor import Supervisor
from services.delivery.traffic import Traffic
from tests.bench.figure import Figure
from tests.bench.served import RUNS, WORKER, Served, Wrk, against_fastapi, serve, wait_for

BASELINE = (str(Path(__file__).with_name("baseline_recommender.py")),)


def figures() -> Iterator[Figure]:
    """Yield every figure of serving."""
    wrk = Wrk("requests.lua")
    env = load("local")
    source = _bento_source(env)
    with ExitStack() as stack:
        service = stack.enter_context(serve(source, WORKER))
        baseline = stack.enter_context(serve(source, BASELINE))
        yield from against_fastapi(wrk, service, baseline)
        yield from _inside(wrk, service)
        yield from _through_gateway(wrk, env, service)


def _inside(wrk: Wrk, service: Served) -> Iterator[Figure]:
    start = service.log.stat().st_size
    wrk.run(service.url, [service.pid], connections=1)
    with service.log.open("rb") as log:
        log.seek(start)
        lines = [json.loads(line) for line in log.read().splitlines()[1:] if b'"duration_ms"' in line]
    times = sorted(line["duration_ms"] for line in lines)
    how = f"{len(times)} requests over one connection, from the access log; median {median(times):.2f} ms"
    yield Figure.at_most(
        "recommendation inside the service, p99", times[int(len(times) * 0.99)], "ms", 5.0, how
    )


def _through_gateway(wrk: Wrk, env: Environment, service: Served) -> Iterator[Figure]:
    gateway_pid = Supervisor(env.runtime.socket).processes()["traefik"].pid
    direct, routed = [], []
    with _routed(env, service) as url:
        for _ in range(RUNS):
            direct.append(wrk.run(service.url, [service.pid]))
            routed.append(wrk.run(url, [service.pid, gateway_pid]))
    ratio = median(each.rate for each in routed) / median(each.rate for each in direct)
    added = median(each.cpu_us for each in routed) - median(each.cpu_us for each in direct)
    how = (
        f"{added:.0f} us of CPU per request added, gateway and service together; at most 80 would do as well"
    )
    holds = ratio >= 0.6 or added <= 80
    yield Figure("through the gateway / direct, rate", round(ratio, 3), "x", ">= 0.6", holds, how)


def _bento_source(env: Environment) -> Path:
    releases = Releases(env)
    pointer = releases.current("recommender")
    if pointer is None or pointer.release is None:
        raise SystemExit("nothing is released; run `make up` first")
    return env.runtime.folder / "bentos" / releases.get(pointer.release).bento_tag.replace(":", "/") / "src"


@contextmanager
def _routed(env: Environment, service: Served) -> Iterator[str]:
    """Give the service a route of its own at the gateway while the block runs."""
    gateway = Traefik(env)
    gateway.send("bench", Traffic(champion=service.url))
    try:
        wait_for(f"{env.gateway.url}/bench/readyz")
        yield f"{env.gateway.url}/bench"
    finally:
        gateway.unroute("bench")
