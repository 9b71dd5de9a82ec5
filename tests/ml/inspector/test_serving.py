"""Serving files: what is not whole is refused by name, and an answer holds together."""

import shutil

import numpy as np
import pytest

from ml.errors import ModelDamaged
from ml.systems.inspector.calibrating import adapted
from ml.systems.inspector.drawn import png, sound
from ml.systems.inspector.serving import Calibration, Inspector
from tests.ml.inspector.cells import untrained


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    untrained(folder)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made, tmp_path / "model")


def test_whole_files_are_served_in_either_precision(folder):
    image = png(sound(np.random.default_rng(1)))
    small, large = (Inspector.load(folder, precision).inspect([image])[0] for precision in ("int8", "fp32"))
    assert abs(small.probability - large.probability) < 0.1
    assert small.defective == (small.probability >= Inspector.load(folder).manifest.threshold)
    assert small.evidence.shape == (7, 7)
    assert small.size == (300, 300)
    row, column = np.unravel_index(small.evidence.argmax(), (7, 7))
    assert small.place == ((column + 0.5) / 7, (row + 0.5) / 7)


@pytest.mark.parametrize("file", ["model_int8.onnx", "manifest.json"])
@pytest.mark.parametrize("content", [b"torn", None])
def test_a_torn_or_missing_file_is_named(folder, file, content):
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    with pytest.raises(ModelDamaged, match=file.replace(".", r"\.")):
        Inspector.load(folder)


def test_a_calibrated_probability_is_platts():
    assert Calibration(2.0, 1.0)(np.array([-0.5]))[0] == 0.5
    assert Calibration(1.0, 0.0)(np.array([1e9]))[0] == pytest.approx(1.0)


def test_a_calibration_adapted_to_rounded_logits_gives_the_exact_ones_probabilities():
    exact = np.linspace(-4, 5, 40)
    calibration = Calibration(1.5, -0.2)
    rounded = (exact - 0.3) / 1.2
    np.testing.assert_allclose(adapted(calibration, rounded, exact)(rounded), calibration(exact))
