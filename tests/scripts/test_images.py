"""Images go in and labels come back through the command, as a person or a line would do it."""

import json
import os
import shutil
import signal
import subprocess
import uuid
from contextlib import contextmanager

import numpy as np
import pytest

from ml.data.clean import Clean
from ml.data.commit import Commit
from ml.data.ingest import Ingest
from ml.objects import Objects
from tests.ml.inspector.cells import png, sound, write
from tests.ml.servers import Store, describe, started
from tests.scripts.conftest import COMMAND

pytestmark = pytest.mark.slow

CLOSED = "http://127.0.0.1:9"
CELLS = 48


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = started(Store, tmp_path_factory.mktemp("store"))
    yield found
    found.close()


@pytest.fixture
def environment(store, tmp_path):
    """An environment with buckets of its own, which the command finds."""
    found = describe(store, CLOSED, tmp_path / "environment", f"t{uuid.uuid4().hex[:10]}")
    home = tmp_path / "home" / "local"
    home.mkdir(parents=True)
    shutil.copy(found.logs.parent / "environment.json", home / "environment.json")
    return found


@pytest.fixture
def folder(tmp_path):
    """Four cells, and a file that is none."""
    folder = tmp_path / "line"
    folder.mkdir()
    for seed in range(4):
        (folder / f"cell-{seed}.png").write_bytes(png(sound(np.random.default_rng(seed))))
    (folder / "note.txt").write_text("not an image")
    return folder


def ingest(millrace, source):
    finished = millrace("images", "ingest", "inspector", "--from", str(source))
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.splitlines()


def test_images_of_a_folder_are_taken_in_once_and_what_is_none_is_set_aside(millrace, environment, folder):
    first = ingest(millrace, folder)
    assert first[-1] == "4 new image(s), 0 there already, 1 set aside"
    assert "set aside note.txt: the bytes are no image" in first[-2]
    assert ingest(millrace, folder)[-1] == "0 new image(s), 4 there already, 1 set aside"


@contextmanager
def camera(folder, *options):
    """Yield the address of a camera that plays a folder."""
    running = subprocess.Popen(
        [COMMAND, "images", "camera", str(folder), *options],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        yield running.stdout.readline().strip()
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130


def test_a_camera_and_a_bucket_give_images_too(millrace, environment, folder):
    with camera(folder, "--dim", "0.2") as address:
        assert ingest(millrace, address)[-1].startswith("4 new image(s)")
    bucket = environment.object_store.buckets.datasets
    Objects(environment, bucket).put("drop/cell.png", (folder / "cell-0.png").read_bytes())
    assert ingest(millrace, f"s3://{bucket}/drop/")[-1] == "1 new image(s), 0 there already, 0 set aside"


def test_what_a_camera_out_of_focus_shows_is_set_aside_as_the_system_declares(millrace, environment, folder):
    with camera(folder, "--blur", "6") as address:
        told = ingest(millrace, address)
    assert told[-1] == "0 new image(s), 0 there already, 5 set aside"
    assert sum("its sharpness is" in line and "2.5 is needed" in line for line in told) == 4


def written(tmp_path, labels):
    tasks = [
        {
            "data": {"image": image},
            "annotations": [{"result": [{"type": "choices", "value": {"choices": choices}}]}],
        }
        for image, choices in labels.items()
    ]
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(tasks))
    return file


def annotations(millrace, verb, file, kind="label-studio"):
    return millrace("images", "annotations", verb, "inspector", str(file), "--format", kind)


def test_labels_are_counted_once_and_what_is_unknown_is_refused(millrace, environment, folder, tmp_path):
    ingest(millrace, folder)
    file = written(tmp_path, {"cell-0.png": ["sound", "mono"], "cell-1.png": ["defective", "poly"]})
    first = annotations(millrace, "import", file)
    assert first.stdout.splitlines()[0] == "2 image(s) newly labelled, 0 labelled otherwise, 0 as before"
    again = annotations(millrace, "import", file)
    assert again.stdout == "0 image(s) newly labelled, 0 labelled otherwise, 2 as before\n"
    for labels, said in (
        ({"cell-0.png": ["lovely"]}, "'lovely': 1 label(s) that the system does not know"),
        ({"cell-9.png": ["sound"]}, "'cell-9.png': 1 image(s) that the system does not have"),
    ):
        refused = annotations(millrace, "import", written(tmp_path, labels))
        assert refused.returncode == 2
        assert said in refused.stderr
        assert "Traceback" not in refused.stderr


def test_images_to_label_are_written_out_by_their_ids(millrace, environment, folder, tmp_path):
    ingest(millrace, folder)
    file = tmp_path / "tasks.json"
    assert annotations(millrace, "export", file).stdout == f"wrote {file}: 0 labelled image(s), 4 to label\n"
    assert len({task["data"]["image"] for task in json.loads(file.read_text())}) == 4


def test_a_file_that_cannot_be_written_is_refused_and_a_pipe_is_written_to(
    millrace, environment, folder, tmp_path
):
    for file in (tmp_path / "nowhere" / "tasks.json", tmp_path):
        refused = annotations(millrace, "export", file)
        assert refused.returncode == 2
        assert f"{file} cannot be written" in refused.stderr
        assert "Traceback" not in refused.stderr
    before = sorted(tmp_path.iterdir())
    assert annotations(millrace, "export", "/dev/stdout").stdout.startswith("[]wrote /dev/stdout")
    assert sorted(tmp_path.iterdir()) == before


@pytest.fixture
def version(environment, tmp_path):
    """A dataset version of some cells, every other one defective."""
    source = {"kind": "folder", "path": str(write(tmp_path / "cells", CELLS))}
    raw = Ingest(system="inspector", source=source).run(environment)
    cleaned = Clean(system="inspector", raw=raw).run(environment)
    return Commit(system="inspector", clean=cleaned).run(environment)


def test_labels_of_a_dataset_version_go_out_as_coco_and_are_known_when_they_come_back(
    millrace, environment, version, tmp_path
):
    file = tmp_path / "labels.json"
    assert (
        annotations(millrace, "export", file, "coco").stdout == f"wrote {file}: {CELLS} labelled image(s)\n"
    )
    document = json.loads(file.read_text())
    names = {each["id"]: each["name"] for each in document["categories"]}
    said = sorted(names[each["category_id"]] for each in document["annotations"])
    assert said == ["defective"] * (CELLS // 2) + ["sound"] * (CELLS // 2)
    assert {(each["width"], each["height"]) for each in document["images"]} == {(300, 300)}
    back = annotations(millrace, "import", file, "coco")
    assert (
        back.stdout.splitlines()[0] == f"{CELLS} image(s) newly labelled, 0 labelled otherwise, 0 as before"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ingest", "recommender", "--from", "."), "takes no images to label"),
        (("ingest", "inspector", "--from", "/nowhere"), "/nowhere is no folder"),
        (("ingest", "inspector", "--from", "http://127.0.0.1:9/"), "gave no frame"),
        (("camera", "/nowhere"), "/nowhere is no folder"),
        (("annotations", "import", "inspector", "/nowhere", "--format", "coco"), "cannot be read"),
    ],
)
def test_a_mistake_is_one_sentence(millrace, environment, arguments, said):
    finished = millrace("images", *arguments)
    assert finished.returncode in {1, 2}
    assert said in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1
