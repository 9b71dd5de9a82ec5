"""The statistics agree with SciPy's, which are other people's code."""

import numpy as np
import pytest
from scipy import stats

from ml.evaluation.statistics import bootstrap_mean, compare, holm, sign_flip_test


def test_the_bootstrap_interval_is_scipys_percentile_interval():
    values = np.random.default_rng(1).exponential(size=300)
    ours = bootstrap_mean(values, 0.95, 20_000, seed=2)
    theirs = stats.bootstrap(
        (values,), np.mean, confidence_level=0.95, n_resamples=20_000, method="percentile", rng=3
    ).confidence_interval
    width = theirs.high - theirs.low
    assert ours.value == pytest.approx(values.mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.03 * width)
    assert ours.high == pytest.approx(theirs.high, abs=0.03 * width)
    assert ours.units == 300


def test_the_bootstrap_interval_covers_the_mean_as_often_as_it_says():
    random = np.random.default_rng(4)
    covered = 0
    for trial in range(300):
        found = bootstrap_mean(random.exponential(size=200), 0.9, 500, seed=trial)
        covered += found.low <= 1.0 <= found.high
    assert 0.84 <= covered / 300 <= 0.95


@pytest.mark.parametrize("alternative", ["less", "greater"])
@pytest.mark.parametrize("shift", [-0.1, 0.0, 0.08])
def test_the_sign_flip_test_gives_scipys_p_value(alternative, shift):
    differences = np.random.default_rng(5).normal(shift, 1.0, 150)
    differences[:40] = 0.0
    ours = sign_flip_test(differences, alternative, 20_000, seed=6)
    theirs = stats.permutation_test(
        (differences, np.zeros_like(differences)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        alternative=alternative,
        n_resamples=20_000,
        rng=7,
    ).pvalue
    assert ours == pytest.approx(theirs, abs=0.012)


def test_the_sign_flip_test_errs_as_often_as_its_level_says():
    random = np.random.default_rng(8)
    p_values = [sign_flip_test(random.normal(size=80), "greater", 400, seed=trial) for trial in range(500)]
    assert 0.03 <= np.mean(np.array(p_values) <= 0.05) <= 0.075


def test_models_that_answer_alike_are_not_told_apart():
    values = np.random.default_rng(9).random(50)
    found = compare(values, values, 0.95, 500, seed=0)
    assert found.difference.value == 0.0
    assert found.p_better == 1.0
    assert found.p_worse == 1.0


def test_holm_gives_the_p_values_worked_by_hand():
    p_values = [0.01, 0.04, 0.03, 0.005, 0.6]
    # Worked by hand from Holm 1979: sorted 0.005*5, 0.01*4, 0.03*3, 0.04*2 (held up), 0.6*1.
    assert holm(p_values) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.6])
    assert holm([]) == []


def test_holm_holds_the_error_of_the_whole_family():
    random = np.random.default_rng(10)
    errors = [min(holm(random.random(20).tolist())) < 0.05 for _ in range(2000)]
    assert np.mean(errors) <= 0.065
