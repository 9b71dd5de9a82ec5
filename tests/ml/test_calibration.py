"""Reliability, calibration error and scoring rules, against scikit-learn and figures worked by hand."""

import numpy as np
import pytest
from sklearn import metrics
from sklearn.calibration import calibration_curve

from ml.errors import WrongInput, WrongPredictions
from ml.evaluation.calibration import calibration
from ml.evaluation.intervals import Resampling
from ml.evaluation.predictions import BinaryScores, Predictions
from ml.evaluation.scoring_rules import brier_score, log_loss

QUICK = Resampling(resamples=300)


def sample(n=2000, seed=0, bent=1.0):
    """Labels drawn with the given probability, which the scores overstate if ``bent`` is above 1."""
    random = np.random.default_rng(seed)
    chances = random.beta(2, 2, n)
    odds = (chances / (1 - chances)) ** bent
    return BinaryScores(random.random(n) < chances, odds / (1 + odds))


@pytest.mark.parametrize(("by", "strategy"), [("width", "uniform"), ("count", "quantile")])
def test_the_reliability_curve_is_scikit_learns(by, strategy):
    scores = sample()
    scores = BinaryScores(scores.positive, scores.scores.round(2))
    found = calibration(scores, 10, by, QUICK)
    observed, predicted = calibration_curve(scores.positive, scores.scores, n_bins=10, strategy=strategy)
    np.testing.assert_allclose([one.observed.value for one in found.bins], observed)
    np.testing.assert_allclose([one.mean_probability for one in found.bins], predicted)
    assert sum(one.observed.units for one in found.bins) == 2000


def test_the_calibration_error_worked_by_hand():
    """Bins of two: |0.5 - 0.2| and |1 - 0.8| of four and one rows, so (4 * 0.3 + 1 * 0.2) / 5."""
    scores = BinaryScores(np.array([1, 0, 1, 0, 1], bool), np.array([0.2, 0.2, 0.2, 0.2, 0.8]))
    assert calibration(scores, 2, resampling=QUICK).expected_error.value == pytest.approx(0.28)


def test_a_calibrated_model_stays_below_its_line_and_a_bent_one_does_not():
    honest = [calibration(sample(seed=seed), resampling=QUICK) for seed in range(40)]
    over = sum(found.expected_error.value > found.if_calibrated for found in honest)
    assert over <= 6
    bent = calibration(sample(bent=2.5), resampling=QUICK)
    assert bent.expected_error.low > bent.if_calibrated


def test_the_interval_of_the_error_covers_the_true_one():
    truth = calibration(sample(n=200_000, bent=2.0), resampling=Resampling(resamples=1)).expected_error.value
    found = [
        calibration(sample(500, seed, 2.0), resampling=Resampling(0.9, 300)).expected_error
        for seed in range(100)
    ]
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.8
    assert all(0 <= one.low <= one.high for one in found)


def test_scores_that_are_no_probabilities_and_one_bin_are_refused():
    with pytest.raises(WrongPredictions, match=r"outside 0\.\.1"):
        calibration(BinaryScores(np.array([True, False]), np.array([3.0, 0.1])))
    with pytest.raises(WrongInput, match="1 bin"):
        calibration(sample(50), bins=1)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_log_loss_and_brier_score_are_scikit_learns(classes):
    random = np.random.default_rng(classes)
    shares = random.dirichlet(np.ones(classes), 300)
    names = [f"c{at}" for at in range(classes)]
    truth = random.integers(0, classes, 300)
    found = Predictions.of(np.array(names)[truth], shares, names)
    assert log_loss(found, QUICK).value == pytest.approx(metrics.log_loss(truth, shares))
    assert brier_score(found, QUICK).value == pytest.approx(metrics.brier_score_loss(truth, shares))
    for figure in (log_loss(found, QUICK), brier_score(found, QUICK)):
        assert figure.low < figure.value < figure.high


def test_the_brier_score_worked_by_hand():
    """Rain forecasts 0.7, 0.9, 0.8, 0.4, 0.2 with rain on the first three days: 0.34 / 5."""
    rain = np.array([0.7, 0.9, 0.8, 0.4, 0.2])
    found = Predictions(("dry", "rain"), np.array([1, 1, 1, 0, 0]), np.column_stack([1 - rain, rain]))
    assert brier_score(found, QUICK).value == pytest.approx(0.068)


def test_a_truth_held_to_be_impossible_costs_much_but_not_infinitely_much():
    found = Predictions(("a", "b"), np.array([0, 1]), np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert log_loss(found, QUICK).value == pytest.approx(36.04 / 2, abs=0.01)
