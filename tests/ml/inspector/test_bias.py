import numpy as np
import onnx
import pytest

from ml.images.efficientnet import whole
from ml.images.pretrained import weights
from ml.onnx_session import open_session
from ml.systems.inspector.batches import logits_of
from ml.systems.inspector.bias import corrected
from ml.systems.inspector.drawn import sound
from ml.systems.inspector.quantising import quantise
from ml.systems.inspector.serving import infer, prepare


@pytest.fixture(scope="module")
def graphs():
    random = np.random.default_rng(0)
    pixels = np.stack([prepare(sound(random)) for _ in range(16)])
    head = {"kernel": random.normal(0, 0.05, (1280, 2)).astype(np.float32), "bias": np.zeros(2, np.float32)}
    exact = whole(weights(), head)
    rounded = quantise(exact, pixels)
    return pixels, exact, rounded, corrected(rounded, exact, pixels)


def test_what_rounding_moves_on_average_is_taken_back(graphs):
    pixels, *ways = graphs
    exact, rounded, mended = (said(graph, pixels).mean(axis=0) for graph in ways)
    assert np.abs(mended - exact).max() < 0.1 * np.abs(rounded - exact).max()


def test_images_are_told_apart_more_as_the_exact_network_does(graphs):
    _, *ways = graphs
    random = np.random.default_rng(1)
    unseen = np.stack([prepare(sound(random)) for _ in range(16)])
    exact, rounded, mended = (said(graph, unseen) for graph in ways)
    assert np.abs(mended - exact).mean() < 0.5 * np.abs(rounded - exact).mean()


def test_nothing_but_biases_changes(graphs):
    rounded, mended = (onnx.load_from_string(graph) for graph in graphs[2:])
    assert list(rounded.graph.node) == list(mended.graph.node)
    pairs = zip(rounded.graph.initializer, mended.graph.initializer, strict=True)
    assert {before.data_type for before, after in pairs if before != after} == {onnx.TensorProto.INT32}


def said(graph, pixels):
    session = open_session(graph)
    return logits_of(lambda some: infer(session, some), pixels)
