"""What the steward does it does in children: within limits, and never longer than it lives itself."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from services.steward.hands import Children, Unreachable
from tests.waiting import eventually

CHILD = [sys.executable, "-m", "services.steward.child"]
# Keeps a processor busy until it is ended.
BUSY = ["timeit", "-n", "1000000000000", "pass"]


def test_a_child_that_uses_up_its_processor_time_is_ended():
    done = subprocess.run([*CHILD, str(os.getpid()), "1", *BUSY], capture_output=True, check=False)
    assert done.returncode == -signal.SIGXCPU


def test_a_child_yields_to_what_serves_and_is_the_first_to_go_when_memory_runs_out():
    child = subprocess.Popen([*CHILD, str(os.getpid()), "60", *BUSY])
    try:
        own = psutil.Process(child.pid)
        eventually(lambda: own.nice() > psutil.Process().nice(), "a lower priority")
        assert int(Path(f"/proc/{child.pid}/oom_score_adj").read_text()) > 0
    finally:
        child.kill()
        child.wait()


def test_a_child_of_a_steward_that_was_killed_is_gone():
    begin = f"subprocess.Popen([*{CHILD}, str(os.getpid()), '60', *{BUSY}])"
    code = f"import os, subprocess; print({begin}.pid, flush=True); input()"
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    child = psutil.Process(int(parent.stdout.readline()))
    eventually(
        lambda: "timeit" in child.cmdline() and "child" not in " ".join(child.cmdline()), "the module at work"
    )
    parent.kill()
    parent.communicate()
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the child is gone")


def test_an_environment_that_is_not_there_can_be_asked_again_later(tmp_path):
    hands = Children(str(tmp_path / "environment.json"))
    with pytest.raises(Unreachable, match="no environment document"):
        hands.train("r", "recommender", {}, 1.0)
    with pytest.raises(Unreachable, match="no environment document"):
        hands.release("r", "recommender", 1, "steward")
    assert hands.labels("recommender", None) is None
