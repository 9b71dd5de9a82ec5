"""Run the checks on a plan, in checkov's own environment, and read what they found."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.policy.errors import InspectionFailed
from infra.policy.left_out import Checks
from infra.policy.plan import CheckablePlan
from infra.toolchain.install import Toolchain
from infra.wrappers import process
from infra.wrappers.process import Limits

HERE: Final = Path(__file__).parent
SCRIPT: Final = HERE / "run_checkov.py"
RULES: Final = HERE / "rules"
TIMEOUT_S: Final = 120.0
GRACE_S: Final = 5.0

Progress = Callable[[str, str], None]


class Result(BaseModel):
    """What one check said of one address; results that passed are not listed."""

    model_config = ConfigDict(frozen=True)

    check: str
    address: str
    outcome: str
    demands: str
    mend: str

    @property
    def broke_down(self) -> bool:
        """Tell whether the check itself failed; the outcome then names the error's kind."""
        return self.outcome.startswith("BROKEN")


class Inspection(BaseModel):
    """All that was found. ``checks`` ran at least once; ``own`` are the ids of our own rules."""

    model_config = ConfigDict(frozen=True)

    checks: tuple[str, ...]
    own: tuple[str, ...]
    addresses: tuple[str, ...]
    results: tuple[Result, ...]

    @property
    def refusals(self) -> tuple[Result, ...]:
        """What a check refuses."""
        return tuple(one for one in self.results if one.outcome == "FAILED")

    @property
    def undecided(self) -> tuple[Result, ...]:
        """What our own rules cannot tell before apply, and where a check of checkov broke down."""
        own = (one for one in self.results if one.check in self.own and one.outcome == "UNKNOWN")
        others = (one for one in self.results if one.check not in self.own and one.broke_down)
        return (*own, *others)

    @property
    def broken(self) -> tuple[Result, ...]:
        """Our own rules that broke down."""
        return tuple(one for one in self.results if one.check in self.own and one.broke_down)


@dataclass(frozen=True)
class Inspector:
    """Checks plans with the checkov of a toolchain, which is installed at first use."""

    toolchain: Toolchain
    rules: Path = RULES
    checks: Checks = field(default_factory=Checks.load)

    def inspect(self, plan: CheckablePlan, progress: Progress | None = None) -> Inspection:
        """Run all checks.

        Raises:
            ToolUnavailable: checkov cannot be installed.
            InspectionFailed: the checks did not run to their end, or did not see every resource.
        """
        python = self._python(progress)
        with tempfile.TemporaryDirectory(prefix="millrace-policy-") as folder:
            file = Path(folder) / "plan.json"
            file.touch(mode=0o600)
            file.write_text(json.dumps(plan.document))
            said = self._run(python, file)
        inspection = _read(said)
        _complete(plan, inspection)
        return inspection

    def _python(self, progress: Progress | None) -> Path:
        checkov = self.toolchain.ensure(["checkov"], progress)["checkov"].programs["checkov"]
        return checkov.resolve().with_name("python")

    def _run(self, python: Path, file: Path) -> str:
        skipped = ",".join(one.check for one in self.checks.plans)
        finished = process.run(
            [str(python), "-I", str(SCRIPT), str(file), str(self.rules), skipped],
            cwd=file.parent,
            environment=bare_environment(self.toolchain),
            limits=Limits(threading.Event(), TIMEOUT_S, GRACE_S),
        )
        if finished.exit_code:
            # The last line names the error; more of it could hold values of the plan.
            last = finished.stderr.strip().splitlines()[-1:] or ["it said nothing"]
            kind = last[0].split(":")[0]
            raise InspectionFailed(
                f"the checks broke down with {kind} (exit code {finished.exit_code}); "
                f"see that {self.rules} can be loaded, and install checkov anew with "
                "`python -m infra.toolchain install checkov`"
            )
        return finished.stdout


def bare_environment(toolchain: Toolchain) -> dict[str, str]:
    """Return what checkov runs with: no account, no key of its platform, nothing that it would log."""
    kept = {name: toolchain.environ.get(name, "") for name in ("PATH", "HOME")}
    return kept | {"LOG_LEVEL": "CRITICAL", "PYTHONDONTWRITEBYTECODE": "1"}


def _read(said: str) -> Inspection:
    try:
        return Inspection.model_validate_json(said)
    except ValidationError as error:
        raise InspectionFailed(
            "the checks gave no report: checkov could not read the plan, or is not the pinned version; "
            "run `python -m infra.toolchain install checkov`"
        ) from error


def _complete(plan: CheckablePlan, inspection: Inspection) -> None:
    """A plan of which something was passed over must not pass for one that was checked."""
    unseen = sorted(set(plan.addresses) - set(inspection.addresses))
    if unseen:
        raise InspectionFailed(f"the checks did not see {', '.join(unseen)}; the plan is not decided")
    if inspection.broken:
        named = ", ".join(f"{one.check} on {one.address} ({one.outcome})" for one in inspection.broken)
        raise InspectionFailed(f"these rules broke down: {named}; the plan is not decided, mend the rules")
