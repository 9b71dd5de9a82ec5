"""A root module that bare Terraform made is taken over, and given back, without a change."""

import json
import os
import shutil
import subprocess

import pytest

from infra.provider.eject import CannotEject, eject, instructions

pytestmark = pytest.mark.slow

ROOT = """
variable "word" {
  type = string
}

resource "terraform_data" "word" {
  input = var.word
}

output "word" {
  value = terraform_data.word.output
}
"""
PROGRAM = """
backend = Backend("local", {"path": os.environ["STATE"]})
variables = {"word": pulumi.Output.secret("open sesame")}
root = TerraformRoot("taken", root=os.environ["ROOT"], backend=backend, variables=variables)
"""


def terraform(folder, *arguments, environment=None):
    return subprocess.run(
        ["terraform", f"-chdir={folder}", *arguments],
        env=os.environ | {"TF_IN_AUTOMATION": "1"} | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )


@pytest.fixture
def bare(program):
    """A root module that bare Terraform has applied, with its state beside it."""
    folder = program.root("taken", main=ROOT)
    (program.folder / "variables.json").write_text(json.dumps({"word": "open sesame"}))
    variables = f"-var-file={program.folder / 'variables.json'}"
    assert terraform(folder, "init").returncode == 0
    assert terraform(folder, "apply", "-auto-approve", variables).returncode == 0
    program.environment |= {"ROOT": str(folder), "STATE": str(folder / "terraform.tfstate")}
    return program.write(PROGRAM)


def test_import_then_no_change_then_eject_then_bare_terraform_shows_no_change(bare, tmp_path):
    root, state = bare.environment["ROOT"], bare.environment["STATE"]
    (bare.folder / "backend.json").write_text(json.dumps({"type": "local", "config": {"path": state}}))
    files = f"backend={bare.folder / 'backend.json'}&variables={bare.folder / 'variables.json'}"
    bare.pulumi(
        "import", "millrace:index:TerraformRoot", "taken", f"{root}?{files}",
        "--yes", "--skip-preview", "--generate-code=false", "--protect=false",
    ).well()  # fmt: skip
    assert bare.resources()["taken"]["outputs"]["addresses"] == ["terraform_data.word"]
    assert bare.preview().well().says("2 unchanged")

    export = json.loads(bare.pulumi("stack", "export", "--show-secrets").well().text)
    left = shutil.copytree(root, tmp_path / "left", ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    ejection = eject(export, "taken")
    for file in ejection.write(left):
        assert file.stat().st_mode & 0o777 == 0o600
    assert terraform(left, "init", "-reconfigure", "-lockfile=readonly").returncode == 0
    plan = terraform(left, "plan", "-detailed-exitcode")
    assert plan.returncode == 0, plan.stdout
    assert f"terraform -chdir={root} plan -detailed-exitcode" in instructions(export)


def test_import_of_a_root_without_a_state_says_so_and_takes_over_nothing(program):
    folder = program.root("empty", main=ROOT)
    program.write("")
    failed = program.pulumi(
        "import", "millrace:index:TerraformRoot", "empty", str(folder), "--yes", "--generate-code=false"
    ).badly()
    assert failed.says("there is no state to take over", "correct ROOT or the backend's file")
    assert program.resources() == {}


def test_eject_with_encrypted_secrets_names_the_flag():
    signature = "4dabf18193072939515e22adb298388d"
    secret = {signature: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    resource = {
        "urn": "urn:pulumi:s::p::millrace:index:TerraformRoot::one",
        "type": "millrace:index:TerraformRoot",
        "inputs": {"root": "/r", "variables": {"word": secret}},
        "outputs": {"state_backend": {"type": "local", "config": {}}},
    }
    with pytest.raises(CannotEject, match="--show-secrets"):
        eject({"deployment": {"resources": [resource]}}, "one")
    with pytest.raises(CannotEject, match="it has one"):
        eject({"deployment": {"resources": [resource]}}, "two")
