"""Which resources of a plan belong to which: a bucket's policy, a load balancer's group.

Names are mostly unknown before apply, so what the configuration refers to decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from infra.policy.configuration import KEY, Expressions, split

BUCKET: Final = "aws_s3_bucket"
GROUP: Final = "aws_security_group"
LOAD_BALANCER: Final = "aws_lb"
GROUP_ATTRIBUTES: Final = {
    "aws_vpc_security_group_ingress_rule": "security_group_id",
    "aws_security_group_rule": "security_group_id",
}


@dataclass(frozen=True)
class Planned:
    """A resource of the plan."""

    address: str
    type: str
    values: dict[str, Any]

    @property
    def module(self) -> str:
        """The address of the module that it lies in; empty for the root."""
        return self.address[: len(self.address) - len(split(self.address)[-1])]

    @property
    def written(self) -> str:
        """Its address within the module, without a key."""
        return KEY.sub("", split(self.address)[-1])

    @property
    def key(self) -> str:
        """The key of the instance, with its brackets."""
        return split(self.address)[-1][len(self.written) :]


def companions(resources: Iterable[Planned], expressions: Expressions) -> dict[str, set[str]]:
    """Return, for an address, the types of the resources that belong to it."""
    found: dict[str, set[str]] = defaultdict(set)
    planned = list(resources)
    for bucket in (one for one in planned if one.type == BUCKET):
        found[bucket.address] |= {
            one.type for one in planned if _of_bucket(one, bucket, expressions) and one is not bucket
        }
    balanced = {
        (one.module, name)
        for one in planned
        if one.type == LOAD_BALANCER
        for name in expressions.references(one.address, "security_groups")
    }
    for one in planned:
        names = _groups(one, expressions)
        if any((one.module, name) in balanced for name in names):
            found[one.address].add(LOAD_BALANCER)
    return found


def _of_bucket(one: Planned, bucket: Planned, expressions: Expressions) -> bool:
    if not one.type.startswith("aws_s3_bucket_"):
        return False
    name = bucket.values.get("bucket")
    if name is not None and one.values.get("bucket") == name:
        return True
    if one.module != bucket.module:
        return False
    local = split(bucket.address)[-1]
    exact = expressions.exact_references(one.address, "bucket")
    if any(reference == local or reference.startswith(f"{local}.") for reference in exact):
        return True
    # Through a `for_each` the reference is to `each.value`: then the key tells.
    named = {name for name in expressions.references(one.address, "bucket") if name.startswith(f"{BUCKET}.")}
    return bucket.key != "" and one.key == bucket.key and (not named or bucket.written in named)


def _groups(one: Planned, expressions: Expressions) -> frozenset[str]:
    if one.type == GROUP:
        return frozenset({one.written})
    attribute = GROUP_ATTRIBUTES.get(one.type)
    return expressions.references(one.address, attribute) if attribute else frozenset()
