"""What the gate promotes and what it rejects, and why."""

from dataclasses import replace

import numpy as np
import pytest

from ml.declaration import SystemDeclaration
from ml.evaluation.latency import Latency
from ml.evaluation.statistics import compare, holm
from ml.evaluation.units import Units
from ml.gate import Contest

DECLARATION = {
    "name": "sample",
    "title": "Sample",
    "description": "A system for tests",
    "source": "none",
    "metrics": [
        {"name": "quality", "title": "Quality", "minimum": 0.3, "tolerance": 0.05},
        {"name": "reach", "title": "Reach", "minimum": 0.1, "tolerance": 0.05},
    ],
    "gate": {"primary": "quality", "floor": "guess", "resamples": 500},
    "budgets": {"latency_p99_ms": 5, "size_mib": 1},
    "slices": [{"name": "side", "title": "Side", "least_units": 30}],
    "drift": {"monitors": [{"feature": "f", "title": "F"}]},
}


def declared(**gate):
    return SystemDeclaration.model_validate({**DECLARATION, "gate": {**DECLARATION["gate"], **gate}})


def units(mean=0.5, reach=0.5, left=0.0, seed=0, n=400):
    """Units of noisy quality around a mean; ``left`` is added on the left side only."""
    noise = np.random.default_rng(seed).normal(0, 0.1, n)
    side = np.where(np.arange(n) % 4 == 0, "left", "right")
    return Units(
        ids=np.arange(n).astype(str),
        metrics={"quality": mean + noise + np.where(side == "left", left, 0), "reach": np.full(n, reach)},
        baselines={"guess": {"quality": 0.2 + noise, "reach": np.full(n, 0.2)}},
        slices={"side": side},
    )


def judge(challenger, champion=None, *, p99=1.0, size=1000, **gate):
    latency = Latency(p50_ms=p99 / 2, p99_ms=p99, clock_p50_ms=p99, clock_p99_ms=p99, answers=100)
    return Contest(declared(**gate), challenger, champion, latency, size, 0).judge()


def test_a_first_model_that_beats_the_floor_is_promoted():
    verdict = judge(units())
    assert verdict.decision == "promote"
    assert verdict.against_champion is None
    assert "above the floor guess" in verdict.reasons[0]


def test_a_first_model_no_better_than_the_floor_is_rejected():
    challenger = units(0.5)
    noise = np.random.default_rng(1).normal(0, 0.1, 400)
    challenger.baselines["guess"]["quality"] = challenger.metrics["quality"] + noise - noise.mean()
    verdict = judge(challenger)
    assert verdict.decision == "reject"
    assert any("not shown to be better" in reason for reason in verdict.reasons)


def test_a_model_below_a_threshold_is_rejected_with_value_and_limit():
    verdict = judge(units(0.5, reach=0.05))
    assert verdict.decision == "reject"
    assert verdict.reasons == ("Reach is 0.0500, below the minimum 0.1",)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({"changed": 0.04}, None),
        ({"changed": 0.05}, "Changed decisions is 0.0500, and must be at most 0.04"),
        ({"changed": float("nan")}, "Changed decisions is nan"),
        ({}, "Changed decisions is not measured"),
    ],
)
def test_a_figure_of_the_whole_outside_its_bound_rejects(facts, wanted):
    bound = {"fact": "changed", "title": "Changed decisions", "at_most": 0.04}
    declaration = SystemDeclaration.model_validate({**DECLARATION, "bounds": [bound]})
    latency = Latency(p50_ms=1, p99_ms=1, clock_p50_ms=1, clock_p99_ms=1, answers=100)
    verdict = Contest(declaration, replace(units(), facts=facts), None, latency, 1000, 0).judge()
    assert verdict.decision == ("reject" if wanted else "promote")
    assert wanted is None or wanted in verdict.reasons[0]


def test_a_bound_must_bound_something():
    with pytest.raises(ValueError, match="give at_least, at_most, or both"):
        SystemDeclaration.model_validate({**DECLARATION, "bounds": [{"fact": "f", "title": "F"}]})


def test_a_model_worse_than_the_champion_is_rejected():
    verdict = judge(units(0.47, seed=1), units(0.5))
    assert verdict.decision == "reject"
    assert any("worse, p = 0.0" in reason for reason in verdict.reasons)


def test_a_fall_beyond_the_tolerance_is_rejected_even_without_a_test():
    verdict = judge(units(0.5, reach=0.4), units(0.5, reach=0.5))
    assert verdict.decision == "reject"
    assert any("Reach is 0.1000 below the champion" in reason for reason in verdict.reasons)


def test_an_equal_model_is_promoted_unless_better_is_required():
    assert judge(units(0.5), units(0.5)).decision == "promote"
    verdict = judge(units(0.5), units(0.5), require="better")
    assert verdict.decision == "reject"
    assert any("the policy asks for better" in reason for reason in verdict.reasons)


def test_a_better_model_is_promoted_where_better_is_required():
    assert judge(units(0.6), units(0.5, seed=1), require="better").decision == "promote"


def test_a_model_that_fails_one_slice_is_rejected_though_it_is_better_on_the_whole():
    challenger = units(0.56, left=-0.12)
    verdict = judge(challenger, units(0.5, seed=3))
    assert verdict.against_champion.difference.value > 0
    assert verdict.decision == "reject"
    assert any("in side 'left'" in reason for reason in verdict.reasons)


def test_the_p_values_of_slices_are_adjusted_for_their_number():
    challenger, champion = units(0.49, seed=1), units(0.5, seed=3)
    chosen = challenger.slices["side"] == "left"
    left, right = (
        compare(challenger.metrics["quality"][at], champion.metrics["quality"][at], 0.95, 500, 0).p_worse
        for at in (chosen, ~chosen)
    )
    found = [result.p_worse for result in judge(challenger, champion).slices]
    assert found == holm([left, right])
    assert found != [left, right]


def test_a_slice_too_small_to_judge_is_left_out():
    challenger = units(n=100)
    assert [found.value for found in judge(challenger).slices] == ["right"]


def test_a_model_over_its_latency_or_size_is_rejected():
    assert judge(units(), p99=6.0).reasons == (
        "an answer takes 6.00 ms of CPU at p99, over the budget of 5 ms",
    )
    assert judge(units(), size=3 * 2**20).reasons == (
        "the serving files take 3.0 MiB, over the budget of 1 MiB",
    )


def test_the_same_contest_has_the_same_verdict():
    assert judge(units(0.5), units(0.49, seed=2)) == judge(units(0.5), units(0.49, seed=2))


@pytest.mark.parametrize("seed", range(5))
def test_equal_models_are_rarely_told_apart(seed):
    rejected = sum(
        judge(units(0.5, seed=100 * seed + n), units(0.5, seed=100 * seed + 50 + n)).decision == "reject"
        for n in range(10)
    )
    assert rejected <= 4
