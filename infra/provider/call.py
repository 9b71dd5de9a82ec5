"""One request of the engine: which resource, where to tell what happens, when to stop."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from infra.wrappers.process import Limits

HIDDEN: Final = "[secret]"
LEVELS: Final = {
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "debug": engine_pb2.DEBUG,
}


class Engine:
    """The engine's log, which its display shows beside the resource."""

    def __init__(self, address: str) -> None:
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def log(self, urn: str, level: str, message: str, *, live: bool = False) -> None:
        """Show a line; a ``live`` one only until the next."""
        request = engine_pb2.LogRequest(severity=LEVELS[level], message=message, urn=urn, ephemeral=live)
        try:
            self._stub.Log(request, timeout=5)
        except grpc.RpcError:
            # The engine is gone or going: there is nobody left to tell.
            return


@dataclass(frozen=True)
class Call:
    """What a resource's method is given besides its properties."""

    urn: str
    engine: Engine
    stop: threading.Event
    secrets: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The resource's name."""
        return self.urn.rpartition("::")[2]

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.urn.removeprefix("urn:pulumi:").partition("::")[0]

    def limits(self, timeout_s: float) -> Limits:
        """Return the limits of a program that is started for this call."""
        return Limits(stop=self.stop, timeout_s=timeout_s)

    def keep_secret(self, texts: Iterable[str]) -> None:
        """Hide these texts in everything that is told from now on."""
        for text in texts:
            # As they stand in JSON too, which escapes quotes and line ends.
            self.secrets.update({text, json.dumps(text)[1:-1]})

    def hide(self, text: str) -> str:
        """Return the text without its secrets."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def tell(self, message: str) -> None:
        """Show a line that stays."""
        self.engine.log(self.urn, "info", self.hide(message))

    def warn(self, message: str) -> None:
        """Show a warning that stays."""
        self.engine.log(self.urn, "warning", self.hide(message))

    def progress(self, message: str) -> None:
        """Show what is being done now."""
        self.engine.log(self.urn, "info", self.hide(message), live=True)
