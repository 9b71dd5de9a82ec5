"""The provider's side of Pulumi's protocol: every request to its resource, in a thread of its own."""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from google.protobuf.message import Message
from pulumi.runtime import proto
from pulumi.runtime.proto import provider_pb2_grpc, status_pb2

from infra.provider.call import Call, Engine
from infra.provider.resource import Difference, Kind, ResourceType, Unfinished
from infra.provider.values import UNKNOWN, Properties
from infra.wrappers.errors import InfraError, Interrupted

SCHEMA: Final = Path(__file__).with_name("schema.json")
DETAILS: Final = "grpc-status-details-bin"
# Runs are long and mostly wait for a program: far more threads than processors.
THREADS: Final = 64
KINDS: Final[dict[Kind, Any]] = {
    "add": proto.PropertyDiff.ADD,
    "delete": proto.PropertyDiff.DELETE,
    "update": proto.PropertyDiff.UPDATE,
}

WERE_IT_REPLACED: Final = Difference(changes=True, details={"variables": "update"})


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine. ``stop`` is set when it asks to cancel, and stays set."""

    def __init__(self, types: Mapping[str, ResourceType], engine: Engine, stop: threading.Event) -> None:
        self._types = types
        self._engine = engine
        self._stop = stop

    # The protocol's own names follow.

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say which version this is."""
        return proto.PluginInfo(version=version("millrace"))

    def GetSchema(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return the package's schema."""
        return proto.GetSchemaResponse(schema=SCHEMA.read_text())

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Accept the provider's configuration; there is none."""
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say that nothing changed; there is no configuration."""
        return proto.DiffResponse(changes=proto.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Say what is understood: secrets and previews."""
        return proto.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Interrupt what runs; nothing is begun any more."""
        self._stop.set()
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Check inputs, some of which may be unknown."""
        new = Properties.read(request.news)
        with self._call(request, context, new) as (kind, call):
            inputs, invalid = kind.check(call, new)
            failures = [
                proto.CheckFailure(property=error.property_path, reason=call.hide(error.reason))
                for error in invalid
            ]
            return proto.CheckResponse(inputs=inputs.marshal(), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Compare what is there with new inputs."""
        old, state, new = map(Properties.read, (request.old_inputs, request.olds, request.news))
        with self._call(request, context, old, state, new) as (kind, call):
            found = WERE_IT_REPLACED if _all_unknown(new) else kind.diff(call, old, state, new)
        details = {
            path: proto.PropertyDiff(kind=KINDS[what], inputDiff=True) for path, what in found.details.items()
        }
        names = sorted({re.split(r"[.\[]", path)[0] for path in details})
        answer = proto.DiffResponse.DIFF_SOME if found.changes else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(
            changes=answer, diffs=names, detailedDiff=details, hasDetailedDiff=bool(details)
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make a resource, or tell what it would be."""
        new = Properties.read(request.properties)
        with self._call(request, context, new) as (kind, call):
            if request.preview:
                return proto.CreateResponse(properties=kind.preview(call, None, None, new).marshal())
            resource_id, state = kind.create(call, new)
            return proto.CreateResponse(id=resource_id, properties=state.marshal())

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change a resource, or tell what it would be."""
        old, state, new = map(Properties.read, (request.old_inputs, request.olds, request.news))
        with self._call(request, context, old, state, new) as (kind, call):
            if request.preview:
                return proto.UpdateResponse(properties=kind.preview(call, old, state, new).marshal())
            updated = kind.update(call, request.id, old, state, new)
            return proto.UpdateResponse(properties=updated.marshal())

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Look at a resource, or adopt one."""
        state, inputs = map(Properties.read, (request.properties, request.inputs))
        with self._call(request, context, state, inputs) as (kind, call):
            found = kind.read(call, request.id, inputs, state)
        if found is None:
            return proto.ReadResponse()
        return proto.ReadResponse(
            id=found.resource_id, properties=found.state.marshal(), inputs=found.inputs.marshal()
        )

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Remove a resource."""
        inputs, state = map(Properties.read, (request.old_inputs, request.properties))
        with self._call(request, context, inputs, state) as (kind, call):
            kind.delete(call, inputs, state)
        return empty_pb2.Empty()

    @contextmanager
    def _call(
        self, request: Any, context: Any, *properties: Properties
    ) -> Iterator[tuple[ResourceType, Call]]:
        """Find the resource's type and turn errors into the protocol's."""
        call = Call(request.urn, self._engine, self._stop)
        for some in properties:
            call.keep_secret(some.secrets())
        token = request.urn.split("::")[-2].rpartition("$")[2]
        if token not in self._types:
            known = ", ".join(self._types)
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no resource type {token}; there are {known}")
        try:
            yield self._types[token], call
        except Unfinished as error:
            _abort(context, call.hide(str(error)), _kept(error, call.hide(str(error))))
        except Interrupted as error:
            _abort(context, call.hide(str(error)), code=grpc.StatusCode.CANCELLED)
        except InfraError as error:
            _abort(context, call.hide(str(error)))
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            why = f"{where}{error.strerror or error}; make room, or make it readable and writable"
            _abort(context, call.hide(f"{why}, and run again"))
        except Exception:  # noqa: BLE001 - a fault of ours: the engine shows it, the resource stays as it was
            _abort(context, call.hide(traceback.format_exc()), code=grpc.StatusCode.INTERNAL)


def _all_unknown(new: Properties) -> bool:
    """Whether the engine asks what would follow if what the variables come of were replaced.

    Before it destroys targets it asks so of all that stands on them: each property that depends on
    a target is unknown as a whole, where a preview leaves variables known one by one.
    """
    return new.values.get("variables") is UNKNOWN


def _kept(error: Unfinished, message: str) -> Message:
    """Return the detail that makes the engine keep the resource and update it next time."""
    return proto.ErrorResourceInitFailed(
        id=error.resource_id, properties=error.state.marshal(), reasons=[message]
    )


def _abort(
    context: Any, message: str, detail: Message | None = None, code: Any = grpc.StatusCode.UNKNOWN
) -> None:
    if detail is not None:
        status = status_pb2.Status(code=code.value[0], message=message)
        status.details.add().Pack(detail)
        context.set_trailing_metadata(((DETAILS, status.SerializeToString()),))
    context.abort(code, message)


def serve(
    types: Mapping[str, ResourceType], engine: Engine, stop: threading.Event
) -> tuple[grpc.Server, int]:
    """Start the server on a free loopback port; return both."""
    server = grpc.server(
        ThreadPoolExecutor(THREADS, thread_name_prefix="resource"),
        options=[("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)],
    )
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(types, engine, stop), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port
