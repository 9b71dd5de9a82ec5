"""An ingest that is killed is begun again: what it stored is found, and nothing is counted twice."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from ml.data.datasets import table_digest
from ml.data.images.manifest import BATCH, take_in
from ml.data.images.store import ImageStore
from tests.ml.images.pictures import encoded

pytestmark = pytest.mark.slow

COUNT = 2 * BATCH + 40


def delivery(killed_at=COUNT):
    """Small images, more than two batches; whoever asks for number ``killed_at`` is killed."""
    random = np.random.default_rng(0)
    for number in range(COUNT):
        if number == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        yield f"{number:04d}.png", encoded(random.integers(0, 255, (40, 40)).astype(np.uint8))


def take_in_until(environment, killed_at):
    """Take the delivery in, in a process of its own."""
    program = f"""
        from ml.data.images.manifest import take_in
        from ml.data.images.store import ImageStore
        from ml.environment import Environment
        from tests.ml.images.test_killed import delivery

        environment = Environment.load({str(environment.logs.parent / "environment.json")!r})
        take_in(delivery({killed_at}), ImageStore(environment, "inspector"))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    return subprocess.run(command, cwd=Path(__file__).parents[3], timeout=120, check=False).returncode


def test_a_killed_ingest_keeps_what_it_stored_and_the_next_counts_nothing_twice(environment):
    store = ImageStore(environment, "inspector")
    assert take_in_until(environment, 2 * BATCH + 20) == -signal.SIGKILL
    # The second batch is stored while the third is looked at.
    assert len(store.ids()) in (BATCH, 2 * BATCH)
    taken = take_in(delivery(), store)
    assert (len(taken.rows), taken.repeated) == (COUNT, 0)
    assert store.ids() == {row.image_id for row in taken.rows}
    assert table_digest(taken.table()) == table_digest(take_in(delivery(), store).table())
