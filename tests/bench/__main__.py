"""``make bench``: measure every figure, print it beside its goal, write ``bench.json``.

``ONLY=pattern`` runs the groups whose name contains the pattern. A group is a module of
this folder with a function ``figures()``; the local environment must be up.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from scripts.places import home
from tests.bench.figure import report

FRAME = {"__main__", "__init__", "environments", "figure", "served", "trained"}


def main() -> int:
    """Return 1 when a goal is missed, so that a scheduler notices."""
    only = os.environ.get("ONLY", "")
    folder = Path(__file__).parent
    names = sorted(path.stem for path in folder.glob("*.py") if _is_group(path.stem) and only in path.stem)
    if not names:
        print(f"no group of figures matches ONLY={only!r}")
        return 2
    groups = [importlib.import_module(f"tests.bench.{name}").figures for name in names]
    measured = report(groups, home() / "bench.json")
    missed = [figure.name for figure in measured if figure.holds is False]
    print(f"{len(measured)} figures, {len(missed)} missed{': ' if missed else ''}{', '.join(missed)}")
    return 1 if missed else 0


def _is_group(name: str) -> bool:
    return name not in FRAME and not name.startswith("baseline_")


if __name__ == "__main__":
    sys.exit(main())
