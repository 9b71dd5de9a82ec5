"""Ansible module: find a program on PATH and see that its ports are free, or already its own."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: preflight
short_description: Check what a component needs before anything changes
description:
  - Resolves the program on PATH.
  - Fails when a TCP port is held by a process that does not descend from our own supervisord,
    naming the port, the holder and the setting to change.
options:
  component: {description: Name used in messages., type: str, required: true}
  binary: {description: Program to find on PATH; a path is taken as it is., type: str}
  remedy: {description: What to do when the program is missing., type: str, default: run `make up`}
  ports: {description: Port by setting name., type: dict, default: {}}
  pidfile: {description: File with the pid of our supervisord., type: path, required: true}
  settings: {description: Settings file named in messages., type: str, required: true}
"""

LISTEN = "0A"


def listening_inodes() -> dict[int, int]:
    """Return the socket inode of each listening TCP port of this machine."""
    found: dict[int, int] = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN:
                found[int(fields[1].rsplit(":", 1)[1], 16)] = int(fields[9])
    return found


def owners(inodes: set[int]) -> dict[int, int]:
    """Return the pid that holds each socket; those of other users are left out."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[int, int] = {}
    for process in os.scandir("/proc"):
        if wanted and process.name.isdigit():
            for link in _descriptors(process.path) & wanted.keys():
                found[wanted.pop(link)] = int(process.name)
    return found


def _descriptors(process: str) -> set[str]:
    found: set[str] = set()
    try:
        for descriptor in os.scandir(f"{process}/fd"):
            found.add(os.readlink(descriptor.path))  # noqa: PTH115 thousands of them; Path is slow
    except OSError:
        return found
    return found


def descends_from(pid: int, ancestor: int) -> bool:
    """Tell whether ``ancestor`` is ``pid`` itself or one of its parents."""
    while pid > 1:
        if pid == ancestor:
            return True
        try:
            # The command name may hold spaces and brackets: the fields begin after the last bracket.
            pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            return False
    return False


def describe(pid: int | None) -> str:
    """Name a process for a person."""
    if pid is None:
        return "a process of another user"
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        command = "ended meanwhile"
    return f"process {pid} ({command[:120]})"


def supervisor_pid(pidfile: str) -> int | None:
    """Return the pid of our supervisord when it is alive."""
    try:
        pid = int(Path(pidfile).read_text())
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    return pid


def taken(ports: dict[str, int], pidfile: str) -> list[dict[str, Any]]:
    """Return the ports that somebody else holds."""
    inodes = {port: inode for port, inode in listening_inodes().items() if port in ports.values()}
    ours, holders = supervisor_pid(pidfile), owners(set(inodes.values()))
    found = []
    for setting, port in ports.items():
        if port not in inodes:
            continue
        holder = holders.get(inodes[port])
        if ours is None or holder is None or not descends_from(holder, ours):
            found.append({"setting": setting, "port": port, "holder": describe(holder)})
    return found


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={
            "component": {"type": "str", "required": True},
            "binary": {"type": "str"},
            "remedy": {"type": "str", "default": "run `make up`, which installs it"},
            "ports": {"type": "dict", "default": {}},
            "pidfile": {"type": "path", "required": True},
            "settings": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    given = module.params
    binary = shutil.which(given["binary"]) if given["binary"] else None
    if given["binary"] and binary is None:
        module.fail_json(
            msg=f"{given['component']}: the program {given['binary']} is not on PATH; {given['remedy']}"
        )
    ports = {name: int(port) for name, port in given["ports"].items()}
    conflicts = taken(ports, given["pidfile"])
    if conflicts:
        first = conflicts[0]
        module.fail_json(
            msg=(
                f"{given['component']}: port {first['port']} is held by {first['holder']}; stop it, or set "
                f"ports.overrides.{first['setting']} (or ports.first) in {given['settings']}"
            ),
            conflicts=conflicts,
        )
    module.exit_json(changed=False, binary=binary)


if __name__ == "__main__":
    main()
