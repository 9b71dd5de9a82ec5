"""Ansible module: keep one program running under supervisord, exactly as described."""

from __future__ import annotations

import hashlib
import shlex
import xmlrpc.client
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.supervisor_rpc import Supervisor, SupervisorDown

DOCUMENTATION = """
module: supervised_program
short_description: Describe and run one program under supervisord
description:
  - Writes the program's file and brings supervisord's view of this one program up to date.
  - The program is restarted when its description or one of the files in C(restart_on) changed
    since it was started, whoever changed them; an interrupted run is therefore mended by the next.
  - In check mode a program that is not running is reported as a change.
options:
  name: {description: Name of the program., type: str, required: true}
  socket: {description: Control socket of supervisord., type: path, required: true}
  programs: {description: Folder of program files., type: path, required: true}
  log: {description: File that takes the output., type: path, required: true}
  directory: {description: Working directory., type: path, required: true}
  command: {description: The argument list., type: list, elements: str, required: true}
  environment: {description: Variables added to supervisord's own., type: dict, default: {}}
  restart_on: {description: Files whose content is part of the description., type: list, elements: path}
  stop_wait_s: {description: Seconds between SIGTERM and SIGKILL., type: int, default: 10}
"""

# BACKOFF is supervisord between two tries: it needs no start, and readiness will tell of it.
RUNNING = ("RUNNING", "STARTING", "BACKOFF")


def digest(paths: list[str]) -> str:
    """Return one digest of the files' contents; a missing file counts as empty."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.encode())
        total.update(Path(path).read_bytes() if Path(path).exists() else b"")
    return total.hexdigest()[:16]


def describe(given: dict[str, Any]) -> str:
    """Return the program's file. The kernel kills the program when its supervisord dies."""
    command = ["setpriv", "--pdeathsig", "KILL", "--", *given["command"]]
    variables = {**given["environment"], "MILLRACE_CONFIGURATION": digest(given["restart_on"] or [])}
    escaped = ",".join(f'{name}="{value}"' for name, value in sorted(variables.items())).replace("%", "%%")
    return "\n".join(
        [
            f"[program:{given['name']}]",
            f"command = {shlex.join(command).replace('%', '%%')}",
            f"directory = {given['directory']}",
            f"environment = {escaped}",
            "autorestart = true",
            "startsecs = 1",
            "startretries = 1000000",
            f"stopwaitsecs = {given['stop_wait_s']}",
            "stopasgroup = true",
            "killasgroup = true",
            "redirect_stderr = true",
            f"stdout_logfile = {given['log']}",
            "stdout_logfile_maxbytes = 10MB",
            "stdout_logfile_backups = 2",
            "",
        ]
    )


def write(path: Path, text: str) -> None:
    """Replace a file in one step; variables may name secrets' places, so it is the owner's alone."""
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(text)
    part.replace(path)


def pending(supervisor: Supervisor, name: str) -> str | None:
    """Return what supervisord has to do with the program after reading its files again."""
    added, changed, removed = supervisor.call("reloadConfig")[0]
    for what, names in (("add", added), ("replace", changed), ("remove", removed)):
        if name in names:
            return what
    return None


def bring_up(supervisor: Supervisor, name: str) -> str | None:
    """Make supervisord run the program as described; return what was done."""
    action = pending(supervisor, name)
    if action == "replace":
        supervisor.call("stopProcessGroup", name)
        supervisor.call("removeProcessGroup", name)
    if action in ("add", "replace"):
        supervisor.call("addProcessGroup", name)
    if supervisor.state_of(name) not in RUNNING:
        supervisor.call("startProcess", name, False)
        return action or "start"
    return action


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "socket": {"type": "path", "required": True},
            "programs": {"type": "path", "required": True},
            "log": {"type": "path", "required": True},
            "directory": {"type": "path", "required": True},
            "command": {"type": "list", "elements": "str", "required": True},
            "environment": {"type": "dict", "default": {}},
            "restart_on": {"type": "list", "elements": "path", "default": []},
            "stop_wait_s": {"type": "int", "default": 10},
        },
        supports_check_mode=True,
    )
    name, path = module.params["name"], Path(module.params["programs"]) / f"{module.params['name']}.conf"
    supervisor = Supervisor(module.params["socket"])
    before = path.read_text() if path.exists() else ""
    text = describe(module.params)
    diff = {"before": before, "after": text, "before_header": str(path), "after_header": str(path)}
    try:
        if module.check_mode:
            down = supervisor.identification() is None or supervisor.state_of(name) not in RUNNING
            module.exit_json(changed=down or text != before, diff=diff, action="start" if down else None)
        if text != before:
            write(path, text)
        action = bring_up(supervisor, name)
    except SupervisorDown as error:
        module.fail_json(msg=f"{name}: supervisord does not answer at {module.params['socket']} ({error})")
    except xmlrpc.client.Fault as fault:
        module.fail_json(msg=f"{name}: supervisord refused: {fault.faultString}; see {module.params['log']}")
    module.exit_json(changed=text != before or action is not None, diff=diff, action=action)


if __name__ == "__main__":
    main()
