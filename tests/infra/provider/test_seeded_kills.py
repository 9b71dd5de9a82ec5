"""Up and destroy, struck at random points of a seed, are gone on with until they are done."""

import os
import random
import signal

import pytest

from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

STEPS = 16
TARGETS = ("pulumi", "terraform", "group")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
# One step after the other; each says so when it is done, and whether another writer is at work.
STEP = """
resource "terraform_data" "step_%(number)02d" {
  input      = var.folder
  depends_on = [%(before)s]

  provisioner "local-exec" {
    interpreter = ["/bin/sh", "-c"]
    command     = <<-EOT
      cd ${self.input}
      test -e writer && kill -0 $(cat writer) && echo %(number)d >> two
      echo $$ > writer; sleep 0.1; echo %(number)d >> made
    EOT
  }

  provisioner "local-exec" {
    when        = destroy
    interpreter = ["/bin/sh", "-c"]
    command     = "sleep 0.1; echo %(number)d >> ${self.input}/unmade"
  }
}
"""
PROGRAM = """
TerraformRoot("steps", root=os.environ["ROOT"], variables={"folder": os.environ["FOLDER"]}, timeout_s=600)
"""


@pytest.fixture
def steps(program):
    """A program whose one root makes something in many steps."""
    program.write(PROGRAM)
    written = ['variable "folder" {\n  type = string\n}\n']
    for number in range(STEPS):
        before = f"terraform_data.step_{number - 1:02d}" if number else ""
        written.append(STEP % {"number": number, "before": before})
    program.environment["ROOT"] = str(program.root("steps", main="".join(written)))
    program.environment["FOLDER"] = str(program.folder)
    return program


def lines(steps, name):
    file = steps.folder / name
    return file.read_text().split() if file.exists() else []


def strike(steps, command, marks, chance):
    """Run a command, strike it when it has come a few steps further, and wait until nothing of it runs."""
    target, number = chance.choice(TARGETS), chance.choice(SIGNALS)
    point = len(lines(steps, marks)) + chance.randrange(4)
    process = steps.start(command, "--yes", "--skip-preview")
    eventually(
        lambda: process.poll() is not None or (len(lines(steps, marks)) >= point and at_work(steps)),
        f"{command} comes to step {point}",
    )
    if target == "terraform":
        for terraform in steps.processes("terraform"):
            terraform.send_signal(number)
    elif process.poll() is None:
        (os.killpg if target == "group" else os.kill)(process.pid, number)
    process.wait(120)
    eventually(lambda: not writers(steps), f"no writer outlives {number.name} to {target} during {command}")


def at_work(steps):
    return steps.processes("terraform apply")


def writers(steps):
    return [*steps.processes("terraform"), *steps.processes("pulumi-resource-millrace")]


def unlock(steps):
    """Take away the lock of a killed run, which the next one would name."""
    if list((steps.folder / "state").rglob("locks/**/*.json")):
        steps.pulumi("cancel", "--yes").well()


@pytest.mark.parametrize(
    ("seed", "strikes"), [(1, 3), pytest.param(2, 10, marks=pytest.mark.long)], ids=["few", "full"]
)
def test_up_and_destroy_struck_at_random_points_are_gone_on_with(steps, seed, strikes):
    chance = random.Random(seed)
    for _ in range(strikes):
        strike(steps, "up", "made", chance)
        unlock(steps)
    assert steps.up().well()
    wanted = [f"terraform_data.step_{number:02d}" for number in range(STEPS)]
    assert steps.resources()["steps"]["outputs"]["addresses"] == wanted
    made = lines(steps, "made")
    assert set(made) == {str(number) for number in range(STEPS)}
    assert len(made) <= STEPS + strikes, "more was made twice than was in the making when it was struck"
    assert not lines(steps, "two")
    for _ in range(strikes):
        strike(steps, "destroy", "unmade", chance)
        unlock(steps)
    assert steps.destroy().well()
    assert steps.resources() == {}
    assert set(lines(steps, "unmade")) == {str(number) for number in range(STEPS)}
