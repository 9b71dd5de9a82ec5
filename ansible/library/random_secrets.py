"""Ansible module: secrets that are made at random on first use and kept from then on."""

from __future__ import annotations

import json
import os
import secrets
import string
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: random_secrets
short_description: Make random secrets on first use, in files of mode 0600
description:
  - A secret that is there is never changed; removing its file asks for a new one.
  - No value is ever returned, logged or shown as a difference.
options:
  folder: {description: Folder of the files., type: path, required: true}
  tokens: {description: Names of files with one token each., type: list, elements: str}
  keys: {description: Names of JSON files with an access key., type: list, elements: str}
"""

TOKEN = string.ascii_letters + string.digits
KEY_ID = string.ascii_uppercase + string.digits


def choose(alphabet: str, length: int) -> str:
    """Return random characters."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def access_key() -> str:
    """Return an access key as it lies in its file."""
    pair = {"access_key_id": choose(KEY_ID, 20), "secret_access_key": choose(TOKEN, 40)}
    return json.dumps(pair, indent=2) + "\n"


def write_once(path: Path, text: str) -> None:
    """Write a file whole or not at all, for its owner alone; a file that is there by then stays."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def main() -> None:
    """Run the module."""
    names = {"type": "list", "elements": "str", "default": []}
    module = AnsibleModule(
        argument_spec={"folder": {"type": "path", "required": True}, "tokens": names, "keys": names},
        supports_check_mode=True,
    )
    folder = Path(module.params["folder"])
    wanted = {folder / name: "token" for name in module.params["tokens"]}
    wanted |= {folder / f"{name}.json": "key" for name in module.params["keys"]}
    missing = {path: kind for path, kind in wanted.items() if not path.exists()}
    loose = [path for path in wanted if path.exists() and path.stat().st_mode & 0o077]
    if not module.check_mode:
        for path, kind in missing.items():
            write_once(path, access_key() if kind == "key" else choose(TOKEN, 40) + "\n")
        for path in loose:
            path.chmod(0o600)
    made = "".join(f"{path} (a new {kind}, 0600)\n" for path, kind in missing.items())
    made += "".join(f"{path} (0600)\n" for path in loose)
    module.exit_json(changed=bool(missing or loose), diff={"before": "", "after": made})


if __name__ == "__main__":
    main()
