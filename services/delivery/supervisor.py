"""supervisord's control interface: XML-RPC over its Unix socket."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from services.errors import RuntimeUnreachable

_TIMEOUT_S: Final = 10.0
_BAD_NAME: Final = 10
_ALREADY_STARTED: Final = 60
_NOT_RUNNING: Final = 70
_ALREADY_ADDED: Final = 90


class ProcessInfo(NamedTuple):
    """What supervisord says of a program; ``state`` is its own word for it."""

    name: str
    state: str
    pid: int
    description: str


class Supervisor:
    """The calls that delivery makes; each acts on one program of delivery's own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._server = xmlrpc.client.ServerProxy("http://supervisor", transport=_UnixTransport(path))

    def processes(self) -> dict[str, ProcessInfo]:
        """Return every program that supervisord knows, by name."""
        with self._explained():
            found: Any = self._server.supervisor.getAllProcessInfo()
        return {
            each["name"]: ProcessInfo(each["name"], each["statename"], each["pid"], each["description"])
            for each in found
        }

    def pid(self, name: str) -> int:
        """Return a program's process id, 0 if it does not run."""
        info = self.processes().get(name)
        return info.pid if info else 0

    def add(self, name: str) -> None:
        """Take up a program's new file and start it; a known one is started if it is not running."""
        with self._explained():
            self._server.supervisor.reloadConfig()
        if self._unless(_ALREADY_ADDED, "addProcessGroup", name):
            return
        if name in self.processes():
            self._unless(_ALREADY_STARTED, "startProcess", name, False)

    def stop(self, name: str) -> None:
        """Ask a program to end; returns at once."""
        self._unless((_NOT_RUNNING, _BAD_NAME), "stopProcess", name, False)

    def forget(self, name: str) -> None:
        """Remove a stopped program from supervisord's list."""
        self._unless(_BAD_NAME, "removeProcessGroup", name)

    def shut_down(self) -> int:
        """Stop every program and then supervisord; returns its process id at once."""
        with self._explained():
            pid = self._server.supervisor.getPID()
            self._server.supervisor.shutdown()
        return int(str(pid))

    def _unless(self, accepted: int | tuple[int, ...], method: str, *arguments: Any) -> bool:
        """Make a call; a fault with an accepted code means that there was nothing to do."""
        codes = (accepted,) if isinstance(accepted, int) else accepted
        try:
            with self._explained():
                getattr(self._server.supervisor, method)(*arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode in codes:
                return False
            raise RuntimeUnreachable(
                f"supervisord refused {method}{arguments}: {fault.faultString}; "
                "its log, supervisord.log among the environment's logs, says more"
            ) from fault
        return True

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
            raise RuntimeUnreachable(
                f"supervisord does not answer at {self._path} ({error}); run `make up` to start it"
            ) from error


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _UnixConnection(self._path)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("supervisor", timeout=_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
