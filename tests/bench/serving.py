"""Requests per second of the recommender, beside a hand-written FastAPI app, and through the gateway.

Both processes run the current release's bento; what they log goes to a temporary folder, so
that a measurement leaves no prediction in the environment's tables.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import psutil

from ml.environment import Environment
from scripts.places import load
from services.delivery.gateway import Traefik
from services.delivery.releases import Releases
from services.delivery.supervisor import Supervisor
from services.delivery.traffic import Traffic
from services.endpoint.settings import Limits, ServiceSettings
from tests.bench.figure import Figure, spread

RUNS = 5
SECONDS = 5
CONNECTIONS = 16
HERE = Path(__file__).parent
WORKER = ("-m", "services.endpoint.worker")
BASELINE = (str(HERE / "baseline_fastapi.py"),)


@dataclass(frozen=True)
class Run:
    """One run of wrk: rates per second, times in milliseconds and microseconds."""

    rate: float
    p99_ms: float
    cpu_us: float


@dataclass(frozen=True)
class Served:
    """A process under measurement."""

    url: str
    pid: int
    log: Path


def figures() -> Iterator[Figure]:
    """Yield every figure of serving."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("wrk is missing; `apt-get install wrk`, or put it on PATH")
    env = load("local")
    source = _bento_source(env)
    with ExitStack() as stack:
        service = stack.enter_context(_serve(source, WORKER))
        baseline = stack.enter_context(_serve(source, BASELINE))
        yield from _against_fastapi(wrk, service, baseline)
        yield from _inside(wrk, service)
        yield from _through_gateway(wrk, env, service)


def _against_fastapi(wrk: str, service: Served, baseline: Served) -> Iterator[Figure]:
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(_run(wrk, service.url, [service.pid]))
        theirs.append(_run(wrk, baseline.url, [baseline.pid]))
    rate, base = median(each.rate for each in ours), median(each.rate for each in theirs)
    p99, base_p99 = median(each.p99_ms for each in ours), median(each.p99_ms for each in theirs)
    how = (
        f"{rate:.0f} against {base:.0f} a second, one worker each, wrk with {CONNECTIONS} connections; "
        f"{spread([each.rate for each in ours])}"
    )
    yield Figure.at_least("BentoML service / hand-written FastAPI, rate", rate / base, "x", 1.0, how)
    yield Figure.at_most(
        "BentoML service / hand-written FastAPI, p99",
        p99 / base_p99,
        "x",
        1.0,
        f"{p99:.2f} against {base_p99:.2f} ms",
    )
    for name, runs in (("BentoML service", ours), ("hand-written FastAPI", theirs)):
        cpu = [each.cpu_us for each in runs]
        yield Figure.noted(f"CPU per request, {name}", median(cpu), "us", spread(cpu))


def _inside(wrk: str, service: Served) -> Iterator[Figure]:
    start = service.log.stat().st_size
    _run(wrk, service.url, [service.pid], connections=1)
    with service.log.open("rb") as log:
        log.seek(start)
        lines = [json.loads(line) for line in log.read().splitlines()[1:] if b'"duration_ms"' in line]
    times = sorted(line["duration_ms"] for line in lines)
    how = f"{len(times)} requests over one connection, from the access log; median {median(times):.2f} ms"
    yield Figure.at_most(
        "recommendation inside the service, p99", times[int(len(times) * 0.99)], "ms", 5.0, how
    )


def _through_gateway(wrk: str, env: Environment, service: Served) -> Iterator[Figure]:
    gateway_pid = Supervisor(env.runtime.socket).processes()["traefik"].pid
    direct, routed = [], []
    with _routed(env, service) as url:
        for _ in range(RUNS):
            direct.append(_run(wrk, service.url, [service.pid]))
            routed.append(_run(wrk, url, [service.pid, gateway_pid]))
    ratio = median(each.rate for each in routed) / median(each.rate for each in direct)
    added = median(each.cpu_us for each in routed) - median(each.cpu_us for each in direct)
    how = (
        f"{added:.0f} us of CPU per request added, gateway and service together; at most 80 would do as well"
    )
    holds = ratio >= 0.6 or added <= 80
    yield Figure("through the gateway / direct, rate", round(ratio, 3), "x", ">= 0.6", holds, how)


def _run(wrk: str, url: str, pids: list[int], connections: int = CONNECTIONS) -> Run:
    base, _, prefix = url.removeprefix("http://").partition("/")
    command = [
        wrk,
        "-t1",
        f"-c{connections}",
        f"-d{SECONDS}s",
        "-s",
        str(HERE / "requests.lua"),
        f"http://{base}",
    ]
    before = _cpu_s(pids)
    done = subprocess.run(
        [*command, "--", f"/{prefix}" if prefix else ""], capture_output=True, text=True, check=True
    )
    cpu = _cpu_s(pids) - before
    line = next(each for each in done.stdout.splitlines() if each.startswith("RESULT"))
    requests, duration_us, p99_us, errors = map(int, line.split()[1:])
    if errors:
        raise SystemExit(f"{url}: {errors} requests failed")
    return Run(requests / duration_us * 1e6, p99_us / 1000, cpu / requests * 1e6)


def _cpu_s(pids: list[int]) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def _bento_source(env: Environment) -> Path:
    releases = Releases(env)
    pointer = releases.current("recommender")
    if pointer is None or pointer.release is None:
        raise SystemExit("nothing is released; run `make up` first")
    return env.runtime.folder / "bentos" / releases.get(pointer.release).bento_tag.replace(":", "/") / "src"


@contextmanager
def _serve(source: Path, program: tuple[str, ...]) -> Iterator[Served]:
    """Run a program in a bento on a free port, its spool and log in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as name:
        folder = Path(name)
        port = _free_port()
        settings = ServiceSettings(
            release="bench-v1-0", port=port, spool=folder / "spool", limits=Limits(spool_limit_bytes=2**34)
        )
        (folder / "service.json").write_text(settings.model_dump_json())
        variables = {
            "MILLRACE_SERVICE": str(folder / "service.json"),
            "PYTHONPATH": str(source),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BENTOML_HOME": name,
            "BENTOML_DO_NOT_TRACK": "True",
            "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "2",
        }
        log = folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *program, *([] if program == WORKER else [str(port)])],
                cwd=source,
                env=os.environ | variables,
                stdout=output,
                stderr=output,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            _await(f"{url}/readyz")
            yield Served(url, process.pid, log)
        finally:
            process.kill()
            process.wait()


@contextmanager
def _routed(env: Environment, service: Served) -> Iterator[str]:
    """Give the service a route of its own at the gateway while the block runs."""
    gateway = Traefik(env)
    gateway.send("bench", Traffic(champion=service.url))
    try:
        _await(f"{env.gateway.url}/bench/readyz")
        yield f"{env.gateway.url}/bench"
    finally:
        gateway.unroute("bench")


def _await(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"{url} did not become ready")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
