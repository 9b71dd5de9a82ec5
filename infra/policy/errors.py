"""What can go wrong while a plan is checked against the policy.

InfraError
└── PolicyError
    ├── PlanUnreadable      not a plan as `terraform show -json` prints it
    ├── ChecksInvalid       the list of checks that do not run is wrong
    ├── WaiverInvalid       an entry of the waiver file cannot stand; names it
    └── InspectionFailed    checkov or one of our rules broke down: nothing was decided

A plan that the policy refuses is a verdict, not an error.
"""

from __future__ import annotations

from infra.wrappers.errors import InfraError


class PolicyError(InfraError):
    """Base of everything the policy raises."""


class PlanUnreadable(PolicyError):
    """The file is not a plan as JSON; the message says how to make one."""

    exit_code = 2


class ChecksInvalid(PolicyError):
    """The list of checks that do not run cannot be read; the message names the entry."""

    exit_code = 2


class WaiverInvalid(PolicyError):
    """An entry of the waiver file cannot stand; the message names the entry and what to change."""

    exit_code = 2


class InspectionFailed(PolicyError):
    """The checks did not run to their end."""
