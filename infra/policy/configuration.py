"""What the configuration writes for a resource, by the resource's address in the plan."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

Table = dict[str, Any]

KEY = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]")


@dataclass(frozen=True)
class Expressions:
    """The ``configuration.root_module`` of a plan, or of a module below it."""

    root: Table

    def of(self, address: str) -> Table:
        """Return the expressions of the resource at an address; none if it is not written here."""
        found: Table = self._resource(address).get("expressions") or {}
        return found

    def references(self, address: str, attribute: str) -> frozenset[str]:
        """Return the addresses, within its module and without keys, that an attribute refers to."""
        names = self.exact_references(address, attribute)
        return frozenset(".".join(KEY.sub("", name).split(".")[:2]) for name in names)

    def exact_references(self, address: str, attribute: str) -> tuple[str, ...]:
        """Return what an attribute refers to as it is written: ``aws_s3_bucket.this[0].id``."""
        expression = self.of(address).get(attribute)
        return tuple(expression.get("references", [])) if isinstance(expression, dict) else ()

    def _resource(self, address: str) -> Table:
        *path, local = split(address)
        module = self.root
        for name in path:
            module = module.get("module_calls", {}).get(name, {}).get("module", {})
        written = KEY.sub("", local)
        return next((one for one in module.get("resources", []) if one["address"] == written), {})


def split(address: str) -> list[str]:
    """Return the names of the modules on the way, and the address within the last one.

    ``module.a["x.y"].aws_lb.this[0]`` gives ``["a", "aws_lb.this[0]"]``.
    """
    names = []
    rest = address
    while found := re.match(r"module\.([\w-]+)(?:\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\])?\.", rest):
        names.append(found.group(1))
        rest = rest[found.end() :]
    return [*names, rest]
