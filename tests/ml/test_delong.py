"""The area under the ROC curve, DeLong's interval and test, against published and independent figures."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from ml.errors import WrongPredictions
from ml.evaluation.delong import auc, compare_auc
from ml.evaluation.predictions import BinaryScores

# J. Hanley and B. McNeil, Radiology 143, 1982, table I: ratings 1 to 5 of 58 normal and 51 abnormal images.
NORMAL, ABNORMAL = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)


def ratings():
    scores = np.concatenate([np.repeat(np.arange(1.0, 6), counts) for counts in (NORMAL, ABNORMAL)])
    return BinaryScores(np.repeat([False, True], [58, 51]), scores)


def pair(n=120, seed=0, gain=0.0):
    random = np.random.default_rng(seed)
    positive = np.arange(n) % 3 == 0
    common = random.normal(size=n)
    one = positive * (1 + gain) + common + random.normal(size=n)
    other = positive + common + random.normal(size=n)
    return BinaryScores(positive, one.round(1)), BinaryScores(positive, other.round(1))


def test_the_area_and_interval_are_those_published_for_hanley_and_mcneils_ratings():
    """Stata's reference manual, entry roctab: area 0.8932, DeLong's interval 0.83295 to 0.95339."""
    found = auc(ratings())
    assert found.value == pytest.approx(0.8932, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.83295, 0.95339), abs=1e-5)
    assert found.units == 109


def test_the_area_is_scikit_learns_ties_included():
    for seed in range(5):
        scores, _ = pair(seed=seed)
        assert auc(scores).value == pytest.approx(roc_auc_score(scores.positive, scores.scores))


def left_out(scores, positive):
    """The areas with one row of a class left out, by scikit-learn."""
    rows = np.arange(len(scores))
    return np.array(
        [
            roc_auc_score(scores.positive[rows != at], scores.scores[rows != at])
            for at in np.flatnonzero(scores.positive == positive)
        ]
    )


def test_the_variance_of_the_difference_is_that_of_leaving_rows_out():
    """DeLong's covariance is the two-sample jackknife's, here with scikit-learn's areas."""
    one, other = pair(seed=2)
    variance = 0.0
    for positive in (True, False):
        areas = left_out(one, positive) - left_out(other, positive)
        variance += (len(areas) - 1) ** 2 * areas.var(ddof=1) / len(areas)
    found = compare_auc(one, other)
    z = found.difference.value / np.sqrt(variance)
    assert found.difference.high - found.difference.low == pytest.approx(2 * 1.959964 * np.sqrt(variance))
    assert found.p_better == pytest.approx(stats.norm.sf(z))
    assert found.p_worse == pytest.approx(stats.norm.cdf(z))


def test_the_test_of_equal_areas_errs_as_often_as_its_level_says():
    p_values = [compare_auc(*pair(seed=seed)).p_better for seed in range(400)]
    assert 0.025 <= np.mean(np.array(p_values) < 0.05) <= 0.085


def test_a_better_model_is_found_better_and_the_sides_are_mirrored():
    one, other = pair(n=600, gain=1.0)
    assert compare_auc(one, other).p_better < 0.001
    assert compare_auc(one, other).p_better == pytest.approx(compare_auc(other, one).p_worse)


def test_the_same_scores_are_not_told_apart():
    one, _ = pair()
    found = compare_auc(one, one)
    assert (found.difference.value, found.p_better, found.p_worse) == (0.0, 0.5, 0.5)


def test_a_monotone_change_of_the_scores_changes_nothing():
    one, _ = pair()
    assert auc(BinaryScores(one.positive, np.exp(one.scores))) == auc(one)


def test_reversed_scores_have_the_mirrored_area():
    one, _ = pair()
    assert auc(BinaryScores(one.positive, -one.scores)).value == pytest.approx(1 - auc(one).value)


def test_one_row_of_a_class_has_no_interval():
    with pytest.raises(WrongPredictions, match="1 positive and 2 negative rows"):
        auc(BinaryScores(np.array([True, False, False]), np.array([3.0, 1.0, 2.0])))


def test_other_rows_are_refused():
    one, other = pair()
    with pytest.raises(WrongPredictions, match="different labels: score the same rows"):
        compare_auc(one, BinaryScores(~other.positive, other.scores))
