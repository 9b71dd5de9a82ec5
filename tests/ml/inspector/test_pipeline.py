"""The inspector from a folder of images to the registry, on cells made here and real servers."""

import json
import subprocess
import sys

import pytest

from ml.data.datasets import Datasets
from ml.data.images.store import ImageStore
from ml.errors import DatasetDamaged
from ml.model_registry import ModelRegistry
from ml.objects import Objects
from tests.ml.inspector.cells import write

pytestmark = pytest.mark.slow

CELLS = 96
QUICK = "train.settings={epochs: 2, batch: 16}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("cells") / "line", CELLS)


def run(environment, folder, *more):
    address = environment.logs.parent / "environment.json"
    command = [
        sys.executable,
        "-m",
        "ml",
        "run",
        "--environment",
        str(address),
        "--system",
        "inspector",
        "--json",
    ]
    command += ["--set", QUICK, "--set", f"ingest.source={{kind: folder, path: {folder}}}", *more]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


def test_images_become_a_dataset_version_and_a_judged_model(tracked, folder):
    done = run(tracked, folder)
    assert done.returncode in {0, 3}, done.stderr  # so few epochs may not pass the gate
    result = json.loads(done.stdout.splitlines()[-1])
    assert [step["skipped"] for step in result["steps"]] == [False] * len(result["steps"])
    committed = Datasets(tracked).records("inspector")[0]
    version = committed.version
    assert set(committed.profile.embedding) == {f"embedding_{number}" for number in range(8)}
    assert {name: table.rows for name, table in version.tables.items()} == {"cells": CELLS, "images": CELLS}
    assert len(ImageStore(tracked, "inspector").ids()) == CELLS

    assert result["metrics"]["balanced_accuracy"] > 0.6

    bucket, _, key = result["report"].removeprefix("s3://").partition("/")
    report = Objects(tracked, bucket).get(key).decode()
    assert "<td>fgsm</td>" in report
    assert "<td>pgd</td>" in report

    again = json.loads(run(tracked, folder).stdout.splitlines()[-1])
    assert all(step["skipped"] for step in again["steps"])

    tables = Datasets(tracked).load(version)
    parts = set(tables["cells"]["part"].to_pylist())
    assert parts == {"train", "validation", "test"}
    damage_images(tracked)
    with pytest.raises(DatasetDamaged, match=tables["images"]["image_id"][0].as_py()[:12]):
        Datasets(tracked).load(version)


def damage_images(environment):
    objects = Objects(environment, environment.object_store.buckets.datasets)
    for key in objects.keys("inspector/images/"):
        if not key.endswith(".json"):
            objects.put(key, b"other bytes")


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (None, "labels.csv cannot be read"),
        ("images/0000.png 1.0\n", "line 1 of labels.csv"),
        ("images/0000.png often mono\n", "break the contract"),
        ("images/nowhere.png 1.0 mono\n", "break the contract"),
    ],
)
def test_labels_that_cannot_be_are_refused_and_nothing_is_made(tracked, tmp_path, labels, sentence):
    folder = write(tmp_path / "line", 8)
    (folder / "labels.csv").unlink()
    if labels:
        (folder / "labels.csv").write_text(labels)
    done = run(tracked, folder)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not Datasets(tracked).records("inspector")


@pytest.mark.parametrize(("count", "sentence"), [(64, "all of one class"), (12, "bring more images")])
def test_cells_of_one_class_only_or_too_few_are_refused(tracked, tmp_path, count, sentence):
    folder = write(tmp_path / "line", count)
    lines = (folder / "labels.csv").read_text().splitlines()
    (folder / "labels.csv").write_text("\n".join(line for line in lines if " 0.0 " in line) + "\n")
    done = run(tracked, folder)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert not ModelRegistry(tracked).versions("inspector")
