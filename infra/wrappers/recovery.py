"""Objects that a killed run was making when it died: found by name, if they exist.

Terraform prints an address when it begins and the object's id when it has ended; between the
two the object may exist and nobody has its id. Where a type's import id is the name that the
plan gives it (buckets, roles, clusters, ...), that name is tried.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from infra.wrappers.terraform_plan import ShownPlan

# In this order; each is the import id of the types that have it and none before it.
NAMES: Final = ("bucket", "identifier", "cluster_identifier", "function_name", "name")


def by_name(in_flight: Iterable[str], plan: ShownPlan) -> dict[str, str]:
    """Return, of addresses in flight that the plan would create, the name each would have."""
    wanted = set(in_flight)
    found: dict[str, str] = {}
    for resource in plan.resource_changes:
        if resource.address in wanted and resource.change.actions == ("create",):
            known = resource.change.after or {}
            names = (known.get(name) for name in NAMES)
            if name := next((name for name in names if isinstance(name, str) and name), None):
                found[resource.address] = name
    return found
