"""Tidying a table in a process of its own: the hundreds of megabytes that it takes are given back at once.

``python -m services.recorder.tidying`` reads on standard input what `tidy_apart` gives it.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from typing import Final

from ml.child_process import end_with_parent
from ml.environment import ObjectStore
from ml.logs import configure_json_logging

_LONGEST_S: Final = 600
_NICENESS: Final = 5

logger = logging.getLogger(__name__)


def tidy_apart(store: ObjectStore, kind: str, keep_days: int | None) -> None:
    """Have a table tidied, and wait; what this leaves undone the next time does."""
    task = {"store": store.model_dump(mode="json"), "kind": kind, "keep_days": keep_days}
    try:
        subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(task | {"parent": os.getpid()}),
            text=True,
            timeout=_LONGEST_S,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        logger.warning("the table of each %s was not tidied: %s", kind, error)


def main() -> None:
    """Tidy the table that standard input names."""
    from services.recorder.tables import LandingTable

    task = json.loads(sys.stdin.read())
    end_with_parent(task["parent"])
    os.nice(_NICENESS)
    configure_json_logging()
    LandingTable(ObjectStore.model_validate(task["store"]), task["kind"], task["keep_days"]).tidy()


if __name__ == "__main__":
    main()
