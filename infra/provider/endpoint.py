"""Whether the endpoint that Terraform talks to answers, and how to bring it up."""

from __future__ import annotations

import socket
import time
from typing import Final
from urllib.parse import urlsplit

from infra.provider.call import Call
from infra.provider.inputs import PlaybookInputs
from infra.wrappers.ansible import Ansible
from infra.wrappers.errors import EndpointStopped
from infra.wrappers.process import POLL_S

CONNECT_S: Final = 2.0
START_S: Final = 120.0


def is_stopped(endpoint: str | None) -> bool:
    """Whether nothing listens there."""
    if endpoint is None:
        return False
    parts = urlsplit(endpoint)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=CONNECT_S).close()
    except OSError:
        return True
    return False


def start(call: Call, endpoint: str, playbook: PlaybookInputs | None) -> None:
    """Run the playbook that starts the endpoint, and wait until it listens.

    Raises:
        EndpointStopped: there is no playbook, or it did not help.
    """
    if playbook is None:
        raise EndpointStopped(
            f"{endpoint} refuses connections, so what lies behind it cannot be destroyed; "
            "start it (`make up`) and run again"
        )
    call.tell(f"{endpoint} is stopped; starting it with {playbook.playbook.name} to destroy what lies there")
    result = Ansible(call.limits(START_S * 10)).run(playbook.play(), on_task=call.progress)
    result.required(playbook.playbook.name)
    deadline = time.monotonic() + START_S
    while is_stopped(endpoint):
        if time.monotonic() > deadline or call.stop.wait(POLL_S):
            raise EndpointStopped(
                f"{playbook.playbook.name} ran, but {endpoint} still refuses connections after "
                f"{START_S:.0f} s; see its log, and run again when it listens"
            )
