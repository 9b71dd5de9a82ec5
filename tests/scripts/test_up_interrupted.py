"""``millrace up`` is stopped again and again, each time elsewhere; the next run goes on and completes."""

import os
import signal
import subprocess

import pytest

from tests.processes import COMMAND, Processes
from tests.waiting import eventually

# Each: what must be running when the signal goes out, who gets it, and which signal.
INTERRUPTIONS = [
    ("ansible-playbook", "group", signal.SIGINT),
    ("ansible-playbook", "pulumi up", signal.SIGTERM),
    ("terraform apply", "terraform apply", signal.SIGKILL),
    ("terraform apply", "pulumi up", signal.SIGKILL),
    ("terraform apply", "group", signal.SIGKILL),
    ("-m ml run", "group", signal.SIGTERM),
    ("-m ml run", "-m ml run", signal.SIGKILL),
]


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_up_completes_after_being_stopped_at_many_points(fresh_settings):
    processes = Processes(fresh_settings.home)
    for running, target, number in INTERRUPTIONS:
        interrupt(fresh_settings, processes, running, target, number)
        eventually(
            lambda: not left_over(processes),
            f"nothing outlives {signal.Signals(number).name} to {target} during {running}",
        )
    finished = subprocess.run(
        [COMMAND, "up", "--env", fresh_settings.name],
        env=fresh_settings.environ, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr
    assert "answered in" in finished.stdout
    assert not list((fresh_settings.home / "pulumi").rglob("locks/**/*.json"))
    assert not processes.outside_supervisor()


def left_over(processes):
    """A killed pulumi leaves its language host to the next run, which ends it."""
    return [each for each in processes.outside_supervisor() if "language" not in each.name()]


def interrupt(settings, processes, running, target, number):
    """Start ``up``, wait until something runs, send a signal; ``up`` must end by itself."""
    log = (settings.home.parent / "up.log").open("ab")
    up = subprocess.Popen(
        [COMMAND, "up", "--env", settings.name],
        env=settings.environ, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        eventually(lambda: processes.matching(running) or up.poll() is not None, f"{running} runs", 300)
        assert up.poll() is None, f"up ended before {running} ran; see {log.name}"
        if target == "group":
            os.killpg(up.pid, number)
        else:
            for process in processes.matching(target):
                process.send_signal(number)
        up.wait(timeout=180)
    finally:
        if up.poll() is None:
            os.killpg(up.pid, signal.SIGKILL)
            up.wait()
        log.close()
