"""Ansible module: wait until supervised programs answer at their health addresses."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.supervisor_rpc import Supervisor, SupervisorDown

DOCUMENTATION = """
module: supervised_ready
short_description: Wait for programs' health addresses
description:
  - Fails with the last lines of a program's log when it does not answer in time.
  - In check mode nothing is awaited.
options:
  health: {description: "By program, the address that answers 200.", type: dict, required: true}
  socket: {description: Control socket of supervisord., type: path, required: true}
  logs: {description: Folder of the programs' logs., type: path, required: true}
  timeout_s: {description: Longest wait in seconds., type: float, default: 90}
"""

# The machine may have a proxy set for the world outside; these addresses are all loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url: str) -> str | None:
    """Return None when the address answers 2xx, else what it said."""
    try:
        with OPENER.open(url, timeout=5) as reply:
            reply.read()
    except (urllib.error.URLError, OSError) as error:
        return str(getattr(error, "reason", error))
    return None


def tail(path: str, lines: int = 15) -> str:
    """Return the end of a log."""
    try:
        return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"


def wait(given: dict[str, Any], name: str, url: str, deadline: float) -> str | None:
    """Wait for one program; return what a person should read when it does not answer."""
    problem, log = answers(url), f"{given['logs']}/{name}.log"
    while problem is not None:
        state = Supervisor(given["socket"]).state_of(name)
        if state == "FATAL" or time.monotonic() > deadline:
            return f"{name} is {state} and {url} says: {problem}. Its log {log} ends:\n{tail(log)}"
        time.sleep(0.1)
        problem = answers(url)
    return None


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "health": {"type": "dict", "required": True},
            "socket": {"type": "path", "required": True},
            "logs": {"type": "path", "required": True},
            "timeout_s": {"type": "float", "default": 90.0},
        },
        supports_check_mode=True,
    )
    deadline = time.monotonic() + module.params["timeout_s"]
    for name, url in ({} if module.check_mode else module.params["health"]).items():
        try:
            problem = wait(module.params, name, url, deadline)
        except SupervisorDown as error:
            problem = f"{name}: supervisord does not answer at {module.params['socket']} ({error})"
        if problem is not None:
            module.fail_json(msg=problem)
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
