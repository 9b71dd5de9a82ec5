"""Attacks by the gradient: worked by hand on a logistic model, and within their ball on a network."""

from dataclasses import replace

import numpy as np
import pytest

from ml.declaration import Adversarial
from ml.evaluation.adversarial import Attackable, attacked

RANDOM = np.random.default_rng(5)
INPUTS = RANDOM.normal(size=(300, 4))
SLOPES = np.array([2.0, -1.0, 0.5, 0.0])
TRUTH = (INPUTS @ SLOPES + RANDOM.normal(0, 0.5, 300) > 0).astype(int)
FIRST, SECOND = RANDOM.normal(size=(4, 12)), RANDOM.normal(size=12)


def chance(z):
    return 1 / (1 + np.exp(-z))


def logistic(**more):
    """L = ln(1 + exp(-s w x)), s = 1 or -1: dL/dx = (p - y) w."""
    return Attackable(
        inputs=INPUTS,
        truth=TRUTH,
        classify=lambda x: (x @ SLOPES > 0).astype(int),
        gradient=lambda x, y: (chance(x @ SLOPES) - y)[:, None] * SLOPES,
        low=-np.inf,
        high=np.inf,
        **more,
    )


def score(x):
    return np.tanh(x @ FIRST) @ SECOND


def bent():
    """A network of one hidden layer: z = v tanh(W x)."""

    def gradient(x, y):
        inside = SECOND * (1 - np.tanh(x @ FIRST) ** 2)
        return (chance(score(x)) - y)[:, None] * (inside @ FIRST.T)

    truth = (score(INPUTS) > 0).astype(int)
    return Attackable(INPUTS, truth, lambda x: (score(x) > 0).astype(int), gradient, -3.0, 3.0)


def losses(found, x):
    return np.log1p(np.exp(-np.where(found.truth == 1, 1, -1) * score(x)))


def test_fgsm_of_a_logistic_model_is_the_step_against_its_slopes():
    """Whatever the row, dL/dx has the sign of -w for a positive and of w for a negative."""
    found = logistic()
    moved = found.fgsm(INPUTS, 0.1, RANDOM)
    np.testing.assert_allclose(moved, INPUTS - 0.1 * np.where(TRUTH == 1, 1, -1)[:, None] * np.sign(SLOPES))
    margins = (np.where(TRUTH == 1, 1, -1) * ((INPUTS - moved) @ SLOPES))[:, None]
    np.testing.assert_allclose(margins, 0.1 * np.abs(SLOPES).sum())


def test_pgd_of_a_logistic_model_reaches_the_corner_that_fgsm_does():
    found = logistic()
    moving = SLOPES != 0
    moved = found.pgd(8)(INPUTS, 0.1, np.random.default_rng(0))
    np.testing.assert_allclose(moved[:, moving], found.fgsm(INPUTS, 0.1, RANDOM)[:, moving])


def test_pgd_finds_at_least_the_loss_that_fgsm_finds_within_the_same_ball():
    found = bent()
    begun = losses(found, INPUTS).mean()
    for strength in (0.05, 0.2, 0.5):
        once = losses(found, found.fgsm(found.inputs, strength, RANDOM)).mean()
        often = losses(found, found.pgd(20)(found.inputs, strength, np.random.default_rng(0))).mean()
        assert begun < once <= often


@pytest.mark.parametrize("strength", [0.05, 0.5, 2.0])
def test_what_is_attacked_stays_in_the_ball_and_in_what_an_input_may_be(strength):
    low = np.where([True, True, True, False], -1.5, INPUTS)
    high = np.where([True, True, True, False], 1.5, INPUTS)
    inside = np.clip(INPUTS, low, high)
    found = replace(bent(), inputs=inside, low=low, high=high)
    for change in (found.fgsm, found.pgd(5)):
        moved = change(inside, strength, np.random.default_rng(1))
        assert np.abs(moved - inside).max() <= strength + 1e-12
        assert (moved >= low).all()
        assert (moved <= high).all()
        np.testing.assert_array_equal(moved[:, 3], INPUTS[:, 3])
        assert (moved[:, 0] != inside[:, 0]).any()


def test_accuracy_under_each_declared_attack_is_named_for_it_and_falls_with_strength():
    declared = Adversarial(fgsm=(0.1, 0.5), pgd=(0.5,), steps=5)
    found = attacked(declared, logistic(), 0.95, 0)
    assert [one.fact for one in found] == ["accuracy_fgsm_0.1", "accuracy_fgsm_0.5", "accuracy_pgd_0.5"]
    weak, strong, often = (one.accuracy.value for one in found)
    margins = np.where(TRUTH == 1, 1, -1) * (INPUTS @ SLOPES)
    assert weak == (margins > 0.1 * np.abs(SLOPES).sum()).mean()
    assert strong < weak
    assert often == strong
    assert found[1].against_clean.p_exact < 1e-6


def test_attacks_of_no_kind_are_refused():
    with pytest.raises(ValueError, match="give strengths of fgsm, pgd, or both"):
        Adversarial()
