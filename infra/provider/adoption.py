"""The id with which a root module that exists is taken over.

    pulumi import millrace:index:TerraformRoot NAME 'ROOT?backend=FILE&variables=FILE&binary=tofu'

ROOT is the module's folder. The backend's file is JSON, ``{"type": "s3", "config": {...}}``,
optionally with ``"workspace"``; without one the state is ``terraform.tfstate`` in ROOT, as bare
Terraform leaves it. The variables' file is JSON (``*.tfvars.json``). ``folder``, ``environment``
(a JSON file) and ``binary`` may be given too. Relative paths count from the program's folder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from infra.wrappers.errors import InputInvalid

FILES: Final = frozenset({"backend", "variables", "environment"})
TEXTS: Final = frozenset({"binary", "folder"})


def read_id(resource_id: str) -> dict[str, Any]:
    """Return the inputs of `TerraformRoot` that an id names.

    Raises:
        InputInvalid: the id, or a file that it names, cannot be read.
    """
    root, _, query = resource_id.partition("?")
    inputs: dict[str, Any] = {"root": root}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in FILES:
            inputs[name] = _read(name, Path(value))
        elif name in TEXTS:
            inputs[name] = value
        else:
            allowed = ", ".join(sorted(FILES | TEXTS))
            raise InputInvalid("id", f"{name!r} in {resource_id!r} is not one of {allowed}")
    if "backend" not in inputs:
        state = Path(root).absolute() / "terraform.tfstate"
        inputs["backend"] = {"type": "local", "config": {"path": str(state)}}
    return inputs


def _read(name: str, file: Path) -> Any:
    try:
        value = json.loads(file.read_text())
    except (OSError, json.JSONDecodeError) as error:
        raise InputInvalid("id", f"{name}={file} cannot be read as JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputInvalid("id", f"{name}={file} must hold a JSON object")
    return value
