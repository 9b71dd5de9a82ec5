"""A table's pipeline with an update: taken where it is better, refused where it forgets, done once."""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from ml.model_registry import ModelRegistry
from tests.ml.clone import ROOT, Clone

pytestmark = pytest.mark.slow

# One process for all runs; delivery's promotion of each challenger stands between them.
RUNS = """
import json, sys
from ml.__main__ import main
from ml.environment import Environment
from ml.model_registry import ModelRegistry
address, runs = sys.argv[1], json.loads(sys.argv[2])
registry = ModelRegistry(Environment.load(address))
for changes in runs:
    words = [word for change in changes for word in ("--set", change)]
    code = main(["run", "--environment", address, "--system", "churn", "--json", *words])
    challenger = registry.challenger("churn")
    if code == 0 and challenger:
        registry.set_alias("churn", "champion", challenger.version)
"""
GOOD = "train.settings={candidates: [{family: linear}]}"
STUMP = "train.settings={candidates: [{family: forest, trees: 1, least_rows: 400}]}"
TREES = "train.settings={candidates: [{family: forest, trees: 100, least_rows: 20}]}"


def rows(count, of_b, seed):
    """In kind a what has a great x leaves, in kind b what has a small one; a line cannot know both."""
    random = np.random.default_rng(seed)
    b, x = random.random(count) < of_b, random.normal(size=count)
    leaves = np.where(b, -x, x) + random.normal(0, 0.3, count) > 0
    return [
        f"{'b' if kind else 'a'},{value:.4f},{'yes' if out else 'no'}"
        for kind, value, out in zip(b, x, leaves, strict=True)
    ]


@pytest.fixture(scope="module")
def deliveries(tmp_path_factory):
    """A table, the same with more of its like, and that with many rows of a kind that had been rare."""
    folder = tmp_path_factory.mktemp("deliveries")
    all_rows = [rows(500, 0.05, 0), rows(500, 0.05, 1), rows(1500, 0.95, 2)]
    paths = [folder / f"{number}.csv" for number in range(3)]
    for number, path in enumerate(paths):
        shown = [row for some in all_rows[: number + 1] for row in some]
        path.write_text("\n".join(["kind,x,leaves", *shown]) + "\n")
    return paths


def add_update(folder: Path) -> None:
    """Write the part and the pipeline's steps that the page shows."""
    page = (ROOT / "docs" / "updating.md").read_text()
    part = re.search(r"^    from functools import partial\n(?:    .*\n|\n)+", page, re.MULTILINE)
    assert part
    system = folder / "ml" / "systems" / "churn"
    (system / "updating.py").write_text(textwrap.dedent(part[0]))
    block = re.search(r"^    - name: update\n(?:    .*\n)+", page, re.MULTILINE)
    assert block
    lines = [line[2:] for line in block[0].splitlines()]
    pipeline = system / "pipeline.yaml"
    text = pipeline.read_text()
    gate = re.search(r"^  - name: gate\n(?:    .*\n)+", text, re.MULTILINE)
    assert gate
    pipeline.write_text(text.replace(gate[0], "\n".join(lines) + "\n"))


def test_an_update_is_taken_where_it_is_better_and_refused_where_it_forgets(tracked, deliveries, tmp_path):
    clone = Clone(tmp_path / "clone")
    done = clone.new_system("churn", deliveries[0], "--target", "leaves")
    assert done.returncode == 0, done.stderr
    add_update(clone.folder)

    def changes(number, *more):
        return ["ingest.source.sha256=null", f"ingest.source.address={deliveries[number]}", *more]

    better = changes(1, STUMP)
    forgets = changes(2, TREES, "update.settings={epochs: 20, replay: 0}")
    runs = [changes(0, GOOD), better, better, forgets]
    address = tracked.logs.parent / "environment.json"
    done = subprocess.run(
        [sys.executable, "-c", RUNS, str(address), json.dumps(runs)],
        cwd=clone.folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, taken, again, refused = (json.loads(line) for line in done.stdout.splitlines())

    assert "the fit from scratch stands alone: there is no champion" in first["reasons"][-1]
    assert taken["decision"] == "promote", taken["reasons"]
    assert "the update of version 1 was taken" in taken["reasons"][-1]
    assert all(step["skipped"] for step in again["steps"])
    assert again["model_version"] == taken["model_version"]
    assert refused["decision"] == "promote", refused["reasons"]
    sentence = refused["reasons"][-1]
    assert "the fit from scratch was taken: the update of version 2 was rejected" in sentence

    registry = ModelRegistry(tracked)
    versions = {version.version: version for version in registry.versions("churn")}
    assert [versions[number].family for number in (1, 2, 3)] == ["linear", "linear", "forest"]
    assert [versions[number].update.taken for number in (1, 2, 3)] == [False, True, False]
    assert versions[2].update.of == 1
    assert versions[2].update.forgotten < 0.02 < versions[3].update.forgotten
    assert "an update of the champion" in registry.card(versions[2])
    assert "Forgotten by the update" in registry.card(versions[3])
    report = registry.report(versions[3]).decode()
    assert "Fitted from scratch, or updated" in report
    assert "update of version 2</td>" in report
    assert "it has forgotten more than 0.02" in report
