"""Within a slice a classifier's figures are those of its rows alone."""

import numpy as np
import pytest

from ml.declaration import Slice
from ml.evaluation.classifier_slices import slice_figures
from ml.evaluation.delong import auc
from ml.evaluation.intervals import Resampling
from ml.evaluation.predictions import BinaryScores, Predictions
from ml.evaluation.units import Units

QUICK = Resampling(resamples=200)
SIDES = np.array(["left"] * 100 + ["right"] * 60 + ["one"] * 40 + ["few"] * 10)


def figures(least=30):
    random = np.random.default_rng(0)
    truth = np.where(SIDES == "one", 0, random.integers(0, 2, 210))
    chances = np.clip(0.5 + 0.25 * (truth - 0.5) + random.normal(0, 0.2, 210), 0, 1)
    chances = np.where(SIDES == "right", 1 - chances, chances)
    found = Predictions(("good", "bad"), truth, np.column_stack([1 - chances, chances]))
    units = Units(ids=np.arange(210).astype(str), metrics={}, slices={"side": SIDES})
    declared = (Slice(name="side", title="Side", order=("left", "right"), least_units=least),)
    return found, {one.value: one for one in slice_figures(declared, units, found, "bad", QUICK)}


def test_each_figure_is_that_of_the_slices_rows():
    whole, found = figures()
    for side in ("left", "right"):
        rows = np.isin(SIDES, side)
        positive, taken = whole.truth[rows] == 1, whole.predicted[rows] == 1
        assert found[side].rows == rows.sum()
        assert found[side].sought.recall.value == pytest.approx(np.sum(positive & taken) / positive.sum())
        assert found[side].sought.precision.value == pytest.approx(np.sum(positive & taken) / taken.sum())
        assert found[side].auc == auc(BinaryScores(positive, whole.probabilities[rows, 1]))


def test_a_slice_that_fails_shows_itself():
    _, found = figures()
    assert found["left"].auc.low > 0.5 > found["right"].auc.high


def test_a_slice_of_one_class_has_no_figure_that_needs_two_and_a_small_one_is_left_out():
    _, found = figures()
    assert list(found) == ["left", "right", "one"]
    assert (found["one"].balanced_accuracy, found["one"].sought, found["one"].auc) == (None, None, None)
