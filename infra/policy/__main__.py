"""``python -m infra.policy PLAN.json [--waivers FILE]... [--rehearsal]``: refuse what breaks the policy.

Exit codes: 0 the plan keeps to it; 1 it is refused, or the checks broke down; 2 the plan or a
waiver cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from infra.policy.inspection import Inspector
from infra.policy.plan import CheckablePlan
from infra.policy.verdict import Verdict
from infra.policy.waivers import REHEARSAL, WAIVERS, load_all
from infra.toolchain.install import Toolchain
from infra.wrappers.errors import InfraError


def main(arguments: list[str] | None = None) -> int:
    """Check a plan, say what was found, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.policy", description=__doc__)
    parser.add_argument("plan", type=Path, help="what `terraform show -json` printed of a saved plan")
    parser.add_argument(
        "--waivers", type=Path, action="append", help="waivers instead of the repository's; may be repeated"
    )
    parser.add_argument(
        "--rehearsal", action="store_true", help="excuse too what a played account lacks (rehearsal.yaml)"
    )
    chosen = parser.parse_args(arguments)
    files = chosen.waivers or [WAIVERS]
    try:
        return _check(chosen.plan, [*([REHEARSAL] if chosen.rehearsal else []), *files])
    except InfraError as error:
        sys.stderr.write(f"policy: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _check(path: Path, files: list[Path]) -> int:
    waivers = load_all(files, datetime.now(UTC).date())
    plan = CheckablePlan.load(path)
    inspection = Inspector(Toolchain.here()).inspect(plan, _told)
    verdict = Verdict.of(inspection, len(plan.addresses), waivers)
    for line in verdict.warnings():
        sys.stderr.write(f"{line}\n")
    lines = [*verdict.refusal(files[-1])] if verdict.refused else [verdict.summary()]
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if verdict.refused else 0


def _told(tool: str, message: str) -> None:
    sys.stderr.write(f"{tool}: {message}\n")


if __name__ == "__main__":
    sys.exit(main())
