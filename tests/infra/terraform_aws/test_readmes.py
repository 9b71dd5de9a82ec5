"""A module's README tells its variables and outputs as they are, and its example is one that runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .conftest import MODULES, ROOTS, TERRAFORM

BLOCK = r'^{kind} "(\w+)" {{\n(.*?)^}}'


def tables(module: Path) -> str:
    """The two tables that a module's README must hold."""
    lines = ["## Variables", "", "| Name | Description | Default |", "|---|---|---|"]
    lines += [f"| `{name}` | {about} | {default} |" for name, about, default in variables(module)]
    lines += ["", "## Outputs", "", "| Name | Description |", "|---|---|"]
    lines += [
        f"| `{name}` | {_description(body)} |" for name, body in _blocks(module / "outputs.tf", "output")
    ]
    return "\n".join(lines) + "\n"


def variables(module: Path) -> list[tuple[str, str, str]]:
    """Name, description and default of each variable, in the order of the file."""
    blocks = _blocks(module / "variables.tf", "variable")
    return [(name, _description(body), _default(body)) for name, body in blocks]


def example(module: Path) -> str:
    """The example as a root module would write it."""
    text = (module / "examples" / "basic" / f"{module.name}.tf").read_text()
    return text.replace('"../.."', f'"../../modules/{module.name}"')


def _blocks(file: Path, kind: str) -> list[tuple[str, str]]:
    return re.findall(BLOCK.format(kind=kind), file.read_text(), re.M | re.S)


def _description(body: str) -> str:
    found = re.search(r'^  description = "(.*)"$', body, re.M)
    assert found, f"no description in {body}"
    return found.group(1).replace('\\"', '"').replace("|", "\\|")


def _default(body: str) -> str:
    found = re.search(r"^  default +=\s*(.*?)(?=^  \w|^$|\Z)", body, re.M | re.S)
    if found is None:
        return "required"
    value = re.sub(r"\s+", " ", found.group(1)).strip()
    return f"`{value}`" if len(value) <= 60 else "see `variables.tf`"


@pytest.mark.parametrize(
    "module", [f"modules/{name}" for name in MODULES] + [f"roots/{name}" for name in ROOTS]
)
def test_a_readme_tells_the_modules_variables_and_outputs(module):
    folder = TERRAFORM / module
    assert tables(folder) in (folder / "README.md").read_text(), f"put this in:\n{tables(folder)}"


@pytest.mark.parametrize("module", MODULES)
def test_a_readmes_example_is_the_one_that_is_tested(module):
    folder = TERRAFORM / "modules" / module
    assert f"```hcl\n{example(folder)}```" in (folder / "README.md").read_text()
    assert "./examples/basic" in "".join(file.read_text() for file in folder.glob("tests/*.tftest.hcl"))
