"""Estimates of plans that tests write, with the repository's own prices."""

import json
import os
import subprocess
import sys

import pytest

from infra.cost import estimate as estimates
from infra.cost import inventory, price_table

from .plans import plan


@pytest.fixture(scope="session")
def prices():
    return price_table.load("us-east-1", price_table.FOLDER)


@pytest.fixture
def estimated(tmp_path, prices):
    """Estimate resources as a plan makes them."""

    def run(*resources, configuration=None):
        file = tmp_path / "estimated.json"
        file.write_text(json.dumps(plan(*resources, configuration=configuration)))
        return estimates.estimate(inventory.read(file).planned, prices)

    return run


@pytest.fixture
def check(tmp_path):
    """Run ``python -m infra.cost`` on a plan (a document, or a file) as the provider runs it."""

    def run(shown, *, root="data", limit=None, environment="dev", more=(), **environ):
        file = shown
        if isinstance(shown, dict):
            file = tmp_path / f"{root}-plan.json"
            file.write_text(json.dumps(shown))
        limited = [] if limit is None else ["--limit-usd", str(limit)]
        command = [sys.executable, "-m", "infra.cost", "--environment", environment, "--root", root]
        return subprocess.run(
            [*command, *limited, "--folder", tmp_path / "cost", *more, file],
            env={name: value for name, value in os.environ.items() if not name.startswith("MILLRACE_")}
            | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
