"""The network as ONNX: what it says, and where."""

import numpy as np
import pytest

from ml.images.efficientnet import padding, whole
from ml.images.pretrained import weights
from ml.onnx_session import open_session
from ml.systems.inspector.drawn import sound
from ml.systems.inspector.pasting import Place, pasted, points_at


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "wanted"),
    [(224, 3, 2, (0, 1)), (14, 5, 2, (1, 2)), (14, 5, 1, (2, 2)), (15, 3, 2, (1, 1)), (7, 1, 1, (0, 0))],
)
def test_padding_is_tensorflows(side, kernel, stride, wanted):
    assert padding(side, kernel, stride) == wanted


def test_a_logit_is_the_mean_of_what_each_place_says():
    random = np.random.default_rng(0)
    head = {"kernel": random.normal(0, 0.05, (1280, 2)).astype(np.float32), "bias": np.ones(2, np.float32)}
    grey = random.uniform(0, 255, (2, 1, 224, 224)).astype(np.float32)
    logits, evidence = open_session(whole(weights(), head)).run(["logits", "evidence"], {"grey": grey})
    assert evidence.shape == (2, 2, 7, 7)
    np.testing.assert_allclose(evidence.mean(axis=(2, 3)), logits, atol=1e-5)


def test_a_pasted_defect_darkens_its_place_and_nothing_else():
    random = np.random.default_rng(3)
    for _ in range(10):
        cell = sound(random)
        spoilt, place = pasted(cell, random)
        changed = np.argwhere(spoilt < cell)
        assert len(changed) > 100
        margin = 12
        assert changed[:, 0].min() >= place.top * 300 - margin
        assert changed[:, 0].max() <= place.bottom * 300 + margin
        assert changed[:, 1].min() >= place.left * 300 - margin
        assert changed[:, 1].max() <= place.right * 300 + margin


def test_a_map_points_at_a_place_only_if_its_strongest_part_lies_there():
    evidence = np.zeros((7, 7), np.float32)
    evidence[1, 5] = 1  # its middle is at 0.79 across and 0.21 down
    assert points_at(evidence, Place(0.7, 0.1, 0.9, 0.3))
    assert not points_at(evidence, Place(0.1, 0.7, 0.3, 0.9))
    assert points_at(evidence, Place(0.85, 0.1, 0.95, 0.3))  # within half a place
    assert not points_at(evidence, Place(0.9, 0.1, 0.95, 0.3))
