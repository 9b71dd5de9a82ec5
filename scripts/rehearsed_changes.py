"""What a rehearsal changes of an environment: its settings, and the modules that it is made of."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from scripts.places import REPOSITORY
from scripts.program import MODULES
from scripts.surroundings import surroundings

UPGRADED: Final = "monitoring"


@contextmanager
def newer_module(folder: Path) -> Iterator[None]:
    """Have what runs within take the modules from a copy, in which one has a resource more."""
    shutil.copytree(REPOSITORY / "infra" / "terraform", folder)
    added = folder / "modules" / UPGRADED / "upgrade.tf"
    added.write_text('resource "terraform_data" "upgrade" {\n  input = "a newer revision"\n}\n')
    try:
        with surroundings({MODULES: str(folder)}):
            yield
    finally:
        shutil.rmtree(folder)


def one_node_more(values: dict[str, Any]) -> str:
    """Let the first group of nodes grow by one, and return its name."""
    name, nodes = next(iter(values["cluster"]["nodes"].items()))
    nodes["max"] += 1
    return str(name)


def nat_in_each_zone(values: dict[str, Any]) -> str:
    """Give each zone a NAT gateway of its own."""
    values["network"]["nat"] = "per_zone"
    return ""


def unprotect(values: dict[str, Any]) -> str:
    """Take the protection away."""
    values["protect"] = False
    return ""
