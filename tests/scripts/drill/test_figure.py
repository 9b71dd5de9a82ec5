"""A goal holds, is missed, or was not measured in full."""

import pytest

from scripts.drill.figure import GOALS, Figure, results
from scripts.drill.run import SHORT, STEPS, chosen
from scripts.errors import WrongInput


def found(*figures):
    return {result.goal.key: result for result in results(figures)}


def test_what_was_not_measured_is_no_promise():
    assert {result.holds for result in results([])} == {None}
    assert len(results([])) == len(GOALS)


def test_the_worst_system_counts():
    drift = found(Figure("drift", 2, "", "a"), Figure("drift", 4, "", "b"))["drift"]
    assert (drift.value, drift.holds) == (4, False)
    assert found(Figure("drift", 3, "", "a"))["drift"].holds


def test_failed_requests_are_added_up_and_too_few_prove_nothing():
    few = found(Figure("failed", 0, "", "a", of=30_000))["failed"]
    assert (few.value, few.holds, few.verdict) == (0, None, "not measured")
    enough = found(Figure("failed", 0, "", "a", of=30_000), Figure("failed", 0, "", "b", of=20_000))["failed"]
    assert (enough.of, enough.holds) == (50_000, True)
    one = found(Figure("failed", 1, "", "a", of=10))["failed"]
    assert one.holds is False


def test_steps_are_named_and_keep_their_order():
    assert [step.name for step in chosen("log, steady", short=False)] == ["steady", "log"]
    assert [step.name for step in chosen("", short=True)] == list(SHORT)
    assert chosen("", short=False) == STEPS
    with pytest.raises(WrongInput, match="no step nobody in a drill; there are: steady, drift"):
        chosen("steady,nobody", short=False)
