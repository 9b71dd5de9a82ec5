"""Ansible module: keep one supervisord running with the configuration it was given."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.supervisor_rpc import Supervisor, SupervisorDown

DOCUMENTATION = """
module: supervisord
short_description: Start, restart or stop a supervisord of an ordinary user
description:
  - Restarts the daemon when its identifier differs from the one in its configuration.
  - Stopping waits until the daemon and all its programs are gone.
options:
  configuration: {description: Path of supervisord.conf., type: path, required: true}
  socket: {description: Its control socket., type: path, required: true}
  pidfile: {description: Its pid file., type: path, required: true}
  identifier: {description: Identifier in the configuration., type: str, required: true}
  state: {description: What is wanted., choices: [started, stopped], default: started}
  timeout_s: {description: Longest wait in seconds., type: float, default: 60}
"""


INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR", "XDG_RUNTIME_DIR")


def alive(pidfile: str) -> int | None:
    """Return the daemon's pid when it lives and is a supervisord."""
    try:
        pid = int(Path(pidfile).read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return pid if b"supervisord" in command else None


def stop(module: AnsibleModule) -> None:
    """Shut the daemon down and wait until it is gone."""
    given = module.params
    pid = alive(given["pidfile"])
    try:
        Supervisor(given["socket"]).call("shutdown")
    except SupervisorDown:
        if pid is not None:
            os.kill(pid, 15)
    deadline = time.monotonic() + given["timeout_s"]
    while pid is not None and Path(f"/proc/{pid}").exists() and alive(given["pidfile"]) == pid:
        if time.monotonic() > deadline:
            module.fail_json(
                msg=f"supervisord (pid {pid}) did not stop within {given['timeout_s']} s; "
                f"its log names the program that holds it up"
            )
        time.sleep(0.05)


def start(module: AnsibleModule) -> None:
    """Start the daemon and wait for its socket."""
    given = module.params
    command = [sys.executable, "-m", "supervisor.supervisord", "-c", given["configuration"]]
    # Programs inherit the daemon's variables: none of the caller's secrets or proxies may reach them.
    variables = {name: os.environ[name] for name in INHERITED if name in os.environ}
    use_every_core()
    done = subprocess.run(
        command,
        env=variables,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    if done.returncode != 0:
        module.fail_json(msg=f"supervisord did not start: {(done.stderr or done.stdout).strip()}")
    deadline = time.monotonic() + given["timeout_s"]
    while Supervisor(given["socket"]).identification() is None:
        if time.monotonic() > deadline:
            module.fail_json(msg=f"supervisord does not answer at {given['socket']}; see its log")
        time.sleep(0.05)


def use_every_core() -> None:
    """Take back what Mitogen does to its processes: it ties each to one core, and children inherit that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "configuration": {"type": "path", "required": True},
            "socket": {"type": "path", "required": True},
            "pidfile": {"type": "path", "required": True},
            "identifier": {"type": "str", "required": True},
            "state": {"choices": ["started", "stopped"], "default": "started"},
            "timeout_s": {"type": "float", "default": 60.0},
        },
        supports_check_mode=True,
    )
    given = module.params
    running = Supervisor(given["socket"]).identification()
    there = running is not None or alive(given["pidfile"]) is not None
    wanted = given["state"] == "started"
    change = running != given["identifier"] if wanted else there
    # A daemon that lives and does not answer (its socket was removed) is stopped like an outdated one.
    steps = ([stop] if there else []) + ([start] if wanted else [])
    if change and not module.check_mode:
        for step in steps:
            step(module)
    module.exit_json(changed=change, was=running)


if __name__ == "__main__":
    main()
