"""Ansible callback: note which tasks changed something, and which check mode had to skip.

ansible-runner's own events say of a skipped task not why, and of a `no_log` task not whether
it changed anything. One JSON object a line goes into the file that MILLRACE_OUTCOME_FILE names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: millrace_outcome
type: aggregate
short_description: note changed tasks and tasks that check mode skipped
description:
  - Writes one JSON object a line into the file that MILLRACE_OUTCOME_FILE names.
"""

CONDITIONS = ("skip_reason", "skipped_reason", "false_condition")


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Notes outcomes; does nothing without MILLRACE_OUTCOME_FILE."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "millrace_outcome"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note a change, with its difference unless the task hides it."""
        outcome = result._result
        if outcome.get("changed"):
            hidden = outcome.get("_ansible_no_log", False)
            self._note("changed", result, "" if hidden else self._differences(outcome))
        elif result._task.check_mode and any(
            item.get("skipped") and _without_condition(item) for item in _items(outcome)
        ):
            self._note("skipped", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Note a task that ran into check mode, not into a condition."""
        if result._task.check_mode and any(map(_without_condition, _items(result._result))):
            self._note("skipped", result)

    def _differences(self, outcome: dict[str, Any]) -> str:
        found = [item["diff"] for item in _items(outcome) if item.get("diff")]
        return "".join(self._get_diff(diff) for diff in found)

    def _note(self, kind: str, result: Any, difference: str = "") -> None:
        if not (path := os.environ.get("MILLRACE_OUTCOME_FILE")):
            return
        line = {
            "kind": kind,
            "host": result._host.get_name(),
            "task": result._task.get_name(),
            "difference": difference,
        }
        with Path(path).open("a") as file:
            file.write(json.dumps(line) + "\n")


def _items(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a loop's results, or the one result."""
    return [item for item in outcome.get("results") or [outcome] if isinstance(item, dict)]


def _without_condition(outcome: dict[str, Any]) -> bool:
    return not any(outcome.get(name) for name in CONDITIONS)
