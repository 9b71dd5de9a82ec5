"""Speak XML-RPC to a supervisord through its Unix socket (standard library only)."""

from __future__ import annotations

import http.client
import socket
import xmlrpc.client
from typing import Any


class SupervisorDown(Exception):
    """Nothing answers at the control socket."""


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _SocketTransport(xmlrpc.client.Transport):
    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__()
        self._path = path
        self._timeout_s = timeout_s

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _SocketConnection(self._path, self._timeout_s)


class Supervisor:
    """The calls of supervisord's interface that the roles need."""

    def __init__(self, socket_path: str, timeout_s: float = 120.0) -> None:
        self._proxy = xmlrpc.client.ServerProxy(
            "http://supervisor", transport=_SocketTransport(socket_path, timeout_s)
        )

    def call(self, method: str, *arguments: Any) -> Any:
        """Call ``supervisor.<method>``.

        Raises:
            SupervisorDown: nothing answers.
            xmlrpc.client.Fault: supervisord refused the call.
        """
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException) as error:
            raise SupervisorDown(str(error)) from error

    def identification(self) -> str | None:
        """Return the running daemon's identifier, or None when none runs."""
        try:
            return str(self.call("getIdentification"))
        except SupervisorDown:
            return None

    def state_of(self, program: str) -> str | None:
        """Return a program's state (``RUNNING``, ``FATAL``, ...), or None when it is not known."""
        try:
            return str(self.call("getProcessInfo", program)["statename"])
        except xmlrpc.client.Fault:
            return None
