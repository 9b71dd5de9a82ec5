"""Prometheus' rules, proved by Prometheus' own tool."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

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


def alerts():
    """Yield the file and the rule of every alert."""
    for path in sorted(RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from ((path.stem, rule) for rule in group["rules"] if "alert" in rule)


@pytest.mark.parametrize(("file", "rule"), alerts(), ids=lambda each: each if isinstance(each, str) else "")
def test_every_alert_is_tested_says_what_to_do_and_has_a_page(file, rule):
    """An alert is tested if some test expects it to fire, not only to be silent."""
    name, tests = rule["alert"], yaml.safe_load((HERE / "rules" / f"{file}.test.yml").read_text())["tests"]
    expected = [each for test in tests for each in test["alert_rule_test"] if each.get("exp_alerts")]
    assert name in {each["alertname"] for each in expected}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["remedy"]
    assert rule["labels"]["severity"] in {"page", "ticket"}
    page = HERE.parents[1] / rule["annotations"]["runbook_url"]
    assert page.stem == name
    assert page.read_text().startswith(f"# {name}\n")


def test_every_page_is_of_an_alert():
    pages = {path.stem for path in (HERE.parents[1] / "docs" / "runbooks").glob("*.md")}
    assert pages == {rule["alert"] for _, rule in alerts()}


def test_what_an_alert_needs_is_a_component_that_is_watched():
    platform = yaml.safe_load((HERE.parents[1] / "ansible/playbooks/vars/platform.yml").read_text())
    watched = {*platform["prometheus_scraped"], *platform["prometheus_probed"]}
    needs = {each for _, rule in alerts() for each in rule["labels"].get("needs", "").split(",") if each}
    assert needs
    assert needs <= watched


def test_no_rule_names_a_system():
    systems = [path.parent.name for path in (HERE.parents[1] / "ml" / "systems").glob("*/system.yaml")]
    assert systems
    for path in RULES.glob("*.yml"):
        assert not [name for name in systems if name in path.read_text()]
