"""A program in a process group of its own: streamed, stopped, and never left behind."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from infra.wrappers.errors import Interrupted, ToolMissing, ToolTimedOut
from infra.wrappers.process import Limits, child_environment, passing_on_signals, run
from tests.waiting import eventually

HERE = Path.cwd()
# Writes its child's id, then waits; tells of the interrupt it was given, as Terraform does.
STUBBORN = """
trap 'echo interrupted; exit 7' INT
echo ready
while true; do sleep 0.05; done
"""
PARENT = """
import sys, threading
from pathlib import Path
from infra.wrappers.process import Limits, child_environment, run
run(
    ["sh", "-c", sys.argv[1]],
    cwd=Path.cwd(),
    environment=child_environment({}),
    limits=Limits(threading.Event()),
    output=Path(sys.argv[2]),
    pid_file=Path(sys.argv[3]),
)
"""


def call(script, stop=None, on_line=None, **times):
    limits = Limits(stop or threading.Event(), **times)
    command = ["sh", "-c", script]
    return run(command, cwd=HERE, environment=child_environment({}), limits=limits, on_line=on_line)


def test_lines_come_while_the_program_runs(tmp_path):
    lines = []

    def answer(line):
        lines.append(line)
        (tmp_path / "go").touch()

    finished = call(
        f"echo first; while ! test -e {tmp_path}/go; do sleep 0.02; done; printf last", on_line=answer
    )
    assert lines == ["first", "last"]
    assert finished.stdout == "first\nlast"
    assert finished.exit_code == 0


def test_exit_code_standard_error_and_a_signal_are_told():
    finished = call("echo no >&2; exit 3")
    assert (finished.exit_code, finished.stderr) == (3, "no\n")
    assert call("kill -9 $$").exit_code == -signal.SIGKILL


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(ToolMissing, match="no-such-program is not on PATH"):
        run(
            ["no-such-program"], cwd=HERE, environment=child_environment({}), limits=Limits(threading.Event())
        )


def test_a_program_that_runs_too_long_is_interrupted_and_may_end_by_itself():
    lines = []
    with pytest.raises(ToolTimedOut, match="ran longer than"):
        call(STUBBORN, on_line=lines.append, timeout_s=5, grace_s=60)
    assert lines == ["ready", "interrupted"]


def test_a_stop_interrupts_once_and_kills_after_the_grace():
    stop = threading.Event()
    lines = []

    def answer(line):
        lines.append(line)
        stop.set()

    with pytest.raises(Interrupted):
        call("trap 'echo no' INT; echo ready; while true; do sleep 0.05; done", stop, answer, grace_s=0.5)
    assert lines == ["ready", "no"]


def test_after_a_stop_nothing_is_started(tmp_path):
    stop = threading.Event()
    stop.set()
    with pytest.raises(Interrupted, match="was not started"):
        call(f"touch {tmp_path}/started", stop)
    assert not (tmp_path / "started").exists()


def test_what_outlives_the_program_in_its_group_is_killed(tmp_path):
    call(f"sleep 1000 & echo $! > {tmp_path}/pid")
    pid = int((tmp_path / "pid").read_text())
    eventually(
        lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie", "the child ends"
    )


def test_when_the_parent_is_killed_the_program_is_interrupted_and_its_words_are_kept(tmp_path):
    said, pid = tmp_path / "said", tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, STUBBORN, str(said), str(pid)], cwd=HERE)
    eventually(lambda: said.exists() and "ready" in said.read_text(), "the program runs")
    parent.kill()
    parent.wait()
    eventually(lambda: "interrupted" in said.read_text(), "the program is interrupted")
    eventually(lambda: not psutil.pid_exists(int(pid.read_text())), "the program ends")


def test_sigterm_to_this_process_becomes_a_stop():
    stop = threading.Event()
    with passing_on_signals(stop):
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(60)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_the_states_passphrase_and_what_would_change_terraforms_meaning_are_not_handed_on(monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "secret")
    monkeypatch.setenv("TF_VAR_word", "other")
    monkeypatch.setenv("TF_CLI_ARGS_apply", "-refresh=false")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    environment = child_environment({"TF_DATA_DIR": "data"})
    assert not {"PULUMI_CONFIG_PASSPHRASE", "TF_VAR_word", "TF_CLI_ARGS_apply"} & environment.keys()
    assert (environment["AWS_PROFILE"], environment["TF_DATA_DIR"]) == ("mine", "data")


def test_what_the_program_writes_is_private(tmp_path):
    call(f"touch {tmp_path}/file")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
