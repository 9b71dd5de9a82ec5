"""Ansible on ansible-runner: typed results, a fresh private folder, signals passed on."""

import threading

import psutil
import pytest

from infra.wrappers.ansible import Ansible, Play
from infra.wrappers.errors import Interrupted, PlaybookFailed, ToolTimedOut
from infra.wrappers.process import Limits
from tests.waiting import eventually

TASKS = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Write
      ansible.builtin.copy: {content: "{{ text }}", dest: "{{ folder }}/file", mode: "0644"}
    - name: Write in secret
      ansible.builtin.copy: {content: "{{ text }}", dest: "{{ folder }}/secret", mode: "0600"}
      no_log: true
    - name: Cannot be checked
      ansible.builtin.command: "true"
      changed_when: false
    - name: Is not wanted
      ansible.builtin.command: "false"
      when: false
    - name: Yield
      ansible.builtin.set_stats: {data: {text: "{{ text }}", number: 3}}
"""
WAITING = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Wait
      ansible.builtin.command: sh -c 'echo $$ > {{ folder }}/pid; exec sleep 1000'
"""
REFUSING = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Refuse
      ansible.builtin.fail: {msg: not like this}
"""
PINGING = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Ping
      ansible.builtin.ping:
      changed_when: true
"""


@pytest.fixture
def play(tmp_path):
    def make(tasks=TASKS, **given):
        playbook = tmp_path / "play.yml"
        playbook.write_text(tasks)
        return Play(playbook, variables={"folder": str(tmp_path), "text": "hello"}, **given)

    make.folder = tmp_path
    return make


def ansible(stop=None, **times):
    return Ansible(Limits(stop or threading.Event(), **{"timeout_s": 120, "grace_s": 20, **times}))


def names(changes):
    return [str(change) for change in changes]


def test_check_mode_tells_what_would_change_and_what_it_cannot_tell_and_does_not_leak_into_the_run(play):
    seen = []
    checked = ansible().run(play(), check=True, on_task=seen.append)
    assert names(checked.changed) == ["Write [localhost]", "Write in secret [localhost]"]
    assert "+hello" in checked.changed[0].detail
    assert checked.changed[1].detail == ""
    assert names(checked.skipped_by_check) == ["Cannot be checked [localhost]"]
    assert seen == ["Write", "Write in secret", "Cannot be checked", "Is not wanted", "Yield"]
    assert not (play.folder / "file").exists()

    ran = ansible().run(play())
    assert ran.exit_code == 0
    assert ran.outputs == {"text": "hello", "number": 3}
    assert (play.folder / "file").read_text() == "hello"
    assert names(ansible().run(play(), check=True).changed) == []


def test_a_failed_task_is_named_with_its_own_words(play):
    result = ansible().run(play(REFUSING))
    with pytest.raises(PlaybookFailed, match=r"Refuse \[localhost\]: not like this.*To do: "):
        result.required("play.yml")


def test_a_playbook_that_cannot_begin_says_why(play):
    with pytest.raises(PlaybookFailed, match=r"could not begin"):
        ansible().run(play("- hosts: all\n  tasks: 3\n"))


def test_a_mapping_is_an_inventory(play):
    local = {"ansible_connection": "local"}
    hosts = {"all": {"hosts": {"one": local, "two": local}}}
    changed = ansible().run(play(PINGING, inventory=hosts)).changed
    assert sorted(names(changed)) == ["Ping [one]", "Ping [two]"]


def test_the_plain_strategy_does_the_same_as_mitogen(play):
    plain = ansible().run(play(environment={"ANSIBLE_STRATEGY": "linear"}))
    assert names(plain.changed) == ["Write [localhost]", "Write in secret [localhost]"]


def test_without_a_working_mitogen_the_plain_strategy_runs(play):
    broken = {"ANSIBLE_STRATEGY_PLUGINS": str(play.folder / "nowhere")}
    result = ansible().run(play(PINGING, environment=broken))
    assert result.exit_code == 0
    assert names(result.changed) == ["Ping [localhost]"]


@pytest.mark.parametrize("reason", ["stop", "late"])
def test_a_stopped_playbook_ends_and_so_does_what_its_task_started(play, reason):
    stop = threading.Event()
    pid = play.folder / "pid"
    raised = []

    def run():
        expected = Interrupted if reason == "stop" else ToolTimedOut
        with pytest.raises(expected) as caught:
            ansible(stop, timeout_s=120 if reason == "stop" else 15).run(play(WAITING))
        raised.append(caught.value)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: pid.exists() and pid.read_text().strip(), "the task runs")
    if reason == "stop":
        stop.set()
    thread.join(60)
    assert raised
    eventually(lambda: not psutil.pid_exists(int(pid.read_text())), "the task's program ends")


def test_no_file_with_variables_is_left(play, tmp_path_factory, monkeypatch):
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr("tempfile.tempdir", None)
    ansible().run(play())
    assert list(scratch.iterdir()) == []
