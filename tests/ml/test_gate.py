"""What the gate promotes and what it rejects, and why."""

from dataclasses import replace

import numpy as np
import pytest

from ml.declaration import SystemDeclaration
from ml.evaluation.behaviour import BehaviourResult
from ml.evaluation.intervals import wilson
from ml.evaluation.latency import Latency
from ml.evaluation.predictions import Predictions
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
    verdict = contest(replace(units(), facts=facts), bounds=[bound])
    assert verdict.decision == ("reject" if wanted else "promote")
    assert wanted is None or wanted in verdict.reasons[0]


def test_a_bound_must_bound_something():
    with pytest.raises(ValueError, match="give at_least, at_most, or both"):
        SystemDeclaration.model_validate({**DECLARATION, "bounds": [{"fact": "f", "title": "F"}]})


def contest(challenger, found=(), **declared):
    declaration = SystemDeclaration.model_validate({**DECLARATION, **declared})
    latency = Latency(p50_ms=1, p99_ms=1, clock_p50_ms=1, clock_p99_ms=1, answers=100)
    return Contest(declaration, challenger, None, latency, 1000, 0, found).judge()


def classified(right):
    """100 rows, half of them bad; of either class so many are decided rightly, whatever is likeliest."""
    truth = np.repeat([0, 1], 50)
    decided = np.where(np.arange(100) % 50 < right, truth, 1 - truth)
    chances = np.linspace(0.1, 0.4, 100)
    rows = Predictions(("good", "bad"), truth, np.column_stack([1 - chances, chances]), decided)
    return replace(units(), predictions=rows)


@pytest.mark.parametrize(("right", "decision"), [(45, "promote"), (35, "reject")])
def test_a_classifiers_f1_is_held_to_its_bound_as_it_decides(right, decision):
    verdict = contest(classified(right), bounds=[{"fact": "f1", "title": "F1 of bad", "at_least": 0.8}])
    assert verdict.decision == decision
    assert verdict.figures["f1"].value == pytest.approx(right / 50)
    (check,) = (check for check in verdict.checks if check.kind == "bound")
    assert f"F1 of bad is {right / 50:.4f} (interval 0." in check.sentence


def test_a_classifiers_area_is_held_to_its_bound():
    bounds = [{"fact": "roc_auc", "title": "Area", "at_least": 0.99}]
    assert contest(classified(40), bounds=bounds).decision == "promote"
    assert contest(units(), bounds=bounds).reasons == ("Area is not measured, and must be at least 0.99",)


BEHAVIOUR = {
    "name": "calm",
    "title": "Shouting changes nothing",
    "kind": "invariance",
    "of": "label",
    "change": "shout",
    "least": 0.9,
}


def behaved(right):
    share = wilson(right, 100, 0.95)
    failures = () if right == 100 else ("'a' is answered 'x', and 'A' 'y'",)
    passed = share.value >= 0.9
    return BehaviourResult(
        name="calm", title=BEHAVIOUR["title"], passed=passed, share=share, least=0.9, failures=failures
    )


def test_a_model_that_does_not_behave_is_rejected_with_the_first_request_that_shows_it():
    assert contest(units(), (behaved(93),), behaviours=[BEHAVIOUR]).decision == "promote"
    verdict = contest(units(), (behaved(80),), behaviours=[BEHAVIOUR])
    assert verdict.decision == "reject"
    assert verdict.reasons == (
        "Shouting changes nothing: holds for 80.0% of 100 (71.1% to 86.7%), and must for 90%; "
        "first, 'a' is answered 'x', and 'A' 'y'",
    )


def test_a_behaviour_that_was_not_tested_does_not_hold():
    verdict = contest(units(), behaviours=[BEHAVIOUR])
    assert verdict.reasons == ("Shouting changes nothing: not tested, and must hold",)


def test_two_behaviours_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two behaviours are called 'calm'"):
        contest(units(), behaviours=[BEHAVIOUR, BEHAVIOUR])


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
