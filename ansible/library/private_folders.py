"""Ansible module: folders that only their owner may enter, as many as are asked for in one go."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: private_folders
short_description: Make folders with mode 0700
description:
  - One call instead of one task per folder; missing parents are made with the same mode.
options:
  paths: {description: The folders., type: list, elements: path, required: true}
"""

MODE = 0o700


def is_private(path: Path) -> bool:
    """Tell whether the folder is there, this user's, and closed to others."""
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == MODE


def make(path: Path) -> None:
    """Make the folder and its missing parents; mkdir(parents=True) would leave these to the umask."""
    for each in (*reversed(path.parents), path):
        if not each.exists():
            each.mkdir(mode=MODE)
    path.chmod(MODE)


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec={"paths": {"type": "list", "elements": "path", "required": True}},
        supports_check_mode=True,
    )
    wanting = [Path(path) for path in module.params["paths"] if not is_private(Path(path))]
    diff = {"before": "", "after": "".join(f"{path}/ (0700)\n" for path in wanting)}
    if not module.check_mode:
        for path in wanting:
            try:
                make(path)
            except OSError as error:
                module.fail_json(
                    msg=f"the folder {path} cannot be made private: {error.strerror}; "
                    "free space, mend its owner, or set MILLRACE_HOME to a folder of your own"
                )
    module.exit_json(changed=bool(wanting), diff=diff)


if __name__ == "__main__":
    main()
