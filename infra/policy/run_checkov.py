"""Run checkov's checks of AWS and our own on one plan; for the Python of checkov's environment.

    python run_checkov.py PLAN.json RULES-FOLDER LEFT-OUT[,LEFT-OUT...]

PLAN.json is a plan as ``infra.policy.plan`` reduces it. Prints one JSON object; it holds ids,
addresses and fixed texts, nothing out of the plan's values.

Checkov's own command and its plan runner import every cloud, boto3, git and docker, which takes
longer than all checks together. This uses its plan parser, its registries and its checks alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Packages whose __init__ imports what is not needed here; their modules are imported one by one.
BARE = (
    "checkov.cloudformation",
    "checkov.cloudformation.parser",
    "checkov.terraform",
    "checkov.terraform.checks.data",
    "checkov.terraform.checks.data.aws",
    "checkov.terraform.checks.resource",
    "checkov.terraform.checks.resource.aws",
    "checkov.terraform.context_parsers",
)
KINDS = ("resource", "data")
# Checkov's own list of what a plan cannot tell, and modules that load a second policy library:
# what they look for in a document is refused by MR_WILDCARD and MR_PUBLIC_POLICY.
NOT_IN_A_PLAN = ("CKV_AWS_217", "CKV_AWS_233", "CKV_AWS_237")
SECOND_LIBRARY = ("policyuniverse", "cloudsplaining")
ADDRESS = "__address__"


def main(plan: str, rules: str, left_out: str) -> int:
    """Check and print."""
    root = Path(str(importlib.util.find_spec("checkov").origin)).parent  # type: ignore[union-attr]
    for package in BARE:
        _bare(package, root)
    loaded = _load_builtins(root)
    own = _load_rules(Path(rules))
    skipped = {*left_out.split(","), *NOT_IN_A_PLAN}
    print(json.dumps({**_inspect(plan, skipped, own), "loaded": loaded}))  # noqa: T201
    return 0


def _bare(package: str, root: Path) -> None:
    module = types.ModuleType(package)
    module.__path__ = [str(root.joinpath(*package.split(".")[1:]))]
    sys.modules[package] = module


def _load_builtins(root: Path) -> int:
    loaded = 0
    for kind in KINDS:
        for path in sorted((root / "terraform" / "checks" / kind / "aws").glob("[!_]*.py")):
            text = path.read_text()
            if not any(library in text for library in SECOND_LIBRARY):
                importlib.import_module(f"checkov.terraform.checks.{kind}.aws.{path.stem}")
                loaded += 1
    return loaded


def _load_rules(folder: Path) -> frozenset[str]:
    """Load our rules; unlike checkov's own loader, a rule that cannot be loaded is an error."""
    before = {check.id for _, check in _checks()}
    sys.path.insert(1, str(folder))
    for path in sorted(folder.glob("[!_]*.py")):
        importlib.import_module(path.stem)
    return frozenset({check.id for _, check in _checks()} - before)


def _registries() -> dict[str, Any]:
    return {
        kind: getattr(
            importlib.import_module(f"checkov.terraform.checks.{kind}.registry"), f"{kind}_registry"
        )
        for kind in KINDS
    }


def _checks() -> Iterator[tuple[str, Any]]:
    for registry in _registries().values():
        yield from registry.all_checks()


def _inspect(plan: str, skipped: set[str], own: frozenset[str]) -> dict[str, Any]:
    from checkov.terraform.plan_parser import parse_tf_plan

    problems: dict[str, str] = {}
    blocks, _ = parse_tf_plan(plan, problems)
    if blocks is None:
        return {"unreadable": True}
    ran: set[str] = set()
    seen: set[str] = set()
    results = []
    for kind, registry in _registries().items():
        for block in blocks[kind]:
            ((resource_type, named),) = block.items()
            ((name, configuration),) = named.items()
            seen.add(configuration[ADDRESS])
            for check in registry.get_checks(resource_type):
                if check.id not in skipped:
                    ran.add(check.id)
                    results.append(_result(check, plan, configuration, name, resource_type))
    told = [result for result in results if result["outcome"] != "PASSED"]
    return {"checks": sorted(ran), "own": sorted(own), "addresses": sorted(seen), "results": told}


def _result(check: Any, plan: str, configuration: Any, name: str, resource_type: str) -> dict[str, Any]:
    address = configuration[ADDRESS]
    try:
        found = check.run(plan, configuration, name, resource_type, {})["result"]
        outcome = getattr(found, "value", "UNKNOWN")
    except Exception as error:  # noqa: BLE001 - a check that breaks down must not pass for one that passed
        outcome = f"BROKEN {type(error).__name__}"
    return {
        "check": check.id,
        "address": address,
        "outcome": outcome,
        "demands": check.name,
        "mend": check.guideline or "",
    }


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(*sys.argv[1:]))
