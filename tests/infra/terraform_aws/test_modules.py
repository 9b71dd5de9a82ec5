"""Each module under `terraform test`, with a mock of the provider: no account, no network."""

from __future__ import annotations

import re

import pytest

from .conftest import MODULES, TERRAFORM


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_a_module_plans_what_it_says_and_refuses_what_it_cannot_take(module, tested):
    assert tested[module].succeeded, tested[module].problem


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_split_by_entity_and_typed(module):
    folder = TERRAFORM / "modules" / module
    names = {file.name for file in folder.glob("*.tf")}
    assert names >= {"variables.tf", "outputs.tf", "versions.tf"}
    assert "main.tf" not in names
    text = (folder / "variables.tf").read_text()
    for block in re.findall(r'^variable "\w+" {\n(.*?)^}', text, re.M | re.S):
        assert "description" in block
        assert "type " in block


def test_all_of_it_is_formatted(workbench):
    checked = workbench.terraform(".", "fmt", "-check", "-recursive")
    assert checked.succeeded, checked.output
