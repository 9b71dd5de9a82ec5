"""What stands in for unknown outputs fits them, and lets an empty account be previewed whole."""

from __future__ import annotations

import json
import re

import pytest

from infra.policy.__main__ import main as policy

from .conftest import ROOTS, TERRAFORM
from .wiring import inputs, placeholders


@pytest.mark.parametrize("root", ROOTS)
def test_every_output_has_a_placeholder_and_no_other_has(root):
    outputs = (TERRAFORM / "roots" / root / "outputs.tf").read_text()
    assert set(placeholders(root)) == set(re.findall(r'^output "(\w+)"', outputs, re.M))


@pytest.mark.parametrize("root", ROOTS)
def test_a_root_module_is_locked_to_one_provider(root):
    lock = (TERRAFORM / "roots" / root / ".terraform.lock.hcl").read_text()
    assert re.findall(r'^provider "(.*)"', lock, re.M) == ["registry.terraform.io/hashicorp/aws"]
    assert 'version     = "5.100.0"' in lock
    assert lock == (TERRAFORM / "roots" / ROOTS[0] / ".terraform.lock.hcl").read_text()


# `millrace rehearse --preview` plans all of these on an empty account too, as environments declare them.
@pytest.fixture(scope="module", params=ROOTS)
def preview(request, workbench, moto):
    """A root module planned on an empty account, nothing before it made and nothing switched off."""
    unknown = {name: placeholders(name) for name in ROOTS}
    variables = inputs(request.param, unknown) | {"capabilities": {}}
    return workbench.root(request.param, moto).plan(variables)


@pytest.mark.long
def test_an_empty_account_is_previewed_whole(preview):
    changes = preview["resource_changes"]
    assert len(changes) > 10
    assert {tuple(change["change"]["actions"]) for change in changes} <= {("create",), ("read",)}


@pytest.mark.long
def test_everything_that_takes_tags_tells_project_and_environment(preview):
    managed = [change for change in preview["resource_changes"] if change["mode"] == "managed"]
    assert {change["address"] for change in managed if not _tagged(change["change"])} == set()


@pytest.mark.long
def test_the_plan_of_an_empty_account_keeps_to_the_policy(preview, tmp_path, capsys):
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(preview))
    assert policy([str(plan)]) == 0, capsys.readouterr().out


def _tagged(change: dict) -> bool:
    after = change["after"]
    if "tags_all" not in after and "tags_all" not in change["after_unknown"]:
        return True
    tags = after.get("tags") or {}
    return tags.get("Environment", tags.get("environment")) == "dev" and "Project" in tags
