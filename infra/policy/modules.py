"""``python -m infra.policy.modules [--waivers FILE]...``: checkov over modules and root modules as written.

What hangs on a variable is judged on plans (``python -m infra.policy``); here are the checks that look
at several resources at once, and whatever no plan has brought up yet. A comment
``#checkov:skip=CHECK:reason`` in a resource excuses it here, as a waiver does in both places.
"""

from __future__ import annotations

import argparse
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from infra.policy.errors import InspectionFailed
from infra.policy.inspection import GRACE_S, RULES, bare_environment
from infra.policy.left_out import Checks
from infra.policy.waivers import WAIVERS, load_all
from infra.toolchain.install import Toolchain
from infra.wrappers import process
from infra.wrappers.errors import InfraError

TERRAFORM: Final = Path(__file__).resolve().parents[1] / "terraform"
TIMEOUT_S: Final = 600.0
# Examples show a module with little, tests feed it what is wrong.
PASSED_OVER: Final = ("/examples/", "/tests/", "/.terraform/")


class Failed(BaseModel):
    """A finding, as checkov reports it."""

    model_config = ConfigDict(frozen=True)

    check_id: str
    check_name: str
    resource: str
    file_path: str
    file_line_range: tuple[int, int]


class Summary(BaseModel):
    """Checkov's own count."""

    model_config = ConfigDict(frozen=True)

    passed: int
    failed: int
    skipped: int
    parsing_errors: int
    resource_count: int


class Report(BaseModel):
    """What checkov says of a folder."""

    model_config = ConfigDict(frozen=True)

    results: dict[str, Any]
    summary: Summary

    @property
    def failed(self) -> tuple[Failed, ...]:
        """All findings."""
        return tuple(Failed.model_validate(one) for one in self.results.get("failed_checks", []))


def inspect(folder: Path, toolchain: Toolchain, checks: Checks) -> Report:
    """Run checkov with our rules over a folder of Terraform files.

    Raises:
        InspectionFailed: it did not report, or could not read every file.
    """
    checkov = toolchain.ensure(["checkov"])["checkov"].programs["checkov"]
    left_out = ",".join(one.check for one in checks.modules)
    finished = process.run(
        [
            *(str(checkov), "--directory", str(folder), "--framework", "terraform", "--output", "json"),
            *("--quiet", "--compact", "--skip-download", "--external-checks-dir", str(RULES)),
            *(word for part in PASSED_OVER for word in ("--skip-path", part)),
            *(("--skip-check", left_out) if left_out else ()),
        ],
        cwd=folder,
        environment=bare_environment(toolchain),
        limits=process.Limits(threading.Event(), TIMEOUT_S, GRACE_S),
    )
    try:
        report = Report.model_validate_json(finished.stdout)
    except ValidationError as error:
        said = (finished.stderr.strip().splitlines() or finished.stdout.strip().splitlines() or ["nothing"])[
            -1
        ]
        raise InspectionFailed(f"checkov gave no report on {folder}; it said: {said}") from error
    if report.summary.parsing_errors:
        raise InspectionFailed(
            f"checkov could not read {report.summary.parsing_errors} files in {folder}; "
            "`terraform validate` names what is wrong with them"
        )
    return report


def main(arguments: list[str] | None = None) -> int:
    """Check, say what was found, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.policy.modules", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=TERRAFORM)
    parser.add_argument("--waivers", type=Path, action="append")
    chosen = parser.parse_args(arguments)
    try:
        return _check(chosen.folder.resolve(), chosen.waivers or [WAIVERS])
    except InfraError as error:
        sys.stderr.write(f"policy: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def _check(folder: Path, files: list[Path]) -> int:
    waivers = load_all(files, datetime.now(UTC).date())
    report = inspect(folder, Toolchain.here(), Checks.load())
    refused = [one for one in report.failed if not any(w.covers(one.check_id, one.resource) for w in waivers)]
    for one in refused:
        place = f"{folder}{one.file_path}:{one.file_line_range[0]}"
        sys.stdout.write(f"{place}: {one.check_id} {one.resource}: {one.check_name}\n")
    counted = report.summary
    sys.stdout.write(
        f"policy: {counted.passed} checks passed on {counted.resource_count} resources as written, "
        f"{counted.skipped} excused beside them, {len(report.failed) - len(refused)} waived, "
        f"{len(refused)} refused\n"
    )
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
