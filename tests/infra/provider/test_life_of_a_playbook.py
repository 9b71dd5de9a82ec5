"""A playbook from an empty environment to destroy, through the real engine."""

from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.slow

SECRET = "correct-horse-battery"
PLAYBOOK = """
- hosts: all
  gather_facts: false
  tasks:
    - name: See that no passphrase of the state is handed on
      ansible.builtin.assert:
        that: lookup('env', 'PULUMI_CONFIG_PASSPHRASE') == ''

    - name: See that the greeting is one
      ansible.builtin.assert:
        that: greeting is search('[a-z]')
        fail_msg: greeting must hold letters, {{ greeting }} holds none

    - name: Write the greeting
      ansible.builtin.copy:
        content: "{{ greeting }}\\n"
        dest: "{{ folder }}/greeting"
        mode: "0644"

    - name: Write the password
      ansible.builtin.copy:
        content: "{{ password }}\\n"
        dest: "{{ folder }}/password"
        mode: "0600"

    - name: Count
      ansible.builtin.command: wc -c {{ folder }}/greeting
      changed_when: false

    - name: Fail if asked
      ansible.builtin.fail:
        msg: the greeting is bad
      when: greeting == 'bad'

    - name: Yield
      ansible.builtin.set_stats:
        data:
          loud: "{{ greeting | upper }}"
          door: "{{ password }}"
"""
TEARDOWN = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Remove the greeting
      ansible.builtin.file:
        path: "{{ folder }}/greeting"
        state: absent
"""
PROGRAM = f"""
play = AnsiblePlaybook(
    "greet",
    playbook=os.environ["PLAYBOOK"],
    teardown=os.environ.get("TEARDOWN"),
    variables={{
        "greeting": os.environ.get("GREETING", "hello"),
        "folder": os.environ["FOLDER"],
        "password": pulumi.Output.secret("{SECRET}"),
    }},
)
pulumi.export("loud", play.output("loud"))
pulumi.export("door", play.secret_output("door"))
"""


@pytest.fixture(scope="module")
def life(programs):
    """Run it all once; each test asks about its part."""
    program = programs("playbook").write(PROGRAM)
    playbook = program.playbook("greet", PLAYBOOK)
    greeting = program.folder / "greeting"
    program.environment |= {"PLAYBOOK": str(playbook), "FOLDER": str(program.folder)}
    life = SimpleNamespace(program=program)
    life.empty = program.preview().well()
    life.made_in_preview = greeting.exists()
    life.up = program.up().well()
    life.made = greeting.read_text()
    life.loud = program.output("loud")
    life.door = program.pulumi("stack", "output", "door").well()
    states = [path.read_text() for path in (program.folder / "state").rglob("*.json*")]
    life.state_text = "".join(states)
    life.same = program.pulumi("up", "--yes").well()
    life.changed_preview = program.preview(GREETING="good day").well()

    greeting.write_text("changed by hand\n")
    life.refreshed = program.refresh().well()
    life.drift = program.resources()["greet"]["outputs"]["drift"]
    life.mended = program.up().well()
    life.mended_text = greeting.read_text()

    life.preflight = program.preview(GREETING="123").badly()
    life.failed = program.up(GREETING="bad").badly()
    life.failed_state = program.resources()["greet"]
    life.gone_on = program.up(GREETING="good day").well()
    life.gone_on_text = greeting.read_text()
    playbook.write_text(PLAYBOOK.replace('content: "{{ greeting }}', 'content: "> {{ greeting }}'))
    life.code_changed = program.up(GREETING="good day").well()
    life.code_changed_text = greeting.read_text()
    teardown = str(program.playbook("greet", PLAYBOOK).with_name("teardown.yml"))
    (playbook.with_name("teardown.yml")).write_text(TEARDOWN)
    life.taught = program.up(TEARDOWN=teardown).well()
    life.on_destroy = program.resources()["greet"]["outputs"]["on_destroy"]
    life.destroyed = program.destroy().well()
    life.left = greeting.exists(), (program.folder / "password").exists()
    return life


def test_an_empty_environment_previews_task_by_task_and_changes_nothing(life):
    assert life.empty.says("greet.yml: 2 tasks would change", "would change: Write the greeting [localhost]")
    assert life.empty.says("+hello")
    assert life.empty.says("no teardown playbook: destroy leaves the hosts as they are")
    assert not life.made_in_preview


def test_up_runs_it_and_yields_what_it_set(life):
    assert life.made == "hello\n"
    assert life.loud == "HELLO"


def test_up_with_no_change_changes_nothing_and_checks_once(life):
    assert life.same.says("2 unchanged")
    _, update = life.same.text.split("Updating (")
    assert "check:" not in update


def test_a_changed_variable_is_shown_with_what_each_task_would_change(life):
    assert life.changed_preview.says("[diff: ~variables]", "-hello", "+good day")


def test_drift_made_by_hand_is_found_by_refresh_and_mended_by_up(life):
    assert life.refreshed.says("1 tasks drifted, 1 tasks skipped by check mode")
    assert life.drift == ["Write the greeting [localhost]"]
    assert life.mended.says("greet.yml: 1 tasks changed something")
    assert life.mended_text == "hello\n"


def test_a_task_that_refuses_before_anything_changes_fails_the_preview(life):
    assert life.preflight.says("See that the greeting is one", "123 holds none", "To do:")


def test_a_failed_run_names_its_task_and_the_next_up_goes_on(life):
    assert life.failed.says("greet.yml failed", "Fail if asked", "the greeting is bad")
    assert life.failed_state["initErrors"]
    assert life.gone_on_text == "good day\n"


def test_changed_code_is_run_although_no_input_changed(life):
    assert life.code_changed.says("1 updated")
    assert life.code_changed_text == "> good day\n"


def test_destroy_runs_the_teardown(life):
    assert life.on_destroy == "runs teardown.yml"
    assert life.left == (False, True)


def test_a_secret_is_in_no_log_no_preview_and_no_state_of_pulumi(life):
    said = [value.text for value in vars(life).values() if hasattr(value, "says")]
    assert said
    assert not any(SECRET in text for text in said)
    assert "[secret]" in life.door.text
    assert "ciphertext" in life.state_text
    assert SECRET not in life.state_text
