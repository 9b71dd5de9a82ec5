"""The judge: counts in, verdict out, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from ml.operation import Rollout
from services.delivery.judge import Evidence
from services.delivery.readings import Feedback, Reading

BOUNDS = (0.001, 0.005, 0.01, 0.05, 0.25, 1.0)
MARKS = ("aaaaaa", "bbbbbb")
NEEDED = 400
"""Four questions at a level of 0.01."""


def drawn(
    random: np.random.Generator, requests: int, *, errors: float = 0.01, slow: float = 1.0, kinds: float = 0.3
) -> Reading:
    """What a process counts of so many requests: lognormal latency, two kinds of answers, 1 in 100 wrong."""
    took = random.lognormal(np.log(0.004 * slow), 0.5, requests)
    failed = int(random.binomial(requests, errors))
    rare = int(random.binomial(requests - failed, kinds))
    return Reading(
        pid=1,
        predictions={"error": failed, "rare": rare, "usual": requests - failed - rare},
        timed=requests,
        slower={bound: int((took > bound).sum()) for bound in BOUNDS},
    )


def judged(
    seed: int, looks: int = 25, quick_enough_s: float = 0.0, **canary: float
) -> tuple[str, int] | None:
    """The first question that was answered worse, and the canary's requests by then."""
    random = np.random.default_rng(seed)
    evidence = Evidence.begun(Rollout(), drawn(random, 300), MARKS[1], quick_enough_s)
    for look in range(looks):
        evidence = evidence.after(drawn(random, 10, **canary), drawn(random, 90), MARKS)
        worse = [each.question for each in evidence.findings() if each.worse]
        if worse:
            return worse[0], 10 * (look + 1)
    return None


def test_an_equal_canary_is_not_aborted_however_often_one_looks() -> None:
    """How seldom one is, is measured over thousands in `tests/ml/test_sequential.py`."""
    assert [judged(seed) for seed in range(12)] == [None] * 12


@pytest.mark.parametrize(
    ("canary", "question"),
    [({"errors": 0.2}, "errors"), ({"slow": 8.0}, "latency"), ({"kinds": 0.9}, "predictions"),
     ({"kinds": 0.01}, "predictions")],
)  # fmt: skip
def test_a_bad_canary_is_found_for_what_is_bad_about_it(canary: dict[str, float], question: str) -> None:
    found = [judged(seed, **canary) for seed in range(5)]
    assert [each[0] if each else None for each in found] == [question] * 5


def test_a_canary_slightly_slower_than_the_champion_is_none_the_worse() -> None:
    assert [judged(seed, slow=1.3) for seed in range(5)] == [None] * 5


@pytest.mark.parametrize(("slow", "found"), [(4.0, None), (20.0, "latency")])
def test_pace_is_compared_only_where_answers_are_no_longer_quick_enough(
    slow: float, found: str | None
) -> None:
    judgements = [judged(seed, slow=slow, quick_enough_s=0.05) for seed in range(5)]
    assert [each[0] if each else None for each in judgements] == [found] * 5


def test_the_canary_is_held_to_the_objective_and_the_champion_to_the_bound_below_it() -> None:
    random = np.random.default_rng(1)
    for objective, bounds in [(0.0, BOUNDS), (0.02, BOUNDS[2:]), (0.05, BOUNDS[2:]), (9.0, BOUNDS[-2:])]:
        assert Evidence.begun(Rollout(), drawn(random, 300), MARKS[1], objective).bounds == bounds


def test_feedback_counts_for_the_release_that_predicted_whoever_took_it() -> None:
    random = np.random.default_rng(1)
    evidence = Evidence.begun(Rollout(), drawn(random, 300), MARKS[1], 0.0)
    told = {MARKS[0]: Feedback(told=20, wrong=15), MARKS[1]: Feedback(told=80, wrong=1)}
    for _ in range(3):
        champion = drawn(random, 90).model_copy(update={"feedback": told})
        evidence = evidence.after(drawn(random, 10), champion, MARKS)
    (quality,) = [each for each in evidence.findings() if each.question == "quality"]
    assert quality.worse
    assert (quality.canary, quality.champion) == ((60, 45), (240, 3))
    assert quality.sentence().startswith(
        "quality: wrong 45 of 60 (75.0%), champion 3 of 240 (1.2%) (evidence "
    )
    assert quality.sentence().endswith(f", {NEEDED} needed)")


def test_what_a_process_counted_before_it_began_anew_is_no_part_of_the_difference() -> None:
    before = Reading(pid=1, predictions={"usual": 100}, timed=100, slower={0.1: 50})
    later = Reading(pid=1, predictions={"usual": 110, "error": 2}, timed=112, slower={0.1: 51})
    anew = Reading(pid=2, predictions={"usual": 3}, timed=3, slower={0.1: 0})
    assert later.since(before).predictions == {"usual": 10, "error": 2}
    assert later.since(before).slower == {0.1: 1}
    assert anew.since(before) == anew


def test_without_words_for_its_answers_a_systems_predictions_are_not_compared() -> None:
    silent = Reading(pid=1, predictions={"": 100}, timed=100, slower=dict.fromkeys(BOUNDS, 0))
    evidence = Evidence.begun(Rollout(), silent, MARKS[1], 0.0)
    for _ in range(3):
        evidence = evidence.after(silent, silent, MARKS)
    assert [each.question for each in evidence.findings()] == ["errors", "latency"]
