"""Resources that take each other's outputs, wait for each other, or run side by side."""

import re
import socket

import pytest

from tests.waiting import eventually

pytestmark = pytest.mark.slow

NETWORK = """
resource "terraform_data" "network" {}

output "network_id" {
  value = "net-${terraform_data.network.id}"
}
"""
SERVICE = """
variable "network" {
  type = string

  validation {
    condition     = startswith(var.network, "net-")
    error_message = "network must begin with net-."
  }
}

resource "terraform_data" "service" {
  input = var.network
}

output "network" {
  value = terraform_data.service.output
}
"""
CHAIN = """
network = TerraformRoot("network", root=os.environ["NETWORK"])
service = TerraformRoot(
    "service", root=os.environ["SERVICE"], variables={"network": network.output("network_id")}
)
variables = {"network": service.output("network")}
play = AnsiblePlaybook("play", playbook=os.environ["PLAYBOOK"], variables=variables)
pulumi.export("network", service.output("network"))
"""
PARTS = """
resource "terraform_data" "part" {}

output "whole" {
  value = { part = "part-${terraform_data.part.id}" }
}

output "none" {
  value = null
}
"""
TAKER = """
variable "part" {
  type = string

  validation {
    condition     = startswith(var.part, "part-")
    error_message = "part must begin with part-."
  }
}

variable "none" {
  type = string
}

output "seen" {
  value = "${var.part} ${var.none == null ? "and nothing" : "and something"}"
}
"""
NESTED = """
parts = TerraformRoot("parts", root=os.environ["PARTS"])
variables = {"part": parts.output("whole", "part"), "none": parts.output("none", "deeper")}
checks = [["sh", "-c", "echo the check has seen the plan"]]
taker = TerraformRoot("taker", root=os.environ["TAKER"], variables=variables, checks=checks)
pulumi.export("seen", taker.output("seen"))
"""
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Write the network down
      ansible.builtin.copy:
        content: "{{ network }}"
        dest: "{{ playbook_dir }}/network"
        mode: "0600"
"""
WAITING = """
resource "terraform_data" "meet" {
  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = "touch $MILLRACE_HOME/%s; while ! test -e $MILLRACE_HOME/%s; do sleep 0.05; done"
  }
}
"""
PAIR = """
for name in ("left", "right"):
    TerraformRoot(name, root=f"{os.environ['ROOTS']}/{name}", timeout_s=60)
"""
STOPPED = """
root = TerraformRoot(
    "behind",
    root=os.environ["ROOT"],
    variables={"word": os.environ.get("WORD", "one")},
    endpoint=os.environ["ENDPOINT"],
    start=Playbook(os.environ["START"]) if "START" in os.environ else None,
)
"""
BEHIND = """
variable "word" {
  type = string
}

resource "terraform_data" "behind" {
  input = var.word
}
"""
START = """
- hosts: localhost
  gather_facts: false
  tasks:
    - name: Listen
      ansible.builtin.command: >-
        {{ ansible_playbook_python }} -c
        "import subprocess, sys;
        subprocess.Popen([sys.executable, '-m', 'http.server', '%s', '--bind', '127.0.0.1'],
        start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
      changed_when: true
"""


@pytest.fixture(scope="module")
def chain(programs):
    program = programs("chain").write(CHAIN)
    placeholders = '{"network_id": "net-placeholder"}'
    program.environment |= {
        "NETWORK": str(program.root("network", main=NETWORK, placeholders=placeholders)),
        "SERVICE": str(program.root("service", main=SERVICE)),
        "PLAYBOOK": str(program.playbook("play", PLAYBOOK)),
    }
    return program


def test_an_empty_environment_is_planned_on_placeholders_which_are_marked_and_never_applied(chain):
    preview = chain.preview().well()
    assert preview.says("+ create terraform_data.service [planned on placeholders, never applied]")
    assert not preview.says("+ create terraform_data.network [planned on placeholders")
    assert preview.says("not checked: variables.network unknown until another resource is made")
    assert chain.up().well()
    made = chain.output("network")
    assert made.startswith("net-")
    assert "placeholder" not in made
    assert (chain.folder / "ansible" / "play" / "network").read_text() == made


def test_what_stands_on_a_target_is_destroyed_with_it_and_nothing_else(chain):
    made = chain.resources()
    target = ("--target", made["service"]["urn"], "--target-dependents")
    assert chain.destroy(*target).well()
    assert set(chain.resources()) == {"network"}
    assert chain.up().well()
    assert set(chain.resources()) == set(made)


def test_without_a_placeholder_the_preview_goes_on_and_names_what_to_declare(programs):
    program = programs("undeclared").write(CHAIN)
    program.environment |= {
        "NETWORK": str(program.root("network", main=NETWORK)),
        "SERVICE": str(program.root("service", main=SERVICE)),
        "PLAYBOOK": str(program.playbook("play", PLAYBOOK)),
    }
    preview = program.preview().well()
    assert preview.says("not planned: variables.network unknown", "placeholders.json")


def test_a_part_of_an_output_is_taken_with_its_placeholder_and_a_null_output_is_null(programs):
    program = programs("nested").write(NESTED)
    placeholders = '{"whole": {"part": "part-placeholder"}, "none": {"deeper": "something"}}'
    program.environment |= {
        "PARTS": str(program.root("parts", main=PARTS, placeholders=placeholders)),
        "TAKER": str(program.root("taker", main=TAKER)),
    }
    preview = program.preview().well()
    assert preview.says("output seen: create")
    assert preview.says("the check has seen the plan")
    assert program.up().well().says("the check has seen the plan")
    assert re.fullmatch(r"part-[0-9a-f-]{36} and nothing", program.output("seen"))
    assert program.preview("--expect-no-changes").well()


def test_independent_root_modules_run_side_by_side(program):
    program.write(PAIR)
    program.root("left", main=WAITING % ("left-is-here", "right-is-here"))
    roots = program.root("right", main=WAITING % ("right-is-here", "left-is-here")).parent
    # Each waits for the other in the middle of its apply: one after the other they would never end.
    program.up(ROOTS=str(roots)).well()
    assert set(program.resources()) == {"left", "right"}


@pytest.fixture
def behind(program):
    """A root module behind an endpoint that listens, with the socket that does."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    program.write(STOPPED)
    program.environment |= {
        "ROOT": str(program.root("behind", main=BEHIND)),
        "ENDPOINT": f"http://127.0.0.1:{port}",
    }
    program.port = port
    program.listener = listener
    program.up().well()
    yield program
    listener.close()


def test_what_lies_behind_a_stopped_endpoint_is_not_read_not_reported_deleted_and_not_destroyed(behind):
    behind.listener.close()
    phrase = "cannot be read while stopped"
    assert behind.preview().well().says(phrase, "checked during up", "[diff: ~endpoint]")
    assert behind.preview(WORD="two").well().says(phrase, "[diff: ~variables]")
    assert behind.up().badly().says("refuses connections; start it and run again")
    assert behind.refresh().well().says(phrase, "what was known of it is kept")
    assert behind.resources()["behind"]["outputs"]["addresses"] == ["terraform_data.behind"]
    assert behind.destroy().badly().says("refuses connections", "start it")
    assert set(behind.resources()) == {"behind"}


def test_destroy_starts_a_stopped_endpoint_first(behind):
    behind.up(START=str(behind.playbook("start", START % behind.port))).well()
    behind.listener.close()
    assert behind.destroy().well().says("is stopped; starting it with start.yml")
    assert behind.resources() == {}
    eventually(lambda: behind.processes(f"http.server {behind.port}"), "the playbook's server runs")
