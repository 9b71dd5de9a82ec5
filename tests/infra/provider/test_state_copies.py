"""A preview on copies of the states: what newer code would do to them, and nothing is changed."""

import pytest

pytestmark = pytest.mark.slow

ROOT = """
resource "terraform_data" "kept" {
  triggers_replace = [%d]
}
"""
PROGRAM = """
TerraformRoot("data", root=os.environ["ROOT"])
"""


@pytest.fixture
def copied(program, tmp_path):
    """A program that is up, its state, a copy of that, and then newer code."""
    program.environment["ROOT"] = str(program.root("data", main=ROOT % 1))
    program.write(PROGRAM).up().well()
    state = program.terraform_folder("data") / "terraform.tfstate"
    copy = tmp_path / "data.tfstate"
    copy.write_bytes(state.read_bytes())
    program.root("data", main=ROOT % 2)
    return program, state, copy


def test_newer_code_is_planned_on_the_copy_and_neither_state_changes(copied):
    program, state, copy = copied
    before = state.read_bytes()
    # That the copy is what is looked at: the state itself is out of the way.
    state.rename(state.with_suffix(".aside"))
    told = program.preview(MILLRACE_STATE_COPIES=str(copy.parent)).well()
    assert told.says("1 to add, 0 to change, 1 to destroy", "-/+ replace terraform_data.kept")
    assert copy.read_bytes() == before
    assert not state.exists()


def test_nothing_is_changed_in_a_run_that_looks_at_copies(copied):
    program, state, copy = copied
    before = state.read_bytes()
    for command in (program.up, program.destroy):
        refused = command(MILLRACE_STATE_COPIES=str(copy.parent)).badly()
        assert refused.says("MILLRACE_STATE_COPIES is set, so this run may only preview; unset it")
    assert state.read_bytes() == before
