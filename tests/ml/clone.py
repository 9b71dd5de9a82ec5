"""A copy of our code as a clone has it, in which a new system may be written and run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ml.environment import Environment
from ml.model_registry import ModelRegistry
from services.delivery.package import Bento, Packager
from services.endpoint.settings import Package

ROOT = Path(__file__).parents[2]
TRAINING_ONLY = ("mlflow", "sklearn", "pandas", "scipy", "pyarrow", "pandera", "keras", "tensorflow", "onnx")


class Clone:
    """The code under ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for layer in ("infra", "ml", "scripts", "services"):
            left = shutil.ignore_patterns("__pycache__", ".terraform", "terraform")
            shutil.copytree(ROOT / layer, folder / layer, ignore=left)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a module of it."""
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    def new_system(self, name: str, data: Path, *more: str) -> subprocess.CompletedProcess[str]:
        """Run the command."""
        return self.run("scripts.cli", "new-system", name, "--from", str(data), *more)

    def train(self, system: str, environment: Environment, *settings: str) -> dict[str, Any]:
        """Run the system's pipeline and return its result."""
        address = environment.logs.parent / "environment.json"
        changes = [word for setting in settings for word in ("--set", setting)]
        done = self.run("ml", "run", "--environment", str(address), "--system", system, "--json", *changes)
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result

    def bento(self, system: str, environment: Environment, folder: Path) -> Bento:
        """Pack the challenger as delivery does."""
        registry = ModelRegistry(environment)
        challenger = registry.challenger(system)
        assert challenger is not None
        assert b"confusion" in registry.report(challenger).lower()
        model = registry.download(challenger, folder / "model")
        package = Package(system=system, model_version=1, dataset_version=f"{system}@1")
        return Packager(folder / "store", self.folder).build(package, model)

    def question(self, system: str) -> dict[str, Any]:
        """Return what the system's smoke test asks."""
        path = self.folder / "services" / "systems" / system / "smoke.json"
        question: dict[str, Any] = json.loads(path.read_text())
        return question


def lint(folder: Path) -> list[str]:
    """Return what the linters say of a folder's files."""
    said = []
    for check in (("ruff", "check"), ("ruff", "format", "--check"), ("yamllint", "--strict")):
        command = [sys.executable, "-m", check[0], *check[1:], str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        said += [done.stdout] if done.returncode else []
    return said
