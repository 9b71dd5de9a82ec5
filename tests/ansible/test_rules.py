"""Prometheus' rules, proved by Prometheus' own tool."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from infra.toolchain.install import activate

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "ansible" / "roles" / "prometheus" / "files" / "rules"


def promtool(*arguments):
    command = ["promtool", *arguments]
    return subprocess.run(
        command, env=activate(os.environ), capture_output=True, text=True, timeout=60, check=False
    )


def test_every_rule_file_is_valid():
    done = promtool("check", "rules", *map(str, RULES.glob("*.yml")))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [path.stem for path in RULES.glob("*.yml")])
def test_rules_alert_when_they_should_and_only_then(name):
    done = promtool("test", "rules", str(HERE / "rules" / f"{name}.test.yml"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", RULES.glob("*.yml"), ids=lambda path: path.stem)
def test_every_alert_is_tested_and_says_what_to_do(path):
    import yaml

    tested = (HERE / "rules" / f"{path.stem}.test.yml").read_text()
    for group in yaml.safe_load(path.read_text())["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                assert f"alertname: {rule['alert']}" in tested
                assert rule["annotations"]["remedy"]
                assert rule["labels"]["severity"] in {"page", "ticket"}


def test_no_rule_names_a_system():
    systems = [path.parent.name for path in (HERE.parents[1] / "ml" / "systems").glob("*/system.yaml")]
    assert systems
    for path in RULES.glob("*.yml"):
        assert not [name for name in systems if name in path.read_text()]
