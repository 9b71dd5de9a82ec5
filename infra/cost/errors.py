"""Errors of the cost estimate, one tree.

CostError
├── OverBudget            a plan takes the environment above its limit
├── PriceListUnreachable  AWS's price list did not answer, or refused to
├── CostInputInvalid      an argument is wrong
│   ├── PlanUnreadable    the file is no plan and no state in JSON
│   ├── PricesUnreadable  a price table is damaged
│   └── RegionNotPriced   there is no price table for the region
├── EstimateUnreadable    a saved estimate is damaged
└── NotWritten            an estimate or a price table could not be written

Every message says what was wrong, with which value, and what to do now.
"""

from __future__ import annotations

from pathlib import Path

from infra.wrappers.errors import InfraError


class CostError(InfraError):
    """Base of the tree; ``exit_code`` is what the command line ends with."""


class OverBudget(CostError):
    """A plan takes the environment above what it may cost in a month."""


class PriceListUnreachable(CostError):
    """AWS's price list did not answer, or refused to."""


class CostInputInvalid(CostError):
    """An argument is wrong."""

    exit_code = 2


class PlanUnreadable(CostInputInvalid):
    """The file is no plan and no state as ``terraform show -json`` writes them."""


class PricesUnreadable(CostInputInvalid):
    """A price table is damaged."""


class RegionNotPriced(CostInputInvalid):
    """There is no price table for the region."""

    def __init__(self, region: str) -> None:
        super().__init__(
            f"no price table for the region {region}; `millrace prices refresh {region}` makes one from "
            "AWS's price list (it needs credentials that may call pricing:GetProducts)"
        )


class EstimateUnreadable(CostError):
    """A saved estimate is damaged."""


class NotWritten(CostError):
    """An estimate or a price table could not be written."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} could not be written ({error.strerror}); see to its folder and try again")
