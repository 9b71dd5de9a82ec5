"""A service under measurement: started on a free port out of a bento, and asked by wrk."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import psutil

from scripts.places import REPOSITORY
from services.endpoint.settings import Limits, ServiceSettings
from tests.bench.figure import Figure, spread

RUNS = 5
SECONDS = 5
CONNECTIONS = 16
HERE = Path(__file__).parent
WORKER = ("-m", "services.endpoint.worker")


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


@dataclass(frozen=True)
class Wrk:
    """One client of a script, which ends with a line ``RESULT``; ``arguments`` are the script's own."""

    script: str
    arguments: tuple[str, ...] = ()

    def run(self, url: str, pids: list[int], connections: int = CONNECTIONS) -> Run:
        """Ask for a while; the path of the address, if it has one, comes before the script's arguments."""
        base, _, prefix = url.removeprefix("http://").partition("/")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", str(HERE / self.script)]
        before = _cpu_s(pids)
        done = subprocess.run(
            [*command, f"http://{base}", "--", f"/{prefix}" if prefix else "", *self.arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        cpu = _cpu_s(pids) - before
        line = next(each for each in done.stdout.splitlines() if each.startswith("RESULT"))
        requests, duration_us, p99_us, errors = map(int, line.split()[1:])
        if errors or not requests:
            raise SystemExit(f"{url}: {requests} requests answered, {errors} failed")
        return Run(requests / duration_us * 1e6, p99_us / 1000, cpu / requests * 1e6)


def against_fastapi(wrk: Wrk, service: Served, baseline: Served, name: str = "") -> Iterator[Figure]:
    """Ask both in turn; ``name`` stands before each figure's own."""
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(wrk.run(service.url, [service.pid]))
        theirs.append(wrk.run(baseline.url, [baseline.pid]))
    rate, base = median(each.rate for each in ours), median(each.rate for each in theirs)
    p99, base_p99 = median(each.p99_ms for each in ours), median(each.p99_ms for each in theirs)
    how = (
        f"{rate:.0f} against {base:.0f} a second, one worker each, wrk with {CONNECTIONS} connections; "
        f"{spread([each.rate for each in ours])}"
    )
    pair = f"{name}BentoML service / hand-written FastAPI"
    yield Figure.at_least(f"{pair}, rate", rate / base, "x", 1.0, how)
    yield Figure.at_most(f"{pair}, p99", p99 / base_p99, "x", 1.0, f"{p99:.2f} against {base_p99:.2f} ms")
    for each, runs in (("BentoML service", ours), ("hand-written FastAPI", theirs)):
        cpu = [run.cpu_us for run in runs]
        yield Figure.noted(f"{name}CPU per request, {each}", median(cpu), "us", spread(cpu))


def _cpu_s(pids: list[int]) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


@contextmanager
def serve(source: Path, program: tuple[str, ...], limits: Limits | None = None) -> Iterator[Served]:
    """Run a program in a bento on a free port, its spool and log in a temporary folder."""
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is missing; `apt-get install wrk`, or put it on PATH")
    bounds = (limits or Limits()).model_copy(update={"spool_limit_bytes": 2**34})
    with tempfile.TemporaryDirectory(prefix="millrace-bench-") as name:
        folder = Path(name)
        port = _free_port()
        settings = ServiceSettings(release="bench-v1-0", port=port, spool=folder / "spool", limits=bounds)
        (folder / "service.json").write_text(settings.model_dump_json())
        variables = {
            "MILLRACE_SERVICE": str(folder / "service.json"),
            # What an app written by hand shares with others lies here; all else is the bento's.
            "PYTHONPATH": str(source) if program == WORKER else f"{source}:{REPOSITORY}",
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
            wait_for(f"{url}/readyz")
            yield Served(url, process.pid, log)
        finally:
            process.kill()
            process.wait()


def wait_for(url: str) -> None:
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
