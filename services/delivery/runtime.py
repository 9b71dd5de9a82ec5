"""Where releases run. The interface, and processes under supervisord.

A release is one program: a file in the programs folder, so that it starts again with the
machine, without delivery.
"""

from __future__ import annotations

import contextlib
import fcntl
import shlex
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from ml.environment import Environment
from services.delivery.files import write_atomically
from services.delivery.package import Bento
from services.delivery.release import Release
from services.delivery.supervisor import ProcessInfo, Supervisor
from services.endpoint.settings import VARIABLE, ServiceSettings
from services.errors import NoFreePort

State = Literal["running", "starting", "stopped", "missing"]

_STATES: Final[dict[str, State]] = {"RUNNING": "running", "STARTING": "starting", "BACKOFF": "starting"}
_STOP_MARGIN_S: Final = 5
_LOGS_KEPT: Final = 10


@dataclass(frozen=True)
class Instance:
    """A release in the runtime; ``pid`` is 0 when no process runs."""

    release: str
    url: str
    port: int
    state: State
    pid: int
    description: str


class Runtime(Protocol):
    """What delivery needs of a place that runs services."""

    def start(self, release: Release, bento: Bento) -> Instance:
        """Run a release, or leave it running; returns before it is ready."""

    def stop(self, release_id: str) -> None:
        """Let a release finish its requests, end it and forget it."""

    def find(self, release_id: str) -> Instance | None:
        """Return one release, running or not."""

    def port(self, release_id: str) -> int:
        """Return the port that a started release listens on."""

    def instances(self, system: str) -> list[Instance]:
        """Return every release of a system that the runtime knows."""

    def last_lines(self, release_id: str, count: int = 15) -> str:
        """Return the end of a release's log."""

    def tidy(self, system: str) -> None:
        """Remove what releases that ended long ago have left."""


class Processes:
    """Releases as processes of supervisord on this machine."""

    def __init__(self, env: Environment) -> None:
        here = env.here
        self._runtime, self._logs = here.runtime, here.logs
        self._supervisor = Supervisor(here.runtime.socket)

    def start(self, release: Release, bento: Bento) -> Instance:
        """Write the program's file and have supervisord take it up.

        Raises:
            NoFreePort: the range is used up.
            RuntimeUnreachable: supervisord does not answer.
        """
        known = self._supervisor.processes()
        with self._allocating():
            settings = self._settings(release.id) or ServiceSettings(
                release=release.id,
                port=self._free_port(),
                spool=self._runtime.folder / "spool" / release.id,
                limits=release.settings,
                names=release.names,
            )
            file = self._folder(release.id) / "service.json"
            write_atomically(file, settings.model_dump_json(indent=2, exclude_none=True))
            changed = write_atomically(self._program(release.id), self._describe(release, bento, file))
        if changed and release.id in known:
            # supervisord keeps a running program's old description until it is forgotten.
            self._end(release.id, settings)
        self._supervisor.add(release.id)
        return self.find(release.id) or self._instance(release.id, settings, None)

    def stop(self, release_id: str) -> None:
        """Send SIGTERM, wait for the process, then remove what made it start again."""
        self._end(release_id, self._settings(release_id))
        self._program(release_id).unlink(missing_ok=True)
        shutil.rmtree(self._folder(release_id), ignore_errors=True)

    def find(self, release_id: str) -> Instance | None:
        """Return one release, or None if neither its file nor its process is there."""
        info = self._supervisor.processes().get(release_id)
        settings = self._settings(release_id)
        if settings is None and info is None:
            return None
        return self._instance(release_id, settings, info)

    def port(self, release_id: str) -> int:
        """Read the port from the settings that the release was started with."""
        settings = self._settings(release_id)
        return settings.port if settings else 0

    def instances(self, system: str) -> list[Instance]:
        """Return the system's releases that have a program file or a process."""
        processes = self._supervisor.processes()
        names = {*processes, *(path.stem for path in self._runtime.programs.glob("*.conf"))}
        return [
            self._instance(name, self._settings(name), processes.get(name))
            for name in sorted(names)
            if name.rpartition("-v")[0] == system
        ]

    def last_lines(self, release_id: str, count: int = 15) -> str:
        """Return the end of the program's log file."""
        path = self._log(release_id)
        if not path.is_file():
            return f"({path} is not there)"
        return "\n".join(path.read_text(errors="replace").splitlines()[-count:])

    def tidy(self, system: str) -> None:
        """Remove empty spools of ended releases, and all but the newest logs."""
        running = {path.stem for path in self._runtime.programs.glob("*.conf")}
        for spool in (self._runtime.folder / "spool").glob(f"{system}-v*"):
            # One that is not empty is still the recorder's.
            if spool.name not in running:
                with contextlib.suppress(OSError):
                    spool.rmdir()
        logs = sorted(self._logs.glob(f"{system}-v*.log"), key=lambda path: path.stat().st_mtime)
        for log in logs[:-_LOGS_KEPT]:
            if log.stem not in running:
                for path in self._logs.glob(f"{log.name}*"):
                    path.unlink(missing_ok=True)

    def _end(self, release_id: str, settings: ServiceSettings | None) -> None:
        patience_s = (settings.limits.drain_s if settings else 0) + 2 * _STOP_MARGIN_S
        self._supervisor.stop(release_id)
        deadline = time.monotonic() + patience_s
        while self._supervisor.pid(release_id) and time.monotonic() < deadline:
            time.sleep(0.05)
        self._supervisor.forget(release_id)

    def _instance(
        self, release_id: str, settings: ServiceSettings | None, info: ProcessInfo | None
    ) -> Instance:
        port = settings.port if settings else 0
        state = _STATES.get(info.state, "stopped") if info else "missing"
        description = f"{info.state}: {info.description}" if info else "supervisord does not know it"
        return Instance(
            release_id, f"http://127.0.0.1:{port}", port, state, info.pid if info else 0, description
        )

    def _settings(self, release_id: str) -> ServiceSettings | None:
        file = self._folder(release_id) / "service.json"
        return ServiceSettings.model_validate_json(file.read_bytes()) if file.is_file() else None

    def _describe(self, release: Release, bento: Bento, settings: Path) -> str:
        variables = {
            VARIABLE: str(settings),
            "PYTHONPATH": str(bento.source),
            "PYTHONDONTWRITEBYTECODE": "1",
            "BENTOML_HOME": str(self._runtime.folder),
            "BENTOML_DO_NOT_TRACK": "True",
            "OMP_NUM_THREADS": "1",
            # Arenas of a dozen threads would hold tens of megabytes that one event loop never uses.
            "MALLOC_ARENA_MAX": "2",
        }
        command = [sys.executable, "-m", "services.endpoint.worker", "--die-with-parent"]
        lines = {
            "command": shlex.join(command),
            "directory": str(bento.source),
            "environment": ",".join(f'{name}="{value}"' for name, value in variables.items()),
            "autostart": "true",
            "autorestart": "true",
            "startsecs": "1",
            "startretries": "1000000",
            "stopsignal": "TERM",
            "stopwaitsecs": str(release.settings.drain_s + _STOP_MARGIN_S),
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(self._log(release.id)),
            "stdout_logfile_maxbytes": "20MB",
            "stdout_logfile_backups": "3",
        }
        # supervisord expands % in every value.
        body = "".join(f"{key} = {value.replace('%', '%%')}\n" for key, value in lines.items())
        return f"; Written by delivery; `millrace release` changes it.\n[program:{release.id}]\n{body}"

    def _free_port(self) -> int:
        first, last = self._runtime.first_port, self._runtime.last_port
        taken = {
            settings.port
            for path in self._runtime.programs.glob("*.conf")
            if (settings := self._settings(path.stem))
        }
        for port in range(first, last + 1):
            if port not in taken and unused(port):
                return port
        raise NoFreePort(
            f"all ports from {first} to {last} are taken; end what holds them (`ss -ltnp`), "
            "or set ports.first in the environment's settings"
        )

    @contextlib.contextmanager
    def _allocating(self) -> Iterator[None]:
        self._runtime.folder.mkdir(parents=True, exist_ok=True)
        with (self._runtime.folder / "ports.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _program(self, release_id: str) -> Path:
        return self._runtime.programs / f"{release_id}.conf"

    def _folder(self, release_id: str) -> Path:
        return self._runtime.folder / "releases" / release_id

    def _log(self, release_id: str) -> Path:
        return self._logs / f"{release_id}.log"


def unused(port: int) -> bool:
    """Say whether nobody listens at a port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
