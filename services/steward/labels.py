"""``python -m services.steward.labels``: of how many predictions something was said since a moment."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from ml.data.prediction_log import PredictionLog
from ml.environment import Environment, EnvironmentUnreadable
from ml.errors import MlError


def main() -> int:
    """Print the number."""
    parser = argparse.ArgumentParser(prog="python -m services.steward.labels", description=__doc__)
    parser.add_argument("--environment", required=True, metavar="ADDRESS")
    parser.add_argument("--system", required=True, metavar="NAME")
    parser.add_argument("--since", type=datetime.fromisoformat, default=datetime.fromtimestamp(0, UTC))
    chosen = parser.parse_args()
    try:
        log = PredictionLog(Environment.load(chosen.environment))
        sys.stdout.write(f"{log.labelled(chosen.system, chosen.since)}\n")
    except (EnvironmentUnreadable, MlError) as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
