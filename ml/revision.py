"""Which commit of the code made a model."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

UNKNOWN = "unknown"


def revision() -> str:
    """Return the commit of the code that runs, ``-dirty`` if files differ from it.

    An image carries no repository: there the variable MILLRACE_COMMIT tells, else ``unknown``.
    """
    if "MILLRACE_COMMIT" in os.environ:
        return os.environ["MILLRACE_COMMIT"]
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--dirty"]
    command += ["--exclude=*"]
    try:
        found = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
    return found.stdout.strip()
