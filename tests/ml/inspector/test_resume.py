"""A training that is killed goes on at its last epoch and ends where it would have ended."""

import signal
import subprocess
import sys

import pytest

from ml.systems.inspector.tuning import CHOSEN, REPEATED
from tests.ml.inspector.training import EPOCHS
from tests.waiting import eventually

COMMAND = [sys.executable, "-m", "tests.ml.inspector.training"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("told", "kept", "gone_on_at"),
    [
        pytest.param(1, CHOSEN, {1, 2}, id="before weights are averaged"),
        pytest.param(2, CHOSEN, {2, 3}, id="while they are"),
        pytest.param(EPOCHS, REPEATED, {EPOCHS}, id="in the second tuning"),
    ],
)
def test_a_training_killed_in_either_tuning_goes_on_and_learns_the_very_same(
    tmp_path, told, kept, gone_on_at
):
    with subprocess.Popen([*COMMAND, tmp_path], stdout=subprocess.PIPE, text=True) as killed:
        for epoch in range(told):
            assert killed.stdout.readline().startswith(f"epoch {epoch} ")
        eventually((tmp_path / kept).exists, "an epoch is kept", 300)
        killed.kill()
    assert killed.returncode == -signal.SIGKILL

    said = subprocess.run(
        [*COMMAND, tmp_path, "--undisturbed"], capture_output=True, text=True, check=True, timeout=900
    ).stdout.splitlines()
    epochs = [int(line.split()[1]) for line in said if line.startswith("epoch")]
    # The kill may have come after the next epoch was kept.
    assert epochs in [list(range(first, EPOCHS)) for first in gone_on_at]
    learnt, undisturbed = (line.split()[1] for line in said if not line.startswith("epoch"))
    assert learnt == undisturbed
