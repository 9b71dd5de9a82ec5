"""From a folder of images to a served model by one command; and which folders are refused."""

import base64
import re
import shutil

import httpx
import numpy as np
import pytest
from PIL import Image

from ml.data.datasets import Datasets
from ml.errors import MlError
from ml.images.inference import looked_at
from ml.images.labelling import labelling
from scripts.system_code import of_images
from scripts.system_files import SystemFiles
from tests.ml.clone import TRAINING_ONLY, Clone, lint
from tests.ml.image_systems.shapes import picture, write
from tests.services.worker import Worker

MEASURES = {"brightness", "contrast", "sharpness"}
EMBEDDING = {f"embedding_{number}" for number in range(8)}
QUICK = "train.settings={candidates: [{family: linear, alpha: 0.01, learning_rate: 0.01, epochs: 10}]}"


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    return write(tmp_path_factory.mktemp("images") / "shapes")


@pytest.fixture
def few(shapes, tmp_path):
    """A copy to be spoilt."""
    return shutil.copytree(shapes, tmp_path / "few")


@pytest.mark.slow
def test_a_folder_of_images_becomes_a_system_that_trains_passes_its_gate_serves_and_is_monitored(
    shapes, tracked, tmp_path
):
    clone = Clone(tmp_path / "clone")
    done = clone.new_system("shapes", shapes)
    assert done.returncode == 0, done.stderr
    assert "40 images of discs; 40 images of stripes" in done.stdout
    result = clone.train("shapes", tracked, QUICK)
    assert result["decision"] == "promote"
    assert result["metrics"]["balanced_accuracy"] > 0.8
    profile = Datasets(tracked).record("shapes", 1).profile
    assert set(profile.features) == MEASURES
    assert set(profile.embedding) == EMBEDDING
    bento = clone.bento("shapes", tracked, tmp_path)
    with Worker(bento, tmp_path / "worker", PYTHONVERBOSE="1") as service:
        assert_served(service, clone.question("shapes"))


def assert_served(service, question):
    url = f"{service.url}/{question['route']}"
    answer = httpx.post(url, json=question["request"]).json()
    assert answer["label"] in {"discs", "stripes"}
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    for bad in ("no base64!", base64.b64encode(b"no image").decode(), ""):
        refused = httpx.post(url, json={"image": bad})
        assert refused.status_code == 400
        assert refused.json()["fields"][0]["field"] == "image"
    feedback = {"prediction_id": answer["prediction_id"], "label": "discs"}
    assert httpx.post(f"{service.url}/feedback", json=feedback).status_code == 200
    assert httpx.post(f"{service.url}/feedback", json=feedback | {"label": "cat"}).status_code == 400
    record = next(each for each in service.records() if each.get("features"))
    assert set(record["features"]) == MEASURES | EMBEDDING
    assert len(record["request"]["image"]) == 64
    loaded = set(re.findall(r"^import '([\w.]+)' #", service.log(), re.MULTILINE))
    assert "ml.images.serving" in loaded
    assert not {name for name in loaded if name.split(".")[0] in TRAINING_ONLY}


def test_the_code_that_is_written_passes_the_linters(shapes, tmp_path):
    for layer in ("ml", "services"):
        (tmp_path / layer / "systems").mkdir(parents=True)
    SystemFiles("shapes", tmp_path).write("images", of_images(looked_at(shapes), str(shapes)))
    assert lint(tmp_path) == []


def test_a_few_files_that_cannot_be_used_are_told_and_set_aside(few):
    (few / "discs" / "black.png").write_bytes(b"")
    found = looked_at(few)
    assert found.counts == {"discs": 40, "stripes": 40}
    assert found.refused == ("discs/black.png: the image has no bytes; send the file's content",)


def test_labels_of_several_people_are_the_class_that_most_name():
    found = labelling(("discs", "stripes"))
    assert found.columns(["stripes", "discs", "stripes", "cat"]) == {"label": "stripes"}
    assert found.columns(["cat"]) == {}
    assert found.said({"label": "discs"}) == ("discs", 1.0)


def lying(folder):
    for number in range(5):
        (folder / "discs" / f"lie{number}.png").write_bytes(b"GIF89a and more")


def flat(folder):
    for number in range(5):
        Image.fromarray(np.full((64, 64), 90, np.uint8)).save(folder / "discs" / f"flat{number}.png")


def loose(folder):
    picture("discs", np.random.default_rng(9)).save(folder / "loose.png")


def both(folder):
    shutil.copy(folder / "discs" / "000.png", folder / "stripes" / "copied.png")


def sparse(folder):
    for path in sorted((folder / "stripes").iterdir())[5:]:
        path.unlink()


def single(folder):
    shutil.rmtree(folder / "stripes")


def empty(folder):
    for kind in ("discs", "stripes"):
        shutil.rmtree(folder / kind)
        (folder / kind).mkdir()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lying, "5 of 85 files cannot be used, such as discs/lie0.png: the bytes are no image"),
        (flat, "its contrast is 0.0"),
        (loose, "loose.png lies in no folder of a class"),
        (both, "is an image of discs too"),
        (sparse, "class stripes has 5 image.s., at least 12"),
        (single, "there are images of 1 class"),
        (empty, "holds no file"),
    ],
)
def test_images_that_no_system_can_be_made_of_are_told_in_one_sentence(few, spoil, sentence):
    spoil(few)
    with pytest.raises(MlError, match=sentence) as refused:
        looked_at(few)
    assert len(str(refused.value).splitlines()) == 1
