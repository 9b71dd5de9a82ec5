"""A training that is killed goes on at its last epoch and ends where it would have ended."""

import signal
import subprocess
import sys

import pytest

from tests.ml.inspector.training import EPOCHS

COMMAND = [sys.executable, "-m", "tests.ml.inspector.training"]


@pytest.mark.slow
def test_a_killed_training_goes_on_and_learns_the_very_same(tmp_path):
    with subprocess.Popen([*COMMAND, tmp_path], stdout=subprocess.PIPE, text=True) as killed:
        assert killed.stdout.readline().startswith("epoch 0 ")
        killed.kill()
    assert killed.returncode == -signal.SIGKILL

    said = subprocess.run(
        [*COMMAND, tmp_path, "--undisturbed"], capture_output=True, text=True, check=True, timeout=900
    ).stdout.splitlines()
    epochs = [int(line.split()[1]) for line in said if line.startswith("epoch")]
    # The kill may have come after the next epoch was kept.
    assert epochs in ([1, 2], [2])
    assert epochs[-1] == EPOCHS - 1
    learnt, undisturbed = (line.split()[1] for line in said if not line.startswith("epoch"))
    assert learnt == undisturbed
