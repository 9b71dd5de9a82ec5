"""Paired tests of two classifiers, against published examples and SciPy."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from ml.errors import WrongPredictions
from ml.evaluation.intervals import Resampling
from ml.evaluation.paired import compare_by, mcnemar, paired_bootstrap, paired_permutation


def rights(both, only_one, only_other, neither):
    pairs = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], [both, only_one, only_other, neither], axis=0)
    return pairs[:, 0].astype(bool), pairs[:, 1].astype(bool)


def mean_right(truth, answers):
    return float(np.mean(truth == answers))


def f1(truth, answers):
    return float(2 * np.sum(truth & answers) / (np.sum(truth) + np.sum(answers)))


def answers(n=150, share=0.75, seed=0):
    random = np.random.default_rng(seed)
    truth = random.integers(0, 2, n)
    return truth, np.where(random.random(n) < share, truth, 1 - truth)


def test_mcnemars_corrected_test_has_the_figures_that_r_prints():
    """A. Agresti, Categorical Data Analysis, 1990, p. 350: R prints 16.818 and p = 4.115e-05."""
    found = mcnemar(*rights(794, 150, 86, 570))
    assert (found.only_challenger, found.only_champion) == (150, 86)
    assert found.statistic == pytest.approx(16.818, abs=5e-4)
    assert found.p_corrected == pytest.approx(4.115e-05, abs=5e-9)


def test_mcnemars_exact_test_worked_by_hand():
    """Nine rows against two: twice the chance of two heads or fewer in eleven throws."""
    assert mcnemar(*rights(21, 9, 2, 12)).p_exact == pytest.approx(2 * (1 + 11 + 55) / 2**11)


def test_mcnemars_exact_test_is_the_permutation_test_of_being_right():
    one, other = rights(20, 12, 5, 3)
    theirs = stats.permutation_test(
        (one.astype(float), other.astype(float)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        n_resamples=20_000,
        rng=1,
    )
    assert mcnemar(one, other).p_exact == pytest.approx(theirs.pvalue, abs=0.01)


def test_models_that_are_right_on_the_same_rows_are_not_told_apart():
    one, _ = rights(10, 0, 0, 5)
    found = mcnemar(one, one)
    assert (found.p_exact, found.p_corrected, found.statistic) == (1.0, 1.0, 0.0)


def test_the_paired_bootstrap_of_accuracy_is_that_of_the_differences():
    truth, one = answers()
    _, other = answers(seed=1, share=0.6)
    other = np.where(truth == answers(seed=1)[0], other, 1 - other)
    found = paired_bootstrap(mean_right, truth, one, other, Resampling(resamples=4000))
    per_row = (one == truth).astype(float) - (other == truth)
    theirs = stats.bootstrap(
        (per_row[truth == 0], per_row[truth == 1]),
        lambda x, y, axis: (x.sum(axis=axis) + y.sum(axis=axis)) / len(truth),
        method="percentile",
        n_resamples=4000,
        rng=2,
    ).confidence_interval
    assert found.value == pytest.approx(per_row.mean())
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.011)


def test_the_paired_bootstrap_draws_class_by_class():
    truth, one = answers(30)
    seen = set()

    def positives(drawn, _):
        seen.add(int(drawn.sum()))
        return 0.0

    paired_bootstrap(positives, truth, one, one, Resampling(resamples=50))
    assert seen == {int(truth.sum())}


@pytest.mark.parametrize("seed", [0, 1])
def test_the_paired_permutation_test_is_scipys(seed):
    truth, one = answers(seed=seed)
    other = np.where(np.random.default_rng(seed + 10).random(150) < 0.35, 1 - one, one)
    ours = paired_permutation(mean_right, truth, one, other, Resampling(resamples=4000))
    theirs = stats.permutation_test(
        ((one == truth).astype(float), (other == truth).astype(float)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        alternative="greater",
        n_resamples=4000,
        rng=3,
    ).pvalue
    assert ours == pytest.approx(theirs, abs=0.03)


def test_f1_is_compared_as_a_whole_and_a_worse_model_is_found_worse():
    truth, one = answers(share=0.9)
    other = np.where(np.random.default_rng(4).random(150) < 0.3, 1 - one, one)
    found = compare_by(f1, truth, other, one, Resampling(resamples=400))
    assert found.difference.value == pytest.approx(f1_score(truth, other) - f1_score(truth, one))
    assert found.difference.high < 0
    assert found.p_worse < 0.05 < found.p_better


def test_outputs_of_several_columns_are_swapped_row_by_row():
    truth = np.array([0, 1, 2, 0])
    one, other = np.eye(3)[[0, 1, 2, 0]], np.eye(3)[[1, 1, 2, 0]]

    def right(y, shares):
        assert set(shares.sum(axis=1)) == {1.0}
        return float(np.mean(shares.argmax(axis=1) == y))

    # Only the first row differs, so a half of all swaps are as extreme as what was seen.
    assert paired_permutation(right, truth, one, other, Resampling(resamples=2000)) == pytest.approx(
        0.5, abs=0.05
    )


def test_the_permutation_test_errs_as_often_as_its_level_says():
    p_values = []
    for seed in range(150):
        truth, one = answers(80, seed=seed)
        random = np.random.default_rng(1000 + seed)
        other = np.where(random.random(80) < 0.75, truth, 1 - truth)
        p_values.append(paired_permutation(mean_right, truth, one, other, Resampling(resamples=150)))
    assert np.mean(np.array(p_values) <= 0.1) <= 0.17


@pytest.mark.parametrize("lengths", [(0, 0), (3, 2)])
def test_rows_that_are_not_paired_are_refused(lengths):
    one, other = (np.ones(length, bool) for length in lengths)
    with pytest.raises(WrongPredictions, match="needs the same rows of both"):
        mcnemar(one, other)
