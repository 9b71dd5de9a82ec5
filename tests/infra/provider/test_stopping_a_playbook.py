"""A playbook that is interrupted, or whose provider dies, ends; bad inputs name their property."""

import signal

import pytest

from tests.waiting import eventually

pytestmark = pytest.mark.slow

PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Wait in the middle
      ansible.builtin.command:
        cmd: "sh -c 'echo here > {{ folder }}/here; while ! test -e {{ folder }}/go; do sleep 0.05; done'"
      changed_when: true
"""
PROGRAM = """
AnsiblePlaybook("wait", playbook=os.environ["PLAYBOOK"], variables={"folder": os.environ["FOLDER"]})
"""


@pytest.fixture
def waiting(program):
    program.write(PROGRAM)
    program.environment["PLAYBOOK"] = str(program.playbook("wait", PLAYBOOK))
    program.environment["FOLDER"] = str(program.folder)
    return program


def begin(waiting):
    process = waiting.start("up", "--yes", "--skip-preview")
    eventually((waiting.folder / "here").exists, "the playbook is in its middle")
    return process


def nothing_runs(waiting):
    return not waiting.processes("ansible") and not waiting.processes("pulumi-resource-millrace")


def test_sigint_to_pulumi_ends_the_playbook_and_the_next_up_goes_on(waiting):
    process = begin(waiting)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    eventually(lambda: nothing_runs(waiting), "the playbook ends")
    assert waiting.resources()["wait"]["initErrors"]
    (waiting.folder / "go").touch()
    assert waiting.up().well()
    assert "initErrors" not in waiting.resources()["wait"]


def test_sigkill_to_the_provider_ends_the_playbook(waiting):
    process = begin(waiting)
    for provider in waiting.processes("pulumi-resource-millrace"):
        provider.kill()
    assert process.wait(60) != 0
    eventually(lambda: nothing_runs(waiting), "the playbook ends")


@pytest.mark.parametrize(
    ("source", "phrases"),
    [
        ('AnsiblePlaybook("bad", playbook="nowhere.yml")', ["property playbook", "is not a file"]),
        (
            'AnsiblePlaybook("bad", playbook=os.environ["PLAYBOOK"], inventory="nowhere")',
            ["property inventory", "does not exist"],
        ),
        (
            'AnsiblePlaybook("bad", playbook=os.environ["PLAYBOOK"], timeout_s=-1)',
            ["property timeout_s"],
        ),
    ],
)
def test_bad_inputs_fail_at_preview_with_the_propertys_name(waiting, source, phrases):
    assert waiting.write(source).preview().badly().says(*phrases)
