"""A threshold is chosen by what errors cost."""

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.metrics import confusion_matrix

from ml.declaration import ErrorCosts
from ml.errors import WrongPredictions
from ml.evaluation.intervals import Resampling
from ml.evaluation.predictions import BinaryScores
from ml.evaluation.thresholds import decision, threshold_choice

QUICK = Resampling(resamples=300)


def sample(n=1500, seed=0):
    random = np.random.default_rng(seed)
    chances = random.beta(1, 3, n)
    return BinaryScores(random.random(n) < chances, chances)


def test_the_cost_of_a_threshold_is_that_of_its_confusion_matrix():
    scores, costs = sample(), ErrorCosts(false_positive=2, false_negative=7)
    found = threshold_choice(scores, costs, QUICK)
    for at in range(0, len(found.thresholds), 100):
        taken = scores.scores >= found.thresholds[at]
        (_, false_positive), (false_negative, _) = confusion_matrix(scores.positive, taken)
        expected = (2 * false_positive + 7 * false_negative) / len(scores)
        assert found.costs[at] == pytest.approx(expected)
    assert found.cheapest.cost.value == pytest.approx(min(found.costs))
    assert found.cheapest.cost.low < found.cheapest.cost.value < found.cheapest.cost.high


def test_calibrated_probabilities_are_best_cut_where_the_costs_say():
    """Elkan 2001: p* = c(false positive) / (c(false positive) + c(false negative)), here 1 / 5."""
    found = threshold_choice(sample(40_000), ErrorCosts(false_positive=1, false_negative=4), QUICK)
    assert found.calibrated.threshold == 0.2
    assert found.cheapest.threshold == pytest.approx(0.2, abs=0.05)
    assert found.calibrated.cost.value <= 1.02 * found.cheapest.cost.value


def test_doing_without_the_model_costs_what_it_says():
    scores = sample()
    found = threshold_choice(scores, ErrorCosts(false_positive=1, false_negative=4), QUICK)
    assert found.never == pytest.approx(4 * scores.positive.mean())
    assert found.always == pytest.approx(1 - scores.positive.mean())
    assert found.costs[0] == pytest.approx(found.always)
    assert found.cheapest.cost.value <= min(found.never, found.always)


def test_a_stated_prevalence_takes_the_place_of_the_samples():
    scores = sample()
    rare = ErrorCosts(false_positive=1, false_negative=4, prevalence=0.01)
    common = ErrorCosts(false_positive=1, false_negative=4)
    taken, positive = scores.scores >= 0.3, scores.positive
    expected = 0.01 * 4 * np.mean(~taken[positive]) + 0.99 * np.mean(taken[~positive])
    assert decision(scores, rare, 0.3, QUICK).cost.value == pytest.approx(expected)
    assert threshold_choice(scores, rare, QUICK).cheapest.threshold > (
        threshold_choice(scores, common, QUICK).cheapest.threshold
    )


def test_dearer_misses_lower_the_threshold():
    cuts = [
        threshold_choice(
            sample(), ErrorCosts(false_positive=1, false_negative=dear), QUICK
        ).cheapest.threshold
        for dear in (1, 3, 10, 50)
    ]
    assert cuts == sorted(cuts, reverse=True)


def test_what_cannot_be_weighed_is_refused():
    with pytest.raises(WrongPredictions, match=r"outside 0\.\.1"):
        threshold_choice(
            BinaryScores(np.array([True, False]), np.array([2.0, 0.1])),
            ErrorCosts(false_positive=1, false_negative=1),
        )
    for wrong in ({"false_positive": 0, "false_negative": 1}, {"prevalence": 1.0}):
        with pytest.raises(ValidationError):
            ErrorCosts(**{"false_positive": 1, "false_negative": 1, **wrong})
