"""Intervals agree with published examples and with SciPy's, and cover as often as they say."""

import numpy as np
import pytest
from scipy import stats

from ml.errors import WrongInput
from ml.evaluation.intervals import Resampling, bootstrap, resample, wilson


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # R. Newcombe, Statistics in Medicine 17, 1998, table I, method 3 (score, no continuity correction).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_newcombes_worked_example(successes, trials, low, high):
    found = wilson(successes, trials, 0.95)
    assert found.value == successes / trials
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilsons_interval_is_scipys_and_lies_around_the_share(confidence):
    for trials in (1, 2, 7, 50):
        for successes in range(trials + 1):
            ours = wilson(successes, trials, confidence)
            theirs = stats.binomtest(successes, trials).proportion_ci(confidence, method="wilson")
            assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
            assert 0 <= ours.low <= ours.value <= ours.high <= 1


def test_of_no_trials_nothing_is_known():
    found = wilson(0, 0, 0.95)
    assert (found.low, found.high, found.units) == (0.0, 1.0, 0)


def gap(weights, values, strata):
    """The difference of two strata's means, for weights [rows, n]."""
    one, other = (weights * (strata == at) for at in (1, 0))
    return (one @ values / one.sum(axis=1) - other @ values / other.sum(axis=1))[:, None]


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_the_stratified_bootstrap_is_scipys_of_several_samples(method):
    random = np.random.default_rng(0)
    one, other = random.exponential(2, 40), random.exponential(1, 60)
    values, strata = np.concatenate([one, other]), np.repeat([1, 0], [40, 60])
    (ours,) = bootstrap(lambda w: gap(w, values, strata), strata, Resampling(0.95, 20_000, 1, method))
    theirs = stats.bootstrap(
        (one, other),
        lambda x, y, axis: x.mean(axis=axis) - y.mean(axis=axis),
        n_resamples=20_000,
        method={"bca": "BCa"}.get(method, method),
        rng=2,
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.value == pytest.approx(one.mean() - other.mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)


def test_bca_corrects_the_bias_of_a_variance_as_scipy_does():
    values = np.random.default_rng(5).exponential(size=50)

    def variance(weights):
        return (weights @ values**2 / 50 - (weights @ values / 50) ** 2)[:, None]

    (ours,) = bootstrap(variance, np.zeros(50, int), Resampling(0.95, 20_000, 1, "bca"))
    theirs = stats.bootstrap((values,), np.var, n_resamples=20_000, method="BCa", rng=2).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=0.015)


def test_units_that_stand_for_several_rows_are_drawn_as_those_rows_would_be():
    """The jackknife of BCa too: three distinct values, repeated, have the interval of the long sample."""
    values, times = np.array([0.0, 1.0, 5.0]), np.array([30, 15, 5])
    long, how = np.repeat(values, times), Resampling(0.95, 20_000, 3, "bca")
    (short,) = bootstrap(lambda w: (w @ values / 50)[:, None], np.zeros(3, int), how, times)
    (whole,) = bootstrap(lambda w: (w @ long / 50)[:, None], np.zeros(50, int), how)
    assert short.value == whole.value
    assert short.units == whole.units == 50
    assert (short.low, short.high) == pytest.approx((whole.low, whole.high), abs=0.03)


def test_each_stratum_keeps_its_size_and_one_without_rows_is_left_alone():
    strata, times = np.array([0, 0, 1, 2]), np.array([3, 4, 5, 0])
    for weights in resample(strata, Resampling(resamples=50), times):
        assert (weights[:, :2].sum(axis=1) == 7).all()
        assert (weights[:, 2] == 5).all()
        assert (weights[:, 3] == 0).all()


def test_the_interval_covers_as_often_as_it_says():
    random = np.random.default_rng(4)
    covered = dict.fromkeys(("percentile", "bca"), 0)
    strata = np.repeat([0, 1], 60)
    for trial in range(150):
        values = random.exponential(size=120) + strata
        for method in covered:
            (found,) = bootstrap(
                lambda w, v=values: gap(w, v, strata), strata, Resampling(0.9, 400, trial, method)
            )
            covered[method] += found.low <= 1.0 <= found.high
    assert all(0.83 <= count / 150 <= 0.96 for count in covered.values())


def test_the_same_seed_draws_the_same_and_another_does_not():
    values, strata = np.arange(20.0), np.zeros(20, int)

    def interval(seed):
        return bootstrap(lambda w: (w @ values)[:, None], strata, Resampling(resamples=200, seed=seed))

    assert interval(1) == interval(1) != interval(2)


@pytest.mark.parametrize("wrong", [{"confidence": 1.0}, {"confidence": 95}, {"resamples": 0}])
def test_a_level_that_is_none_is_refused(wrong):
    with pytest.raises(WrongInput, match="the first lies between 0 and 1"):
        Resampling(**wrong)
