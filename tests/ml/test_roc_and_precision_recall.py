"""Both curves are scikit-learn's, and their bands are those of drawing rows."""

import numpy as np
import pytest
from sklearn import metrics

from ml.evaluation.delong import auc
from ml.evaluation.intervals import Resampling
from ml.evaluation.precision_recall import RECALLS, average_precision, precision_recall_curve
from ml.evaluation.predictions import BinaryScores
from ml.evaluation.roc import GRID, RocCurve, roc_curve

QUICK = Resampling(resamples=200)


def sample(n=200, seed=0, decimals=2):
    random = np.random.default_rng(seed)
    positive = random.random(n) < 0.3
    return BinaryScores(positive, (positive * 0.8 + random.normal(size=n)).round(decimals))


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_the_roc_curve_is_scikit_learns(decimals):
    scores = sample(decimals=decimals)
    found = roc_curve(scores, QUICK)
    false, true, thresholds = metrics.roc_curve(scores.positive, scores.scores, drop_intermediate=False)
    np.testing.assert_allclose(found.false_positive_rate, false)
    np.testing.assert_allclose(found.true_positive_rate, true)
    np.testing.assert_allclose(found.thresholds, thresholds)
    assert found.auc == auc(scores)


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_the_precision_recall_curve_is_scikit_learns(decimals):
    scores = sample(decimals=decimals)
    found = precision_recall_curve(scores, QUICK)
    precision, recall, thresholds = metrics.precision_recall_curve(scores.positive, scores.scores)
    np.testing.assert_allclose(found.precision[::-1], precision[:-1])
    np.testing.assert_allclose(found.recall[::-1], recall[:-1])
    np.testing.assert_allclose(found.thresholds[::-1], thresholds)
    expected = metrics.average_precision_score(scores.positive, scores.scores)
    assert found.average_precision.value == pytest.approx(expected)
    assert found.average_precision == average_precision(scores, QUICK)


def test_average_precision_worked_by_hand():
    """Positives at ranks 1, 3 and 5 of five: the mean of 1, 2 / 3 and 3 / 5."""
    scores = BinaryScores(np.array([1, 0, 1, 0, 1], bool), np.array([5.0, 4, 3, 2, 1]))
    assert average_precision(scores, QUICK).value == pytest.approx((1 + 2 / 3 + 3 / 5) / 3)


def drawn(scores, figure, draws=1000):
    """Quantiles of a figure over rows drawn class by class, by scikit-learn."""
    random, values = np.random.default_rng(7), []
    groups = [np.flatnonzero(scores.positive == kind) for kind in (True, False)]
    for _ in range(draws):
        rows = np.concatenate([random.choice(group, len(group)) for group in groups])
        values.append(figure(scores.positive[rows], scores.scores[rows]))
    return np.quantile(values, [0.025, 0.975], axis=0)


def test_average_precisions_interval_is_that_of_drawing_rows():
    scores = sample(n=150)
    found = average_precision(scores, Resampling(resamples=3000))
    expected = drawn(scores, metrics.average_precision_score)
    assert (found.low, found.high) == pytest.approx(tuple(expected), abs=0.015)


def test_the_roc_band_is_that_of_drawing_rows():
    scores = sample(n=150)
    band = roc_curve(scores, Resampling(resamples=3000)).band

    def at_grid(positive, values):
        return np.interp(GRID, *metrics.roc_curve(positive, values, drop_intermediate=False)[:2])

    low, high = drawn(scores, at_grid, draws=600)
    np.testing.assert_allclose(band.low[5:], low[5:], atol=0.05)
    np.testing.assert_allclose(band.high[5:], high[5:], atol=0.05)


def test_the_precision_recall_band_is_that_of_drawing_rows():
    scores = sample(n=150)
    band = precision_recall_curve(scores, Resampling(resamples=2000)).band

    def at_grid(positive, values):
        precision, recall, _ = metrics.precision_recall_curve(positive, values)
        return [precision[np.flatnonzero(recall >= x - 1e-12)[-1]] for x in RECALLS[4:]]

    low, high = drawn(scores, at_grid, draws=400)
    np.testing.assert_allclose(band.low[4:], low, atol=0.05)
    np.testing.assert_allclose(band.high[4:], high, atol=0.07)


def test_a_band_holds_the_curve_and_stays_in_the_square():
    scores = sample()
    for curve, y in (
        (roc_curve(scores, QUICK), "true_positive_rate"),
        (precision_recall_curve(scores, QUICK), None),
    ):
        low, high = np.array(curve.band.low), np.array(curve.band.high)
        assert (low >= 0).all()
        assert (high <= 1).all()
        assert (low <= high).all()
        if y:
            on_grid = np.interp(GRID, curve.false_positive_rate, getattr(curve, y))
            assert ((low - 0.02 <= on_grid) & (on_grid <= high + 0.02)).all()


def test_a_curve_survives_json_its_first_threshold_included():
    found = roc_curve(sample(), QUICK)
    assert RocCurve.model_validate_json(found.model_dump_json()) == found
