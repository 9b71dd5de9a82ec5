"""A root module: mirrored, planned, applied, and gone on with after a kill."""

import json
import os
import signal
import threading
from pathlib import Path

import pytest

from infra.wrappers.errors import StateLocked, TerraformFailed
from infra.wrappers.root_module import discard
from tests.waiting import eventually

WORD = """
variable "word" {
  type    = string
  default = "one"
}

resource "terraform_data" "word" {
  input = var.word
}

output "word" {
  value = terraform_data.word.output
}
"""
WAITING = """
resource "terraform_data" "first" {
  input = "first"
}

resource "terraform_data" "second" {
  input = terraform_data.first.id

  provisioner "local-exec" {
    command = "touch %(folder)s/here; while ! test -e %(folder)s/go; do sleep 0.05; done"
  }
}
"""


OUTER = """
module "inner" {
  source = "../../modules/inner"
}

output "name" {
  value = module.inner.name
}

output "path" {
  value = module.inner.path
}
"""
INNER = """
output "name" {
  value = file("${path.module}/name")
}

output "path" {
  value = path.module
}
"""


def applied(module, **variables):
    """Plan, apply, and return the state."""
    with module.open():
        plan = module.plan(variables)
        module.apply(plan)
        discard(plan)
        return module.state()


def planned(module, **variables):
    with module.open():
        plan = module.plan(variables)
        discard(plan)
        return plan


def killed_in_its_middle(module, folder):
    """Apply until the second resource is being made, then kill Terraform."""
    failed = []

    def run():
        with pytest.raises(TerraformFailed) as raised:
            applied(module)
        failed.append(str(raised.value))

    thread = threading.Thread(target=run)
    thread.start()
    eventually((folder / "here").exists, "the apply reaches its middle")
    os.kill(int((module.folder / "terraform.pid").read_text()), signal.SIGKILL)
    thread.join(60)
    return failed[0]


def test_apply_then_plan_shows_no_change(root):
    module = root(WORD)
    state = applied(module)
    assert state.addresses == ["terraform_data.word"]
    assert state.outputs["word"].value == "one"
    assert not planned(module).has_changes
    assert [str(change) for change in planned(module, word="two").changes] == ["~ update terraform_data.word"]


def test_init_runs_once_and_again_when_the_module_changes(root):
    applied(root(WORD))
    assert root.said == ["initialising"]
    planned(root(WORD))
    assert root.said == ["initialising"]
    planned(root(WORD + '\noutput "more" {\n  value = 1\n}\n'))
    assert root.said == ["initialising"] * 2


def test_a_data_folder_that_was_lost_is_made_again(root):
    module = root(WORD)
    applied(module)
    (module.folder / "data" / "terraform.tfstate").unlink()
    assert not planned(root(WORD)).has_changes


def test_modules_beside_the_root_are_found_from_its_mirror(root):
    inner = root.path / "modules" / "inner"
    inner.mkdir(parents=True)
    (inner / "main.tf").write_text(INNER)
    (inner / "name").write_text("inner")
    module = root(OUTER)
    outputs = applied(module).outputs
    assert outputs["name"].value == "inner"
    assert outputs["path"].value == "../../modules/inner"
    assert module.mirror.modules == (inner,)


def test_everything_written_is_private_and_nothing_is_written_beside_the_root(root):
    module = root(WORD)
    applied(module)
    files = [path for path in module.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    assert module.folder.stat().st_mode & 0o077 == 0
    assert files
    assert [path.name for path in module.root.iterdir()] == ["main.tf"]
    assert not list(module.folder.glob("*.tfplan"))
    assert not (module.folder / "variables.tfvars.json").exists()


def test_plans_of_dead_processes_are_removed(root):
    module = root(WORD)
    applied(module)
    left = module.folder / "4194304-1.tfplan"
    left.write_text("values in clear")
    planned(module)
    assert not left.exists()


def test_what_a_killed_apply_made_is_imported_when_a_remote_state_lost_it(root, states):
    module = root(WAITING % {"folder": root.path}, backend=states.backend)
    said = killed_in_its_middle(module, root.path)
    assert "signal 9" in said
    assert states.addresses == []
    made = module.journal.made()
    assert list(made) == ["terraform_data.first"]
    assert module.journal.in_flight() == ["terraform_data.second"]

    states.lock = None
    (root.path / "go").touch()
    state = applied(root(WAITING % {"folder": root.path}, backend=states.backend))
    assert state.addresses == ["terraform_data.first", "terraform_data.second"]
    first = next(one for one in json.loads(states.state)["resources"] if one["name"] == "first")
    assert first["instances"][0]["attributes"]["id"] == made["terraform_data.first"]
    assert not module.journal.file.exists()


def test_what_a_killed_apply_made_is_imported_before_it_is_destroyed(root, states):
    module = root(WAITING % {"folder": root.path}, backend=states.backend)
    killed_in_its_middle(module, root.path)
    states.lock = None
    with module.open():
        module.adopt_journalled({})
        assert states.addresses == ["terraform_data.first"]
        plan = module.plan({}, destroy=True)
        assert [str(change) for change in plan.changes] == ["- delete terraform_data.first"]
        module.apply(plan)
        discard(plan)
    assert states.addresses == []


def test_a_lock_is_named_with_the_command_that_removes_it(root, states):
    module = root(WAITING % {"folder": root.path}, backend=states.backend)
    killed_in_its_middle(module, root.path)
    lock = json.loads(states.lock)["ID"]
    with pytest.raises(StateLocked) as raised:
        planned(module)
    said = str(raised.value)
    assert f"lock {lock}" in said
    command = said.partition("remove the lock: ")[2]
    assert os.system(command + " >/dev/null 2>&1") == 0
    assert states.lock is None


def test_a_state_that_could_not_be_saved_is_written_back_by_the_next_run(root, states):
    module = root(WORD, backend=states.backend)
    planned(module)
    states.refuses = True
    with pytest.raises(TerraformFailed, match="state"):
        applied(module)
    assert states.addresses == []
    states.refuses = False
    states.lock = None
    assert not planned(module).has_changes
    assert states.addresses == ["terraform_data.word"]
    assert not list(Path(module.folder).rglob("errored.tfstate"))


def test_a_workspace_has_a_state_of_its_own(root):
    from dataclasses import replace

    module = root(WORD)
    applied(module)
    other = replace(root(WORD), backend=replace(module.backend, workspace="other"))
    assert planned(other).has_changes
    assert applied(other).addresses == ["terraform_data.word"]
    assert not planned(root(WORD)).has_changes


def test_terraforms_own_words_and_the_remedy_are_in_the_error(root):
    with pytest.raises(TerraformFailed) as raised:
        planned(root('resource "terraform_data" "x" {\n  input = var.nothing\n}\n'))
    said = str(raised.value)
    assert "Reference to undeclared input variable" in said
    assert "main.tf line 2" in said
    assert "To do: " in said
