"""The policy as a person runs it, with the real checkov."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.policy.inspection import Inspection, Inspector
from infra.policy.plan import CheckablePlan
from infra.toolchain.install import Toolchain

from .plans import Resource, plan


@pytest.fixture(scope="session")
def inspector() -> Inspector:
    """Checkov is installed into the user's cache by the first test that needs it."""
    return Inspector(Toolchain.here())


@dataclass(frozen=True)
class Desk:
    """Where plans are put down and judged."""

    folder: Path
    inspector: Inspector

    def write(self, *resources: Resource) -> Path:
        path = self.folder / "plan.json"
        path.write_text(json.dumps(plan(*resources)))
        return path

    def inspect(self, *resources: Resource) -> Inspection:
        return self.inspector.inspect(CheckablePlan.load(self.write(*resources)))

    def refused(self, *resources: Resource) -> set[tuple[str, str]]:
        """Check and address of each finding of a rule of ours."""
        found = self.inspect(*resources)
        return {(one.check, one.address) for one in found.refusals if one.check in found.own}


@pytest.fixture
def desk(tmp_path, inspector):
    return Desk(tmp_path, inspector)
