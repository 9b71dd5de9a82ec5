"""The environment variables with which the pinned tools run."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from infra.toolchain.terraform_rc import own_configuration

OFFLINE = {
    "PULUMI_SKIP_UPDATE_CHECK": "true",
    "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
    "CHECKPOINT_DISABLE": "1",
}
# A passphrase in a variable would win over the file's.
DROPPED = ("PULUMI_CONFIG_PASSPHRASE",)


def variables(environ: Mapping[str, str], home: Path, tools: Path) -> dict[str, str]:
    """Return the variables to set; the passphrase of local stacks is made on first use."""
    ours = tools / "terraform.rc"
    return {
        **OFFLINE,
        "PATH": _path(environ.get("PATH", os.defpath), tools),
        "TF_CLI_CONFIG_FILE": str(own_configuration(environ, ours) or ours),
        "PULUMI_BACKEND_URL": f"file://{home / 'pulumi'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(passphrase_file(home)),
    }


def passphrase_file(home: Path) -> Path:
    """Return the file with the passphrase of local stacks, mode 0600, made once."""
    path = home / "pulumi" / "passphrase"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
    # A link is refused if another process was first: then its passphrase is the one.
    with suppress(FileExistsError):
        os.link(temporary, path)
    Path(temporary).unlink()
    return path


def _path(before: str, tools: Path) -> str:
    first = [str(tools / "bin"), str(Path(sys.prefix) / "bin")]
    rest = [entry for entry in before.split(os.pathsep) if entry and entry not in first]
    return os.pathsep.join([*first, *rest])
