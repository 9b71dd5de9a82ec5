"""Which tests share a process when they are run by several, and what begins first.

Tests of one file stay together, as they share what the file's fixtures started; those on the whole
environment stay together too, so that it is brought up once. What takes long begins first: a run
ends with the last of its processes.
"""

from __future__ import annotations

from typing import Final

import pytest
from xdist.scheduler import LoadScopeScheduling

ENVIRONMENT: Final = "the whole environment"
ON_THE_ENVIRONMENT: Final = (
    "tests/ansible/test_access.py",
    "tests/ansible/test_running_platform.py",
    "tests/ml/test_in_an_environment.py",
    "tests/pulumi/test_program.py",
    "tests/scripts/test_component_kills.py",
    "tests/scripts/test_drill.py",
)
# Each of these starts what it needs by itself.
APART: Final = "tests/scripts/test_rehearse.py"
LONGEST: Final = ("tests/scripts/test_rehearse.py::test_dev", ENVIRONMENT, "tests/ansible/test_life.py")


def together(nodeid: str) -> str:
    """Return the name of the group that a test belongs to."""
    if nodeid.startswith(ON_THE_ENVIRONMENT):
        return ENVIRONMENT
    return nodeid if nodeid.startswith(APART) else nodeid.partition("::")[0]


class Together(LoadScopeScheduling):
    """Gives each process one group after another, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def longest_first(items: list[pytest.Item]) -> None:
    """Order tests by their groups: the longest, then those with slow tests, then the rest."""
    slow = {together(item.nodeid) for item in items if item.get_closest_marker("slow")}

    def rank(item: pytest.Item) -> int:
        group = together(item.nodeid)
        first = next((place for place, name in enumerate(LONGEST) if group.startswith(name)), None)
        return first if first is not None else len(LONGEST) + (group not in slow)

    items.sort(key=rank)
