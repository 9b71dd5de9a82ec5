"""An apply that fails, is interrupted or killed, and is gone on with by the next run."""

import os
import signal

import psutil
import pytest

from tests.waiting import eventually

pytestmark = pytest.mark.slow

ROOT = """
variable "folder" {
  type = string
}

resource "terraform_data" "first" {
  input = "first"
}

# Waits in its middle until the file `go` lies in the folder; fails if it is empty.
resource "terraform_data" "second" {
  input = terraform_data.first.id

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = <<-EOT
      echo $$ > ${var.folder}/waiting
      while ! test -e ${var.folder}/go; do sleep 0.05; done
      test -s ${var.folder}/go
    EOT
  }
}

output "second" {
  value = terraform_data.second.id
}
"""
PROGRAM = """
root = TerraformRoot("slow", root=os.environ["ROOT"], variables={"folder": os.environ["FOLDER"]})
pulumi.export("second", root.output("second"))
"""


@pytest.fixture
def slow(program):
    """A program whose apply waits in its middle for a word."""
    program.write(PROGRAM)
    program.environment["ROOT"] = str(program.root("slow", main=ROOT))
    program.environment["FOLDER"] = str(program.folder)
    return program


def begin(slow):
    """Start an update, wait until it is in its middle, and return its process."""
    process = slow.start("up", "--yes", "--skip-preview")
    waiting = slow.folder / "waiting"
    eventually(lambda: waiting.exists() and waiting.read_text().strip(), "the apply reaches its middle")
    return process


def addresses(slow):
    return slow.resources()["slow"]["outputs"]["addresses"]


def finish(slow, word="go on"):
    (slow.folder / "go").write_text(word)
    return slow.up()


def nothing_runs(slow):
    return not slow.processes("terraform") and not slow.processes("pulumi-resource-millrace")


def locks(slow):
    return list((slow.folder / "state").rglob("locks/**/*.json"))


def test_a_failed_apply_keeps_what_was_made_and_the_next_up_goes_on(slow):
    failed = finish(slow, "").badly()
    assert failed.says("terraform apply failed", "local-exec provisioner error", "To do:")
    kept = slow.resources()["slow"]
    assert kept["initErrors"]
    assert "terraform_data.first" in kept["outputs"]["addresses"]
    assert finish(slow).well().says("-/+ replace terraform_data.second (tainted)")
    assert "initErrors" not in slow.resources()["slow"]


def test_a_half_made_resource_is_destroyed(slow):
    finish(slow, "").badly()
    state = slow.terraform_folder("slow") / "terraform.tfstate"
    assert "terraform_data" in state.read_text()
    assert slow.destroy().well().says("0 to add, 0 to change, 2 to destroy")
    assert not state.exists()


def test_sigint_to_pulumi_stops_terraform_releases_the_locks_and_the_next_up_goes_on(slow):
    process = begin(slow)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) != 0
    eventually(lambda: nothing_runs(slow), "provider and terraform end")
    assert locks(slow) == []
    assert "terraform_data.first" in addresses(slow)
    assert finish(slow).well()
    assert addresses(slow) == ["terraform_data.first", "terraform_data.second"]


def test_sigkill_to_terraform_loses_nothing(slow):
    process = begin(slow)
    for terraform in slow.processes("terraform apply"):
        terraform.kill()
    assert process.wait(60) != 0
    assert "signal 9" in slow.said()
    assert "terraform_data.first" in addresses(slow)
    assert locks(slow) == []
    assert finish(slow).well()
    assert addresses(slow) == ["terraform_data.first", "terraform_data.second"]


def test_sigkill_to_the_provider_lets_terraform_write_its_state_and_end(slow):
    process = begin(slow)
    for provider in slow.processes("pulumi-resource-millrace"):
        provider.kill()
    assert process.wait(60) != 0
    eventually(lambda: nothing_runs(slow), "terraform ends when the provider has died")
    state = slow.terraform_folder("slow") / "terraform.tfstate"
    assert "terraform_data" in state.read_text()
    assert finish(slow).well()
    assert addresses(slow) == ["terraform_data.first", "terraform_data.second"]


def test_sigkill_to_pulumis_whole_group_leaves_no_terraform_and_no_provider(slow):
    process = begin(slow)
    group = [one for one in slow.processes() if os.getpgid(one.pid) == os.getpgid(process.pid)]
    assert psutil.Process(process.pid) in group
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)
    eventually(lambda: nothing_runs(slow), "provider and terraform end when the engine has died")
    (slow.folder / "go").write_text("go on")
    assert slow.up().badly().says("the stack is currently locked", f"pid {process.pid}")
    slow.pulumi("cancel", "--yes").well()
    assert slow.up().well()
    assert addresses(slow) == ["terraform_data.first", "terraform_data.second"]
