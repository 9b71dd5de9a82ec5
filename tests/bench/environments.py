"""Environments of Python for what we are compared with, and do not ship."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from scripts.places import home


def environment(*pinned: str) -> Path:
    """Return the Python of an environment that has these packages, made where it is not there yet."""
    folder = home() / "bench" / "-".join(pinned).translate(str.maketrans("[]", "--")).replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *pinned], check=True)
        (folder / "complete").touch()
    return python
