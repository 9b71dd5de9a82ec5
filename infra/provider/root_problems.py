"""What can be seen to be wrong with a root module's inputs before Terraform runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.provider.inputs import TerraformRootInputs
from infra.provider.root_run import PLACEHOLDERS
from infra.wrappers.errors import InputInvalid, ToolMissing
from infra.wrappers.mirror import configuration
from infra.wrappers.process import child_environment, find


def problems(inputs: TerraformRootInputs) -> Iterator[InputInvalid]:
    """Yield each, by the property's path."""
    if not inputs.root.is_dir():
        yield InputInvalid("root", f"{inputs.root} is not a folder; name a Terraform root module")
        return
    files = configuration(inputs.root)
    if not files:
        yield InputInvalid("root", f"{inputs.root} holds no *.tf file; name a Terraform root module")
        return
    yield from _undeclared(inputs, files)
    try:
        find(inputs.binary, child_environment(inputs.environment))
    except ToolMissing as error:
        yield InputInvalid("binary", str(error))
    if inputs.start and not inputs.start.playbook.is_file():
        yield InputInvalid("start.playbook", f"{inputs.start.playbook} is not a file; name a playbook")
    yield from _unreadable_placeholders(inputs.root / PLACEHOLDERS)


def _undeclared(inputs: TerraformRootInputs, files: list[Path]) -> Iterator[InputInvalid]:
    texts = " ".join(file.read_text(errors="replace") for file in files)
    declared = set(re.findall(r'^\s*variable\s+"([^"]+)"', texts, re.MULTILINE))
    if any(file.name.endswith(".json") for file in files):
        return
    for group in ("variables", "destroy_variables"):
        for name in getattr(inputs, group):
            if name not in declared:
                known = ", ".join(sorted(declared)) or "no variables"
                yield InputInvalid(
                    f"{group}.{name}", f"{inputs.root.name} does not declare it; it declares {known}"
                )


def _unreadable_placeholders(file: Path) -> Iterator[InputInvalid]:
    if not file.exists():
        return
    try:
        value: Any = json.loads(file.read_text())
    except json.JSONDecodeError as error:
        yield InputInvalid("root", f"{file} is not JSON: {error}")
        return
    if not isinstance(value, dict):
        yield InputInvalid("root", f"{file} must be an object: output name to placeholder")
