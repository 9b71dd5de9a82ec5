"""What a killed run made: under which id each object is imported into the state.

Terraform prints an address when it begins and the object's id when it has ended. For most types that id is
what they are imported by. Some are imported by their arguments, which only a plan tells; some cannot be
imported, and are made again, which their APIs take for the same. And what was in the making when the run
died has no id yet: where a type's import id is the name that the plan gives it (buckets, roles, clusters,
...), that name is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Any, Final

from infra.wrappers.terraform_plan import ShownPlan

# Import ids as the provider's documentation of each type has them.
BY_ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    "aws_iam_role_policy_attachment": ("{role}/{policy_arn}",),
    "aws_route": (
        "{route_table_id}_{destination_cidr_block}",
        "{route_table_id}_{destination_ipv6_cidr_block}",
        "{route_table_id}_{destination_prefix_list_id}",
    ),
    "aws_route_table_association": ("{subnet_id}/{route_table_id}", "{gateway_id}/{route_table_id}"),
    "aws_appautoscaling_target": ("{service_namespace}/{resource_id}/{scalable_dimension}",),
    "aws_appautoscaling_policy": ("{service_namespace}/{resource_id}/{scalable_dimension}/{name}",),
}
NOT_IMPORTED: Final = frozenset({"aws_acm_certificate_validation", "aws_autoscaling_attachment"})
# In this order; each is the import id of the types that have it and none before it.
NAMES: Final = ("bucket", "identifier", "cluster_identifier", "function_name", "name")


def by_id(made: Mapping[str, str]) -> dict[str, str]:
    """Return, of the ids that a run printed, those that are import ids."""
    others = BY_ARGUMENTS.keys() | NOT_IMPORTED
    return {address: value for address, value in made.items() if type_of(address) not in others}


def by_arguments(made: Iterable[str]) -> list[str]:
    """Return the addresses that are imported by what the plan says of them."""
    return [address for address in made if type_of(address) in BY_ARGUMENTS]


def by_plan(addresses: Iterable[str], plan: ShownPlan) -> dict[str, str]:
    """Return, of addresses that the plan would create, the import id that it tells."""
    wanted = set(addresses)
    found: dict[str, str] = {}
    for resource in plan.resource_changes:
        if resource.address in wanted and resource.change.actions == ("create",):
            known = {name: value for name, value in (resource.change.after or {}).items() if value}
            if told := _told(type_of(resource.address), known):
                found[resource.address] = told
    return found


def type_of(address: str) -> str:
    """Return the type in ``module.a["x"].aws_role.this[0]``."""
    without_keys = re.sub(r"\[[^]]*]", "", address)
    return without_keys.split(".")[-2] if "." in without_keys else ""


def _told(kind: str, known: Mapping[str, Any]) -> str | None:
    for template in BY_ARGUMENTS.get(kind, ()):
        if all(name in known for _, name, _, _ in Formatter().parse(template) if name):
            return template.format_map(known)
    if kind in BY_ARGUMENTS or kind in NOT_IMPORTED:
        return None
    return next((known[name] for name in NAMES if isinstance(known.get(name), str)), None)
