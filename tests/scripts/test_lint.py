"""How `make lint` runs its checks."""

from __future__ import annotations

import json
import os

from scripts.lint import TERRAFORM, Check, plain, tflint, validations


def test_a_check_that_fails_shows_its_command_and_what_it_said():
    finding = plain("a check", "sh", "-c", "echo trouble >&2; exit 3").run(os.environ)
    assert not finding.passed
    assert "$ sh -c echo trouble" in finding.output
    assert finding.output.endswith("trouble\n")


def test_a_check_of_many_commands_ends_at_the_first_that_fails(tmp_path):
    commands = [(["true"], tmp_path), (["false"], tmp_path), (["touch", "reached"], tmp_path)]
    assert not Check("three", lambda scratch: commands).run(os.environ).passed
    assert not (tmp_path / "reached").exists()


def test_every_root_and_every_modules_example_is_validated(tmp_path):
    *roots, examples = validations()
    assert {f"terraform validate {root.relative_to(TERRAFORM)}" for root in TERRAFORM.glob("roots/*")} == {
        check.name for check in roots
    }
    ((_, folder), _) = examples.commands(tmp_path)
    called = json.loads((folder / "examples.tf.json").read_text())["module"].values()
    sources = [folder / module["source"] for module in called]
    assert all(list(source.glob("*.tf")) for source in sources)
    assert {source.parent.parent.name for source in sources} == {
        module.name for module in TERRAFORM.glob("modules/*/")
    }


def test_validation_happens_in_a_copy(tmp_path):
    ((init, folder), (validate, _)) = validations()[0].commands(tmp_path)
    assert init[:2] == ["terraform", "init"]
    assert validate[:2] == ["terraform", "validate"]
    assert folder.is_relative_to(tmp_path)
    assert list(folder.glob("*.tf"))


def test_where_tflint_cannot_be_had_it_is_left_out_and_that_is_said(tmp_path, monkeypatch, capsys):
    for name, value in {
        "MILLRACE_HOME": str(tmp_path / "home"),
        "MILLRACE_TOOLS": str(tmp_path / "tools"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "PATH": str(tmp_path),
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "PIP_NO_INDEX": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert tflint() == []
    assert (
        "left out: tflint (finds what Terraform's own validation lets pass) cannot be"
        in capsys.readouterr().out
    )
