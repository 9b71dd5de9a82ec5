"""What people say of images becomes the next dataset version, with who said it."""

import json

import numpy as np
import pytest
from pyarrow import parquet

from ml.data.clean import Clean
from ml.data.commit import Commit
from ml.data.datasets import Datasets
from ml.data.images.annotations import Annotation, Box, from_label_studio, to_label_studio
from ml.data.images.inbox import Inbox
from ml.data.images.labels import Imported, Labels, by_image
from ml.data.images.manifest import take_in
from ml.data.images.queue import to_label
from ml.data.images.store import ImageStore
from ml.data.ingest import Ingest
from ml.errors import WrongInput
from ml.folders import Folders
from ml.system import implementation
from ml.systems.inspector.drawn import png, sound
from tests.ml.inspector.cells import write

pytestmark = pytest.mark.slow

CELLS = 64
LABELLING = implementation("inspector").labelling()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write(tmp_path_factory.mktemp("cells") / "line", CELLS)


def delivered(environment, count=3):
    """Take new images in, and return their ids by name."""
    images = [(f"new-{seed}.png", png(sound(np.random.default_rng(900 + seed)))) for seed in range(count)]
    taken = take_in(images, ImageStore(environment, "inspector"))
    Inbox(environment, "inspector").add(taken, "a camera")
    return {row.name: row.image_id for row in taken.rows}


def ingested(environment, folder):
    return Ingest(system="inspector", source={"kind": "folder", "path": str(folder)}).run(environment)


def version(environment, raw):
    clean = Clean(system="inspector", raw=raw).run(environment)
    return Commit(system="inspector", clean=clean).run(environment)


def cells(environment, found):
    return {row["image_id"]: row for row in Datasets(environment).tables(found)["cells"].to_pylist()}


def test_imported_labels_are_in_the_next_dataset_version_with_who_gave_them(environment, folder, tmp_path):
    job = Ingest(system="inspector", source={"kind": "folder", "path": str(folder)})
    before, state = version(environment, ingested(environment, folder)), job.state(environment)
    old = next(image for image, row in cells(environment, before).items() if row["defect_probability"] == 0)
    new = delivered(environment)
    labels = {
        new["new-0.png"]: ("defective", "mono"),
        new["new-1.png"]: ("poly", "sound"),
        old: ("defective",),
    }
    assert Labels(environment, "inspector").add(labels, "labels.json", b"{}", "ada") == Imported(3, 0, 0)
    assert job.state(environment) != state
    raw = ingested(environment, folder)
    after = version(environment, raw)
    assert (before.number, after.number) == (1, 2)
    rows = cells(environment, after)
    assert len(rows) == CELLS + 2
    assert (rows[new["new-0.png"]]["defect_probability"], rows[new["new-0.png"]]["cell_type"]) == (
        1.0,
        "mono",
    )
    assert (rows[new["new-1.png"]]["defect_probability"], rows[new["new-1.png"]]["path"]) == (
        0.0,
        "new-1.png",
    )
    assert rows[old]["defect_probability"] == 1.0
    assert new["new-2.png"] not in rows
    assert len(Datasets(environment).load(after)["images"]) == CELLS + 2
    kept = Folders(environment).load(raw.folder, tmp_path)
    said = parquet.read_table(kept / "labels.parquet").to_pylist()
    assert {(row["image_id"], row["file"], row["imported_by"]) for row in said} == {
        (image, "labels.json", "ada") for image in labels
    }


def test_labels_imported_again_are_counted_once_and_later_ones_hold(environment):
    labels = Labels(environment, "inspector")
    first = {"a": ("sound",), "b": ("defective",)}
    assert labels.add(first, "one.json", b"1", "ada") == Imported(2, 0, 0)
    assert labels.add(first, "one.json", b"1", "ada") == Imported(0, 0, 2)
    assert len(labels.imports()) == 1
    assert labels.add({"a": ("defective",), "c": ("sound",)}, "two.json", b"2", "bob") == Imported(1, 1, 0)
    assert {image: given for image, (_, given) in labels.current().items()} == {
        "a": ("defective",),
        "b": ("defective",),
        "c": ("sound",),
    }


def test_a_new_image_without_all_its_labels_is_refused_by_name(environment, folder):
    new = delivered(environment, 1)
    Labels(environment, "inspector").add({new["new-0.png"]: ("sound",)}, "labels.json", b"{}", "ada")
    with pytest.raises(WrongInput, match=r"new image new-0\.png say nothing of cell_type"):
        ingested(environment, folder)


@pytest.mark.parametrize(
    ("image", "label", "sentence"),
    [
        ("a.png", "broken", "'broken': 1 label\\(s\\) that the system does not know; it knows defective"),
        ("z.png", "sound", "'z.png': 1 image\\(s\\) that the system does not have"),
        ("twice.png", "sound", "'twice.png': 1 name\\(s\\) that two images go by"),
    ],
)
def test_unknown_labels_and_images_are_refused_by_name(image, label, sentence):
    with pytest.raises(WrongInput, match=sentence + ".*nothing was imported"):
        by_image([Annotation(image, label)], {"a.png": "1", "twice.png": None}, LABELLING)


def test_the_share_of_those_who_say_defective_is_the_probability(tmp_path):
    said = [Annotation("a.png", label) for label in ("defective", "sound", "defective", "mono")]
    boxed = Annotation("b.png", "defective", Box(1, 1, 5, 5), (300, 300))
    found = by_image([*said, boxed], {"a.png": "1", "b.png": "2"}, LABELLING)
    assert LABELLING.columns(found["1"]) == {"defect_probability": str(2 / 3), "cell_type": "mono"}
    assert LABELLING.columns(found["2"]) == {"defect_probability": "1.0"}
    assert LABELLING.said({"defect_probability": 0.25}) == ("sound", 0.75)


def test_the_queue_asks_for_the_most_doubted_image_that_nobody_labelled(environment):
    new = delivered(environment)
    by_content = dict(zip(new.values(), (0.9, 0.55, 0.5), strict=True))
    images = ImageStore(environment, "inspector")

    class Answer:
        def __init__(self, probability):
            self.probability = probability

    chances = {
        LABELLING.request(content)["images"][0]: by_content[name]
        for name, content in zip(by_content, images.read(by_content), strict=True)
    }

    def predictor(request):
        return [Answer(chances[request["images"][0]])]

    asked = to_label(environment, "inspector", LABELLING, predictor, 5)
    assert asked[0].name == "new-2.png"
    assert asked[0].doubt == 1.0
    Labels(environment, "inspector").add({new["new-2.png"]: ("sound", "mono")}, "l.json", b"", "ada")
    assert "new-2.png" not in [
        one.name for one in to_label(environment, "inspector", LABELLING, predictor, 5)
    ]


def test_tasks_that_go_out_come_back_by_the_same_names(tmp_path):
    tasks = to_label_studio(["a", "b"], {"a": ("sound", 0.6)})
    tasks[1]["annotations"] = [{"result": [{"type": "choices", "value": {"choices": ["defective", "poly"]}}]}]
    file = tmp_path / "export.json"
    file.write_text(json.dumps(tasks))
    assert by_image(from_label_studio(file), {"a": "a", "b": "b"}, LABELLING) == {"b": ("defective", "poly")}
