"""Images come from a folder, a bucket and a camera, and each says when it cannot give any."""

import subprocess
import sys

import numpy as np
import pytest

from ml.data.images.decode import decode
from ml.data.images.quality import measure
from ml.data.images.sources import from_camera, from_folder, from_objects
from ml.errors import SourceEmpty, SourceUnavailable
from ml.objects import Objects

from .pictures import encoded, scene

IMAGES = {f"line-{number % 2}/cell-{number}.png": encoded(scene(number)) for number in range(6)}


@pytest.fixture
def folder(tmp_path):
    for name, content in {**IMAGES, ".hidden": b"not for us"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.fixture
def camera(folder):
    """Start the camera on the folder and return its address."""
    running = []

    def start(*options):
        command = [sys.executable, "-m", "ml.data.images.camera", str(folder), *options]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        return running[-1].stdout.readline().strip()

    yield start
    for process in running:
        process.terminate()
        process.wait()


def test_a_folder_yields_its_files_by_name_in_order(folder):
    assert list(from_folder(folder)) == sorted(IMAGES.items())


@pytest.mark.slow
def test_a_bucket_yields_its_objects_by_key_in_order(environment):
    objects = Objects(environment, environment.object_store.buckets.datasets)
    for name, content in IMAGES.items():
        objects.put(f"incoming/{name}", content)
    assert list(from_objects(objects, "incoming/")) == sorted((f"incoming/{n}", c) for n, c in IMAGES.items())
    with pytest.raises(SourceEmpty, match=r"s3://.*/nothing/ holds no object"):
        list(from_objects(objects, "nothing/"))


def test_a_camera_shows_each_image_once_and_then_no_more(camera):
    frames = list(from_camera(camera(), 100))
    assert [content for _, content in frames] == [content for _, content in sorted(IMAGES.items())]
    assert [name for name, _ in frames][:2] == ["000000-line-0/cell-0.png", "000001-line-0/cell-2.png"]


def test_a_camera_that_loops_goes_on_and_is_left_when_enough_is_seen(camera):
    assert len(list(from_camera(camera("--loop"), 9))) == 9


def test_a_camera_out_of_focus_in_dim_light_shows_less(camera):
    (_, clear), *_ = from_camera(camera(), 1)
    (_, worse), *_ = from_camera(camera("--blur", "3", "--dim", "0.5"), 1)
    before, after = measure(decode(clear)), measure(decode(worse))
    assert after.sharpness < before.sharpness / 20
    assert after.brightness == pytest.approx(before.brightness / 2, rel=0.05)
    assert np.array_equal(decode(clear), scene(0))


def test_a_source_that_cannot_give_any_says_so(tmp_path):
    with pytest.raises(SourceUnavailable, match="is no folder"):
        list(from_folder(tmp_path / "none"))
    with pytest.raises(SourceEmpty, match="holds no file"):
        list(from_folder(tmp_path))
    with pytest.raises(SourceUnavailable, match=r"the camera at http://127.0.0.1:9 gave no frame"):
        list(from_camera("http://127.0.0.1:9", 1))


def test_a_camera_without_images_ends_with_the_reason(tmp_path):
    command = [sys.executable, "-m", "ml.data.images.camera", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (1, f"{tmp_path} holds no file; nothing was taken in\n")
