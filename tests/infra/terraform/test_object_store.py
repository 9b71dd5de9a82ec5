"""The module `object_store` and the root module `storage`, under Terraform's own tests and in a real store.

The store itself proves the policies in `tests/ansible/test_access.py`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.toolchain.install import activate
from tests.infra.terraform_aws.test_readmes import example, tables

TERRAFORM = Path(__file__).resolve().parents[3] / "infra" / "terraform"
MODULE = TERRAFORM / "modules" / "object_store"
ROOT = TERRAFORM / "roots" / "storage"


@pytest.fixture(scope="module")
def terraform(tmp_path_factory):
    """Run Terraform in a folder of a copy of the tree: init writes beside the files."""
    copy = tmp_path_factory.mktemp("terraform") / "terraform"
    shutil.copytree(TERRAFORM, copy, ignore=shutil.ignore_patterns(".terraform"))

    def run(folder, *arguments):
        environ = activate(os.environ) | {"TF_DATA_DIR": str(copy / f"data-{folder.name}")}
        return subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=copy / folder.relative_to(TERRAFORM), env=environ,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


@pytest.mark.slow
def test_the_module_makes_what_it_says_and_refuses_what_it_cannot_take(terraform):
    initialised = terraform(MODULE, "init", "-backend=false", "-input=false")
    assert initialised.returncode == 0, initialised.stderr
    tested = terraform(MODULE, "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "Success!" in tested.stdout


@pytest.mark.slow
def test_the_committed_lock_file_is_the_one_that_init_would_write(terraform):
    initialised = terraform(ROOT, "init", "-backend=false", "-input=false", "-lockfile=readonly")
    assert initialised.returncode == 0, initialised.stderr
    validated = terraform(ROOT, "validate")
    assert validated.returncode == 0, validated.stdout


def test_readmes_tell_variables_and_outputs_as_they_are():
    for folder in (MODULE, ROOT):
        assert tables(folder) in (folder / "README.md").read_text(), f"put this in:\n{tables(folder)}"
    assert f"```hcl\n{example(MODULE)}```" in (MODULE / "README.md").read_text()


def test_each_capability_that_can_be_off_has_a_test_and_is_on_by_default():
    tests = "".join(path.read_text() for path in (MODULE / "tests").glob("*.hcl"))
    variables = (MODULE / "variables.tf").read_text()
    for capability in ("require_tls", "block_public_access", "access_logging"):
        assert f"{capability} = false" in " ".join(tests.split())
        declared = variables.split(f'variable "{capability}"')[1].split("\n}")[0]
        assert "default     = true" in declared
        assert "optional(bool, true)" in (ROOT / "variables.tf").read_text()


def test_no_user_and_no_key_is_a_resource():
    for path in (*MODULE.glob("*.tf"), *ROOT.glob("*.tf")):
        assert "aws_iam_user" not in path.read_text()
        assert "aws_iam_access_key" not in path.read_text()


def test_placeholders_stand_for_every_output():
    outputs = {
        line.split('"')[1] for line in (ROOT / "outputs.tf").read_text().splitlines() if "output " in line
    }
    assert set(json.loads((ROOT / "placeholders.json").read_text())) == outputs
