"""An update is held to what its champion knew, and the better of it and the fit from scratch is taken."""

import pytest

from ml.evaluation.choice import choose
from ml.evaluation.latency import Latency
from ml.forgetting import checks, forgetting
from ml.gate import Contest
from tests.ml.test_gate import declared, units

FAST = Latency(p50_ms=1, p99_ms=1, clock_p50_ms=1, clock_p99_ms=1, answers=100)


def forgot(update, champion, **gate):
    return forgetting(declared(**gate), 1, update, champion, 0)


def outcome(challenger, champion, more=(), **gate):
    contest = Contest(declared(**gate), challenger, champion, FAST, 1000, 0, more=more)
    return contest, contest.judge()


def test_the_drop_is_that_of_the_primary_metric_on_old_units():
    found = forgot(units(0.44, seed=1), units(0.5, seed=1))
    assert found.drop == pytest.approx(0.06)
    assert found.old.difference.units == 400
    within, first = (checks(declared(forgetting=bound), found)[0] for bound in (0.07, 0.05))
    assert (within.passed, first.passed) == (True, False)
    assert first.kind == "forgetting"
    assert "0.0600 below version 1" in first.sentence
    assert "it has forgotten more than 0.05" in first.sentence


def test_an_old_slice_that_is_forgotten_rejects_though_the_whole_is_within_the_bound():
    found = forgot(units(0.52, left=-0.1, seed=1), units(0.5, seed=1))
    whole, left, right = checks(declared(), found)
    assert whole.passed
    assert (left.name, left.passed) == ("side/left", False)
    assert right.passed


@pytest.mark.parametrize(
    ("fit", "update", "old", "taken"),
    [
        (0.50, 0.55, 0.50, "update"),
        (0.55, 0.50, 0.50, "fit"),
        (0.50, 0.50, 0.50, "fit"),
        (0.50, 0.55, 0.40, "fit"),  # it has forgotten
        (0.40, 0.50, 0.50, "update"),  # the fit is rejected
        (0.40, 0.50, 0.40, "fit"),  # neither passes
    ],
)
def test_the_better_of_those_that_pass_is_taken_and_of_equals_the_fit(fit, update, old, taken):
    champion = units(0.5, seed=1)
    found = forgot(units(old, seed=1), champion)
    fitted = outcome(units(fit, seed=1), champion)
    updated = outcome(units(update, seed=1), champion, checks(declared(), found))
    choice = choose(fitted, updated, found)
    assert choice.taken == taken
    assert choice.against_fit.difference.value == pytest.approx(update - fit)
    assert choice.entrants["fit"].decision == ("promote" if fit >= 0.5 else "reject")
    assert choice.entrants["update"].decision == ("promote" if old >= 0.5 else "reject")


def test_why_one_was_taken_is_said_in_one_sentence():
    champion = units(0.5, seed=1)
    found = forgot(units(0.4, seed=1), champion)
    choice = choose(
        outcome(units(0.5, seed=1), champion),
        outcome(units(0.55, seed=1), champion, checks(declared(), found)),
        found,
    )
    assert choice.sentence.startswith(
        "the fit from scratch was taken: the update of version 1 was rejected (Quality of the"
    )
    assert "held out from version 1, the update is 0.1000 below version 1" in choice.sentence
