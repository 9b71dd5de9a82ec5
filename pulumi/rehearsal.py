"""What a rehearsal alone does.

It turns off what an API that stands in for AWS cannot do (``rehearsal.yaml``), and may bring up another
copy of the Terraform modules.

`millrace rehearse` sets ``MILLRACE_REHEARSAL``; an environment's settings have no such switches.
"""

from __future__ import annotations

import os
from typing import Any, Final

import yaml

from layout import REPOSITORY

VARIABLE: Final = "MILLRACE_REHEARSAL"
FILE: Final = REPOSITORY / "pulumi" / "rehearsal.yaml"
MODULES: Final = "MILLRACE_REHEARSAL_MODULES"


def rehearsed() -> bool:
    """Whether this is a rehearsal."""
    return os.environ.get(VARIABLE) == "1"


def terraform_folder(shipped: str) -> str:
    """Return the folder of modules and root modules: the shipped one, or what a rehearsal brings up."""
    return os.environ.get(MODULES, shipped) if rehearsed() else shipped


def switches() -> dict[str, dict[str, bool]]:
    """Return what a rehearsal turns off, by root module."""
    found: dict[str, dict[str, bool]] = yaml.safe_load(FILE.read_text())["capabilities"]
    return found


def switched(root: str) -> dict[str, Any]:
    """Return a root module's variables that a rehearsal sets; none outside of one."""
    if not rehearsed():
        return {}
    found = yaml.safe_load(FILE.read_text())
    return {**found["every_root"], "capabilities": found["capabilities"][root]}
