"""Estimates of an environment's root modules, each in a file of its own, and their sum."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from infra.cost.errors import CostInputInvalid, EstimateUnreadable
from infra.cost.estimate import ByUse, Estimate, Line, Unpriced
from infra.cost.whole_file import whole_file

SCHEMA: Final = 1
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class RootCost:
    """What a root module would cost after its last plan, and what it cost before, in US dollars a month.

    ``at`` is when (ISO 8601, UTC). ``refused``: the plan was over the budget, so what ran goes on running.
    """

    environment: str
    root: str
    region: str
    prices_of: tuple[str, str]
    planned: Estimate
    running_monthly_usd: float
    at: str
    limit_usd: float | None = None
    refused: bool = False

    @property
    def difference_monthly_usd(self) -> float:
        """What the plan adds to what runs; negative if it saves."""
        return self.planned.monthly_usd - self.running_monthly_usd

    @property
    def counted_monthly_usd(self) -> float:
        """What the root module counts for in the environment's sum."""
        return self.running_monthly_usd if self.refused else self.planned.monthly_usd


def save(cost: RootCost, folder: Path) -> None:
    """Write ``<folder>/<root>.json`` in one step.

    Raises:
        CostInputInvalid: the root module's name is none.
        NotWritten: the folder does not allow it.
    """
    path = _path(folder, cost.root)
    planned = asdict(cost.planned)
    document = {
        "schema": SCHEMA,
        **asdict(cost),
        "planned": planned
        | {
            "hourly_usd": cost.planned.hourly_usd,
            "monthly_usd": cost.planned.monthly_usd,
            "maximum_monthly_usd": cost.planned.maximum_monthly_usd,
        },
        "difference_monthly_usd": cost.difference_monthly_usd,
        "counted_monthly_usd": cost.counted_monthly_usd,
    }
    with whole_file(path) as file:
        json.dump(document, file, indent=1)


def load(path: Path) -> RootCost:
    """Read an estimate.

    Raises:
        EstimateUnreadable: the file is damaged, or another version's.
    """
    try:
        return _read(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise EstimateUnreadable(
            f"the estimate {path} cannot be read ({type(error).__name__}: {error}); delete it, "
            "`millrace preview` makes it anew"
        ) from error


def load_all(folder: Path) -> list[RootCost]:
    """Read the estimates of all root modules that were planned, by name.

    Raises:
        EstimateUnreadable: one is damaged.
    """
    return [load(path) for path in sorted(folder.glob("*.json"))]


def _path(folder: Path, root: str) -> Path:
    if not NAME.fullmatch(root):
        raise CostInputInvalid(f"{root!r} is no name of a root module; write one such as data")
    return folder / f"{root}.json"


def _read(document: Mapping[str, Any]) -> RootCost:
    if document["schema"] != SCHEMA:
        raise ValueError(f"schema {document['schema']}, not {SCHEMA}")
    planned = document["planned"]
    oldest, newest = document["prices_of"]
    limit = document["limit_usd"]
    return RootCost(
        environment=str(document["environment"]),
        root=str(document["root"]),
        region=str(document["region"]),
        prices_of=(str(oldest), str(newest)),
        planned=Estimate(
            tuple(Line(**each) for each in planned["lines"]),
            tuple(Unpriced(**each) for each in planned["unpriced"]),
            tuple(ByUse(**each) for each in planned["by_use"]),
        ),
        running_monthly_usd=float(document["running_monthly_usd"]),
        at=str(document["at"]),
        limit_usd=None if limit is None else float(limit),
        refused=bool(document["refused"]),
    )
