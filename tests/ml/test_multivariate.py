"""Shifts that only all features together show are found, and chance is not taken for one."""

import numpy as np
import pytest

from ml.drift.multivariate import classifier_two_sample, maximum_mean_discrepancy
from ml.errors import WrongInput

TESTS = [maximum_mean_discrepancy, classifier_two_sample]


def samples(seed, correlation, rows=300):
    """Return two samples of two features whose margins are the same, the second correlated."""
    random = np.random.default_rng(seed)
    covariance = [[1, correlation], [correlation, 1]]
    return random.normal(size=(rows, 2)), random.multivariate_normal([0, 0], covariance, rows)


def test_the_unbiased_estimate_is_the_definitions_double_sums():
    r, w = samples(0, 0.8, rows=20)
    both = np.vstack([r, w])
    distances = ((both[:, None] - both[None]) ** 2).sum(axis=2)
    kernel = np.exp(-distances / np.median(distances[np.triu_indices(40, 1)]))
    inside = [kernel[:20, :20], kernel[20:, 20:]]
    wanted = sum((part.sum() - np.trace(part)) / (20 * 19) for part in inside) - 2 * kernel[:20, 20:].mean()
    assert maximum_mean_discrepancy(r, w).statistic == pytest.approx(wanted)


@pytest.mark.parametrize("test", TESTS)
def test_a_correlation_that_no_feature_shows_by_itself_is_found(test):
    assert test(*samples(1, 0.8)).p_value < 0.01


@pytest.mark.parametrize("test", TESTS)
def test_without_a_difference_small_p_values_are_as_rare_as_they_say(test):
    found = [test(*samples(seed, 0.0, rows=60)).p_value for seed in range(40)]
    assert sum(p < 0.1 for p in found) <= 10
    assert np.mean(found) > 0.35


@pytest.mark.parametrize("test", TESTS)
def test_the_same_seed_gives_the_same(test):
    assert test(*samples(2, 0.3), seed=5) == test(*samples(2, 0.3), seed=5)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((np.ones((30, 2)), np.ones((30, 3))), "the same features"),
        ((np.ones(30), np.ones((30, 1))), "rows, features"),
        ((np.full((30, 2), np.nan), np.ones((30, 2))), "not finite"),
    ],
)
def test_samples_that_cannot_be_compared_are_refused(test, given, said):
    with pytest.raises(WrongInput, match=said):
        test(*given)


def test_too_few_rows_for_a_classifier_are_refused():
    with pytest.raises(WrongInput, match="20 rows are too few"):
        classifier_two_sample(*samples(0, 0.0, rows=20))
