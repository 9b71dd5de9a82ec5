"""A root module from an empty environment to destroy, through the real engine."""

import json
from types import SimpleNamespace

import pytest

pytestmark = pytest.mark.slow

ROOT = """
variable "words" {
  type = list(string)
}

variable "password" {
  type = string
}

resource "terraform_data" "word" {
  for_each = toset(var.words)
  input    = each.key
}

resource "terraform_data" "kept" {
  input = var.password
}

output "words" {
  value = [for name in sort(var.words) : upper(name)]
}

output "ids" {
  value = { for name, word in terraform_data.word : name => word.id }
}

output "password" {
  value = var.password
  sensitive = true
}
"""
SECRET = "correct-horse-battery"
PROGRAM = f"""
root = TerraformRoot(
    "words",
    root=os.environ["ROOT"],
    variables={{
        "words": json.loads(os.environ["WORDS"]),
        "password": pulumi.Output.secret("{SECRET}"),
    }},
    protected=["terraform_data.kept"],
)
pulumi.export("words", root.output("words"))
pulumi.export("ids", root.output("ids"))
"""


@pytest.fixture(scope="module")
def life(programs):
    """Run it all once; each test asks about its part."""
    program = programs("life")
    program.write(PROGRAM)
    program.environment["ROOT"] = str(program.root("words", main=ROOT))
    program.environment["WORDS"] = json.dumps(["a", "b"])
    life = SimpleNamespace(program=program)
    life.empty = program.preview().well()
    life.made_in_preview = sorted(path.name for path in program.terraform_folder("words").glob("*.tf*"))
    life.up = program.up().well()
    life.outputs = program.output("words"), program.output("ids")
    states = [path.read_text() for path in (program.folder / "state").rglob("*.json*")]
    life.state_text = "".join(states)
    life.same = program.pulumi("up", "--yes").well()
    changed = {"WORDS": json.dumps(["a", "c"])}
    life.changed_preview = program.preview(**changed).well()
    life.changed_diff = program.preview("--diff", **changed).well()
    life.changed = program.up(**changed).well()
    life.addresses = program.resources()["words"]["outputs"]["addresses"]
    life.left = {
        path: path.read_bytes()
        for path in program.terraform_folder("words").rglob("*")
        if path.is_file() and not path.is_symlink()
    }
    life.refused = program.destroy().badly()
    life.kept = set(program.resources())
    life.destroyed = program.destroy(MILLRACE_DESTROY="tried").well()
    life.after = program.resources()
    return life


def test_an_empty_environment_previews_whole_and_makes_nothing(life):
    assert life.empty.says("+ create terraform_data.kept", '+ create terraform_data.word["b"]')
    assert life.empty.says("plan: 3 to add, 0 to change, 0 to destroy")
    assert life.made_in_preview == []


def test_up_makes_it_and_yields_terraforms_outputs(life):
    words, ids = life.outputs
    assert words == ["A", "B"]
    assert sorted(ids) == ["a", "b"]
    assert all(len(value) == 36 for value in ids.values())


def test_up_with_no_change_changes_nothing_and_plans_once(life):
    assert life.same.says("2 unchanged")
    assert life.same.text.count("planning") >= 1
    _, update = life.same.text.split("Updating (")
    assert "planning" not in update


def test_a_changed_variable_is_shown_address_by_address(life):
    assert life.changed_preview.says('+ create terraform_data.word["c"]', '- delete terraform_data.word["b"]')
    assert life.changed_preview.says("[diff: ~variables]")
    assert life.changed_diff.says('~ [1]: "b" => "c"')
    assert life.addresses == ["terraform_data.kept", 'terraform_data.word["a"]', 'terraform_data.word["c"]']


def test_a_protected_address_is_not_destroyed_without_consent(life):
    assert life.refused.says("the plan would delete terraform_data.kept, which is protected")
    assert life.kept == {"words"}


def test_destroy_with_consent_leaves_nothing(life):
    assert life.after == {}
    assert not life.program.terraform_folder("words").exists()


def test_a_secret_is_in_no_log_no_preview_and_no_state_of_pulumi(life):
    said = [value.text for value in vars(life).values() if hasattr(value, "says")]
    assert said
    assert not any(SECRET in text for text in said)
    assert "ciphertext" in life.state_text
    assert SECRET not in life.state_text


def test_a_secret_lies_in_terraforms_own_state_alone_and_that_is_private(life):
    holding = [path for path, content in life.left.items() if SECRET.encode() in content]
    assert {path.name for path in holding} == {"terraform.tfstate", "terraform.tfstate.backup"}


def test_the_root_modules_own_folder_is_left_as_it_was(life):
    root = life.program.folder / "roots" / "words"
    assert [path.name for path in root.iterdir()] == ["main.tf"]
