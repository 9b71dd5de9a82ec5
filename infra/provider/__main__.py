"""``pulumi-resource-millrace ENGINE``: the program that the engine starts."""

from __future__ import annotations

import argparse
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping

# Before gRPC is imported: programs are started from threads, and its fork handlers only complain.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

from infra.provider.ansible_playbook import AnsiblePlaybook
from infra.provider.call import Engine
from infra.provider.environment_document import EnvironmentDocument
from infra.provider.resource import ResourceType
from infra.provider.server import serve
from infra.provider.terraform_root import TerraformRoot
from infra.provider.unchanged import Unchanged

GRACE_S = 90.0


def resource_types() -> Mapping[str, ResourceType]:
    """Return every resource of the package by its type token."""
    unchanged = Unchanged()
    return {
        "millrace:index:TerraformRoot": TerraformRoot(unchanged),
        "millrace:index:AnsiblePlaybook": AnsiblePlaybook(unchanged),
        "millrace:index:EnvironmentDocument": EnvironmentDocument(),
    }


def main() -> None:
    """Serve the engine until it ends, asks to end, or dies; then interrupt what still runs."""
    parser = argparse.ArgumentParser(prog="pulumi-resource-millrace", description=__doc__)
    parser.add_argument("engine", help="address of the engine")
    arguments, _ = parser.parse_known_args()
    stop = threading.Event()
    ended = threading.Event()

    def end(*_: object) -> None:
        stop.set()
        ended.set()

    # The engine ends us with SIGINT; a terminal's Ctrl-C may reach us too. What runs is answered first.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    threading.Thread(target=_watch_engine, args=(end,), daemon=True).start()
    server, port = serve(resource_types(), Engine(arguments.engine), stop)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ended.wait()
    server.stop(GRACE_S).wait()


def _watch_engine(end: Callable[[], None]) -> None:
    """Call ``end`` when the process that started us is gone."""
    select.select([os.pidfd_open(os.getppid())], [], [])
    end()


if __name__ == "__main__":
    main()
