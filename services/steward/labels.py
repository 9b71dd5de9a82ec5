"""``python -m services.steward.labels``: how much feedback of a system has come since a moment."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ml.environment import Environment
from ml.errors import MlError
from ml.objects import delta_options

if TYPE_CHECKING:
    from ml.environment import ObjectStore


def main() -> int:
    """Print the number."""
    parser = argparse.ArgumentParser(prog="python -m services.steward.labels", description=__doc__)
    parser.add_argument("--environment", required=True, metavar="ADDRESS")
    parser.add_argument("--system", required=True, metavar="NAME")
    parser.add_argument("--since", type=datetime.fromisoformat, default=datetime.fromtimestamp(0, UTC))
    chosen = parser.parse_args()
    try:
        found = count(Environment.load(chosen.environment).object_store, chosen.system, chosen.since)
    except (MlError, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 4
    sys.stdout.write(f"{found}\n")
    return 0


def count(store: ObjectStore, system: str, since: datetime) -> int:
    """Return how many predictions got feedback after ``since``; of several for one prediction one counts."""
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    try:
        table = DeltaTable(
            f"s3://{store.buckets.predictions}/feedback", storage_options=delta_options(store, "jobs")
        )
    except TableNotFoundError:
        return 0
    day, moment = since.strftime("%Y-%m-%d"), since.astimezone(UTC)
    wanted = (ds.field("system") == system) & (ds.field("day") >= day) & (ds.field("time") > moment)
    found = table.to_pyarrow_dataset().to_table(columns=["prediction_id"], filter=wanted)
    return int(pc.count_distinct(found["prediction_id"]).as_py())


if __name__ == "__main__":
    sys.exit(main())
