"""A seed makes a training repeat to the last digit, on as many cores as there are."""

import subprocess
import sys

import pytest

COMMAND = [sys.executable, "-m", "tests.ml.inspector.repeated"]


@pytest.mark.slow
def test_the_same_seed_learns_the_very_same_weights():
    runs = [
        subprocess.run(COMMAND, capture_output=True, text=True, check=True, timeout=600) for _ in range(3)
    ]
    assert len({run.stdout for run in runs}) == 1
