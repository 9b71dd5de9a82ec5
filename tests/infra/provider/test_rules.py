"""What is refused, and how it is said: bad inputs, protected addresses, checks, a lost state."""

import json
import sys

import pytest

pytestmark = pytest.mark.slow

ROOT = """
variable "word" {
  type    = string
  default = "one"

  validation {
    condition     = length(var.word) < 10
    error_message = "word must be shorter than 10; take a shorter one."
  }
}

resource "terraform_data" "word" {
  triggers_replace = [var.word]
}
"""
PROGRAM = """
TerraformRoot("rules", root=os.environ["ROOT"], **json.loads(os.environ["INPUTS"]))
"""
CHECK = """
import json, sys
plan = json.load(open(sys.argv[-1]))
words = [change["change"]["after"]["triggers_replace"] for change in plan["resource_changes"]]
sys.exit("the word forbidden is forbidden" if ["forbidden"] in words else 0)
"""


def wants(program, **inputs):
    program.environment["INPUTS"] = json.dumps(inputs)
    return program


@pytest.fixture(scope="module")
def rules(programs):
    """One program for all; each test leaves the stack as it found it: with the word `one`."""
    program = programs("rules").write(PROGRAM)
    program.environment["ROOT"] = str(program.root("rules", main=ROOT))
    wants(program).up().well()
    return program


@pytest.mark.parametrize(
    ("inputs", "phrases"),
    [
        ({"variables": {"wrod": "x"}}, ["property variables.wrod", "it declares word"]),
        ({"binary": "no-such-terraform"}, ["property binary", "not on PATH"]),
        ({"timeout_s": 0}, ["property timeout_s", "greater than 0"]),
        ({"endpoint": "127.0.0.1"}, ["property endpoint", "host and port"]),
        ({"checks": [[]]}, ["property checks[0]"]),
    ],
)
def test_bad_inputs_fail_at_preview_with_the_propertys_name(rules, inputs, phrases):
    assert wants(rules, **inputs).preview().badly().says(*phrases)


def test_a_root_that_is_no_root_module_fails_at_preview(rules):
    (rules.folder / "nothing").mkdir(exist_ok=True)
    failed = wants(rules).preview(ROOT=str(rules.folder / "nothing")).badly()
    assert failed.says("property root", "holds no *.tf file")


def test_a_variable_that_terraform_refuses_fails_at_preview_with_its_remedy(rules):
    failed = wants(rules, variables={"word": "much too long"}).preview().badly()
    assert failed.says("Invalid value for variable (variables.word)", "word must be shorter than 10")


def test_a_state_folder_that_cannot_be_written_is_named_with_the_remedy(rules):
    (rules.folder / "file").touch(exist_ok=True)
    failed = wants(rules).preview(MILLRACE_HOME=str(rules.folder / "file" / "home")).badly()
    assert failed.says(f"{rules.folder / 'file' / 'home'}", "Not a directory; make room, or make it readable")


def test_a_protected_address_is_not_replaced(rules):
    protected = wants(rules, variables={"word": "two"}, protected=["terraform_data.word"])
    phrase = "the plan would replace terraform_data.word, which is protected"
    assert protected.preview().badly().says(phrase)
    assert protected.up().badly().says(phrase)
    assert "initErrors" not in rules.resources()["rules"]


def test_a_check_refuses_a_plan_which_is_then_not_applied(rules):
    script = rules.folder / "check.py"
    script.write_text(CHECK)
    checks = [[sys.executable, str(script)]]
    state = rules.terraform_folder("rules") / "terraform.tfstate"
    before = state.read_bytes()
    refused = wants(rules, variables={"word": "forbidden"}, checks=checks)
    assert refused.up().badly().says("refused the plan (exit code 1): the word forbidden is forbidden")
    assert state.read_bytes() == before
    assert wants(rules, variables={"word": "three"}, checks=checks).up().well()
    assert state.read_bytes() != before
    wants(rules).up().well()


def test_a_lost_state_is_not_made_anew_behind_ones_back(rules):
    state = rules.terraform_folder("rules") / "terraform.tfstate"
    away = state.rename(state.with_name("away"))
    lost = wants(rules).preview().badly()
    away.rename(state)
    assert lost.says("holds none of the 1 addresses that this resource made", "restore the state")
    assert wants(rules).preview().well().says("2 unchanged")
