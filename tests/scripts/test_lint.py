"""How `make lint` runs its checks."""

from __future__ import annotations

import os
from pathlib import Path

from scripts.lint import TERRAFORM, Check, modules, plain, tflint, validation


def test_a_check_that_fails_shows_its_command_and_what_it_said():
    finding = plain("a check", "sh", "-c", "echo trouble >&2; exit 3").run(os.environ)
    assert not finding.passed
    assert "$ sh -c echo trouble" in finding.output
    assert finding.output.endswith("trouble\n")


def test_a_check_of_many_commands_ends_at_the_first_that_fails(tmp_path):
    commands = [(["true"], tmp_path), (["false"], tmp_path), (["touch", "reached"], tmp_path)]
    assert not Check("three", lambda scratch: commands).run(os.environ).passed
    assert not (tmp_path / "reached").exists()


def test_every_module_is_validated_once_by_itself_or_by_its_example():
    folders = modules()
    for module in filter(Path.is_dir, (TERRAFORM / "modules").iterdir()):
        inside = [folder for folder in folders if folder == module or module in folder.parents]
        assert inside, module.name
        assert (module in inside) != any(folder.parent.name == "examples" for folder in inside)


def test_validation_happens_in_a_copy(tmp_path):
    ((init, folder), (validate, _)) = validation(modules()[0]).commands(tmp_path)
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
