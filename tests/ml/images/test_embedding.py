"""An embedding is fitted on training images alone, and a served model gives that of the reference profile."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.decomposition import PCA

from ml.data.images.contents import CONTENT
from ml.drift.profile import profile
from ml.images.efficientnet import whole
from ml.images.pretrained import weights
from ml.images.projection import Projection
from ml.onnx_session import open_session
from ml.systems.inspector.drawn import png, sound
from ml.systems.inspector.export import write
from ml.systems.inspector.features import EMBEDDING, MONITORED, monitored
from ml.systems.inspector.quantising import quantise
from ml.systems.inspector.serving import Calibration, Inspector

COUNT, HELD = 16, 4
NAMES = [f"embedding_{number}" for number in range(8)]


def tables(held_seed=1):
    """Cells drawn here as a dataset version has them; a quarter is held out, drawn by another seed."""
    training, held = np.random.default_rng(0), np.random.default_rng(held_seed)
    cells = [sound(held if number < HELD else training) for number in range(COUNT)]
    names = [str(number) for number in range(COUNT)]
    images = {"image_id": names, CONTENT: pa.array(map(png, cells), pa.large_binary())}
    parts = ["test" if number < HELD else "train" for number in range(COUNT)]
    return {
        "images": pa.table(images | {name: np.zeros(COUNT) for name in MONITORED}),
        "cells": pa.table({"image_id": names, "part": parts}),
    }


@pytest.fixture(scope="module")
def given():
    return tables()


@pytest.fixture(scope="module")
def networks(given):
    """The served network, whole and in 8 bits, and one as it was exported before there were embeddings."""
    random = np.random.default_rng(0)
    head = {"kernel": random.normal(0, 0.05, (1280, 2)).astype(np.float32), "bias": np.zeros(2, np.float32)}
    graph = whole(weights(), head, EMBEDDING.projection(given))
    pixels = random.integers(0, 256, (4, 224, 224)).astype(np.uint8)
    return {"fp32": graph, "int8": quantise(graph, pixels), "before": whole(weights(), head)}


def inspector(folder, networks):
    graphs = {"fp32": networks["fp32"], "int8": networks["int8"]}
    write(folder, graphs, dict.fromkeys(graphs, Calibration(1.0, 0.0)), "inspector@1", {})
    return Inspector.load(folder)


def test_a_projection_is_scikit_learns_whatever_the_order_of_the_rows():
    rows = np.random.default_rng(0).normal(size=(100, 12)) @ np.random.default_rng(1).normal(size=(12, 12))
    found, wanted = Projection.fit(rows)(rows), PCA(8).fit_transform(rows)
    np.testing.assert_allclose(found * np.sign((found * wanted).sum(axis=0)), wanted, atol=1e-9)
    np.testing.assert_allclose(Projection.fit(rows[::-1])(rows), found, atol=1e-9)


def test_held_out_images_change_nothing_of_the_projection(given):
    fitted, again = EMBEDDING.projection(given), EMBEDDING.projection(tables(held_seed=2))
    np.testing.assert_array_equal(fitted.axes, again.axes)
    other, held = EMBEDDING.reference(tables(held_seed=2)), EMBEDDING.reference(given)
    assert list(held) == NAMES
    assert all(abs(held[name] - other[name]).max() > 0 for name in NAMES)


@pytest.mark.parametrize("precision", ["int8", "fp32"])
def test_what_is_logged_of_a_held_out_image_is_what_the_reference_profile_has(
    given, networks, tmp_path, precision
):
    inspector(tmp_path, networks)
    contents = given["images"][CONTENT].to_pylist()[:HELD]
    found = [one.features for one in Inspector.load(tmp_path, precision).inspect(contents)]
    known = profile([], monitored(given)).embedding
    spread = np.std(known["embedding_0"])
    for name in NAMES:
        logged = [one[name] for one in found]
        np.testing.assert_allclose(logged, known[name], atol=1e-3 * spread)
    assert set(found[0]) == {*MONITORED, *NAMES}


def test_a_network_without_an_embedding_answers_as_the_same_with_one(given, networks, tmp_path):
    model = inspector(tmp_path, networks)
    before = Inspector(model.manifest, "fp32", open_session(networks["before"]), model._limits)
    contents = given["images"][CONTENT].to_pylist()[:1]
    answered, now = before.inspect(contents)[0], Inspector.load(tmp_path, "fp32").inspect(contents)[0]
    assert set(answered.features) == set(MONITORED)
    assert (answered.probability, answered.severity) == (now.probability, now.severity)
