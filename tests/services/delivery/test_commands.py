"""What the commands print of releases and rollouts, from the records of a real environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from services.delivery.delivery import Delivery
from services.errors import RolloutAborted
from tests.services.delivery.test_rollout import delivering
from tests.services.registry import FolderRegistry
from tests.services.stack import Stack

pytestmark = pytest.mark.slow


@pytest.fixture
def said(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run a command on the test's environment and return its output."""
    folder = tmp_path / "home" / "test"
    folder.mkdir(parents=True)
    (folder / "environment.json").write_text(stack.document.read_text())
    monkeypatch.setenv("MILLRACE_HOME", str(tmp_path / "home"))

    def run(*arguments: str) -> str:
        finished = CliRunner().invoke(app, [*arguments, "--env", "test"])
        assert finished.exit_code == 0, finished.output
        return finished.output

    return run


def test_releases_their_difference_and_a_rollout_are_told(
    said, delivery: Delivery, registry: FolderRegistry, stack: Stack, echo_root: Path
) -> None:
    registry.add("!")
    registry.add("?")
    rolling = delivering(stack, registry, echo_root, step_timeout_s=0.6, step_least_s=0.1)
    first = rolling.release("echo")
    second = rolling.release("echo", 1)

    listed = json.loads(said("releases", "echo", "--json"))
    roles = {each["id"]: each["role"] for each in listed}
    assert (roles[first.id], roles[second.id]) == (None, "serves")
    differ = {each["name"]: (each["one"], each["other"]) for each in json.loads(
        said("diff", first.id, second.id, "--json")
    )}  # fmt: skip
    assert differ["model_version"] == ("2", "1")
    assert {"model_digest", "bento_digest"} <= differ.keys()
    assert "same things" in said("diff", first.id, first.id)

    with pytest.raises(RolloutAborted):
        rolling.roll_out("echo", 2)
    shown = said("rollout", "echo", "--status")
    assert f"{first.id} was aborted: the canary answered 0 of 40 predictions" in shown
    assert json.loads(said("rollout", "echo", "--json"))["state"] == "aborted"
