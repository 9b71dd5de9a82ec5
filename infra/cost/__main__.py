"""``python -m infra.cost``: say what a plan costs; exit 1 if it goes over the budget, 2 for wrong input."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.cost import price_table
from infra.cost.check import Check
from infra.cost.errors import CostError

CONSENT = "MILLRACE_OVER_BUDGET"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one plan; what it costs goes to standard output, a refusal to standard error."""
    check = _parse(arguments, os.environ)
    try:
        verdict = check.run()
        print("\n".join(verdict.told()))  # noqa: T201 - the program's answer
        verdict.enforce()
    except CostError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _parse(arguments: Sequence[str] | None, environ: Mapping[str, str]) -> Check:
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description=__doc__)
    parser.add_argument("--environment", required=True)
    parser.add_argument("--root", required=True, help="name of the root module")
    parser.add_argument("--limit-usd", type=_amount, help="what the environment may cost in a month")
    parser.add_argument("--folder", required=True, type=Path, help="where estimates are kept")
    parser.add_argument("--region", help="needed for a state, which does not tell it")
    parser.add_argument("plan", type=Path, help="what `terraform show -json PLAN` wrote")
    told = parser.parse_args(arguments)
    return Check(
        told.environment,
        told.root,
        told.plan,
        told.folder,
        price_table.folder(environ),
        told.limit_usd,
        told.region,
        consented=environ.get(CONSENT) == told.environment,
    )


def _amount(text: str) -> float:
    amount = float(text)
    if not (math.isfinite(amount) and amount > 0):
        raise argparse.ArgumentTypeError(f"{text} is no amount of US dollars above zero")
    return amount


if __name__ == "__main__":
    sys.exit(main())
