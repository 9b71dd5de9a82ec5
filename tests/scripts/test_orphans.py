"""A language host is ended when its pulumi is gone, and only then."""

import os
import subprocess
import sys

from scripts.orphans import end_orphans
from tests.processes import Processes
from tests.waiting import eventually

# Starts a stand-in for the host, says so, and stays or leaves.
STARTER = """
import subprocess, sys
subprocess.Popen([sys.argv[1], "60"], stdout=subprocess.DEVNULL)
print("started", flush=True)
if sys.argv[2] == "stays":
    sys.stdin.read()
"""


def host(folder):
    program = folder / "pulumi-language-python"
    program.symlink_to("/bin/sleep")
    return program


def start(folder, what):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(host(folder)), what],
        env=os.environ | {"MILLRACE_HOME": str(folder)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    starter.stdout.readline()
    return starter


def test_a_host_without_its_pulumi_is_ended(tmp_path):
    start(tmp_path, "leaves").wait()
    assert end_orphans(tmp_path / "other") == 0
    eventually(lambda: end_orphans(tmp_path), "the orphan is found")
    eventually(lambda: not Processes(tmp_path).matching("pulumi-language-python"), "it is gone")


def test_a_host_whose_pulumi_lives_is_left_alone(tmp_path):
    starter = start(tmp_path, "stays")
    try:
        assert end_orphans(tmp_path) == 0
    finally:
        starter.communicate()
        Processes(tmp_path).kill()
