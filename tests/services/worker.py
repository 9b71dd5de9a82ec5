"""One service process on a free port, without a supervisor above it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import orjson

from services.delivery.package import Bento
from services.endpoint.settings import Limits, ServiceSettings
from tests.waiting import eventually


class Worker:
    """Runs a bento's worker; usable as a context manager."""

    def __init__(self, bento: Bento, folder: Path, limits: Limits | None = None, **environment: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.settings = ServiceSettings(
            release=f"{bento.system}-v1-cafe",
            port=_free_port(),
            spool=folder / "spool",
            limits=limits or Limits(),
        )
        self.url = f"http://127.0.0.1:{self.settings.port}"
        self._bento = bento
        self._environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self, *, prefix: tuple[str, ...] = ()) -> None:
        """Start and wait until it is ready."""
        settings = self.folder / "service.json"
        settings.write_text(self.settings.model_dump_json())
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "services.endpoint.worker"],
            cwd=self._bento.source,
            env=inherited
            | {
                "MILLRACE_SERVICE": str(settings),
                "PYTHONPATH": str(self._bento.source),
                "PYTHONDONTWRITEBYTECODE": "1",
                "BENTOML_HOME": str(self.folder / "home"),
                "BENTOML_DO_NOT_TRACK": "True",
            }
            | self._environment,
            stdout=(self.folder / "log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        eventually(lambda: httpx.get(f"{self.url}/readyz").status_code == 200, f"{self.url}/readyz")

    def kill(self, how: int = signal.SIGKILL) -> int:
        """Send a signal and return the exit code once the process is gone."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        return self.process.wait(60)

    def records(self) -> list[dict[str, Any]]:
        """Return everything in the spool."""
        files = sorted((self.folder / "spool").glob("*.jsonl"))
        return [orjson.loads(line) for file in files for line in file.read_bytes().splitlines()]

    def log(self) -> str:
        """Return everything it printed."""
        return (self.folder / "log").read_text()

    def metric(self, name: str) -> float:
        """Return the sum of a metric's samples."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
