"""Evidence on two rates that may be looked at at any time: never too often wrong, and not blind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from ml.evaluation.sequential import SequentialTest, Tally, log_e_values, log_mean_exp

LEVEL = 0.01


def alarms(canary: float, champion: float, tolerance: float, *, rollouts: int = 2000) -> float:
    """The share of simulated rollouts that are ever alarmed: 40 looks, 100 requests each, 5 to the canary."""
    random = np.random.default_rng(7)
    logs, learned, alarmed = np.zeros((rollouts, 6)), random.binomial(500, champion, rollouts), 0.0
    ever = np.zeros(rollouts, bool)
    for look in range(40):
        x, y = random.binomial(5, canary, rollouts), random.binomial(95, champion, rollouts)
        expected = (learned + 0.5) / (500 + 95 * look + 1)
        logs += log_e_values((5, x), (95, y), expected=expected, tolerance=tolerance)
        learned = learned + y
        ever |= np.exp(logs).mean(axis=1) >= 1 / LEVEL
        alarmed = float(ever.mean())
    return alarmed


@pytest.mark.parametrize("tolerance", [0.0, 0.01, 0.1])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 9), (6, 2), (5, 0), (0, 5)])
def test_the_mean_of_a_blocks_evidence_is_at_most_1_under_every_pair_of_rates_of_the_hypothesis(
    n: int, m: int, tolerance: float
) -> None:
    """Summed over every outcome of the block, not simulated."""
    x, y = np.meshgrid(np.arange(n + 1), np.arange(m + 1), indexing="ij")
    e = np.exp(log_e_values((n, x), (m, y), expected=0.05, tolerance=tolerance))
    for champion in np.linspace(0, 1 - tolerance, 9):
        for canary in np.linspace(0, champion + tolerance, 7):
            chance = binom.pmf(x, n, canary) * binom.pmf(y, m, champion)
            assert (chance[..., None] * e).sum(axis=(0, 1)).max() <= 1 + 1e-7


def test_without_tolerance_the_nearest_pair_is_the_pooled_rate() -> None:
    """Turner, Ly and Grünwald give it in closed form: (n a + m b) / (n + m)."""
    low, high = 0.1, 0.1 + 0.9 * 0.3
    pooled = (2 * high + 8 * low) / 10
    expected = (
        math.log(high / pooled) + math.log((1 - high) / (1 - pooled)) + 8 * math.log((1 - low) / (1 - pooled))
    )
    found = log_e_values((2, 1), (8, 0), expected=low, tolerance=0.0)
    assert found[4] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("rate", "tolerance"), [(0.01, 0.0), (0.05, 0.0), (0.3, 0.0), (0.01, 0.005), (0.2, 0.05)]
)
def test_looking_after_every_block_an_equal_canary_is_alarmed_no_more_often_than_stated(
    rate: float, tolerance: float
) -> None:
    assert alarms(rate + tolerance, rate, tolerance) <= LEVEL


@pytest.mark.parametrize(
    ("canary", "champion", "tolerance", "least"),
    [(0.1, 0.005, 0.005, 0.95), (0.3, 0.0, 0.005, 0.99), (0.6, 0.1, 0.05, 0.99)],
)
def test_a_bad_canary_is_found_within_200_of_its_requests(
    canary: float, champion: float, tolerance: float, least: float
) -> None:
    assert alarms(canary, champion, tolerance) >= least


def tally(requests: int, *outcomes: int) -> Tally:
    return Tally(requests=requests, outcomes=outcomes)


def test_evidence_survives_being_written_down_and_read_in_the_middle() -> None:
    blocks = [(tally(10, 2), tally(90, 1)), (tally(12, 3), tally(80, 0)), (tally(9, 4), tally(85, 2))]
    whole = broken = SequentialTest.begun(1, 0.01, tally(500, 3))
    for block in blocks:
        whole = whole.after(*block)
        broken = SequentialTest.model_validate_json(broken.model_dump_json()).after(*block)
    assert broken == whole
    assert whole.log_evidence == pytest.approx(log_mean_exp(np.array(whole.logs)))
    assert (whole.canary, whole.champion) == (tally(31, 9), tally(255, 3))


def test_a_block_waits_until_both_were_asked() -> None:
    begun = SequentialTest.begun(1, 0.0, tally(500, 3))
    apart = begun.after(tally(10, 4), tally(0, 0)).after(tally(0, 0), tally(90, 1))
    assert apart.logs == begun.after(tally(10, 4), tally(90, 1)).logs
    assert begun.after(tally(10, 10), tally(0, 0)).log_evidence == 0.0


def test_nothing_is_weighed_before_the_champions_rate_is_known() -> None:
    begun = SequentialTest.begun(1, 0.0)
    learning = begun.after(tally(5, 5), tally(95, 0))
    assert learning.log_evidence == 0.0
    assert learning.after(tally(5, 5), tally(95, 0)).log_evidence > 3


def test_of_several_outcomes_the_one_with_most_evidence_is_named() -> None:
    begun = SequentialTest.begun(3, 0.01, tally(500, 100, 5, 250))
    test = begun.after(tally(40, 8, 30, 20), tally(400, 80, 4, 200))
    assert test.worst == 1
    assert test.log_evidence > math.log(100)
