"""When the steward retrains, and why it does not."""

from datetime import UTC, datetime, time, timedelta

import pytest

from ml.operation import QuietHours, Retrain
from services.steward.policy import Facts, PastRun, decide
from services.steward.trigger import Trigger

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DRIFT = Trigger(id="alert-1", system="a", kind="alert", reason="DriftFound", actor="alertmanager")
PERSON = DRIFT.model_copy(update={"kind": "person"})


def past(hours_ago: float, outcome="released", minutes: float = 1.0) -> PastRun:
    return PastRun(began=NOW - timedelta(hours=hours_ago), outcome=outcome, compute_minutes=minutes)


def decided(policy: Retrain, trigger: Trigger = DRIFT, *runs: PastRun, labels: int | None = 0):
    return decide(policy, trigger, Facts(now=NOW, runs=runs, labels=labels))


def test_a_system_that_was_never_retrained_is_retrained_for_the_reason_given():
    decision = decided(Retrain())
    assert decision.act
    assert decision.reasons == ("DriftFound",)


def test_within_the_cool_down_an_alert_waits_and_a_person_does_not():
    policy = Retrain(cooldown_s=7200)
    held = decided(policy, DRIFT, past(1))
    assert not held.act
    assert held.reasons == ("3600 s since the last retraining, and it cools down for 7200 s",)
    assert decided(policy, PERSON, past(1)).act
    assert decided(policy, DRIFT, past(3)).act


@pytest.mark.parametrize(
    ("begin", "end", "quiet"), [(11, 13, True), (22, 6, False), (11, 12, False), (12, 3, True)]
)
def test_quiet_hours_may_pass_midnight_and_end_before_their_last_minute(begin, end, quiet):
    hours = QuietHours(begin=time(begin), end=time(end))
    assert decided(Retrain(quiet_hours=(hours,))).act is not quiet


@pytest.mark.parametrize(("labels", "acts"), [(9, False), (10, True), (None, False)])
def test_too_few_new_labels_or_none_counted_hold_it_back(labels, acts):
    assert decided(Retrain(least_labels=10), labels=labels).act is acts


def test_the_runs_and_the_compute_of_a_day_are_a_budget_that_only_force_passes():
    policy = Retrain(runs_per_day=2, compute_minutes_per_day=30, cooldown_s=1)
    runs = (past(30, minutes=500), past(5, minutes=20), past(3, minutes=15))
    held = decided(policy, PERSON, *runs)
    assert held.reasons == (
        "2 retrainings in 24 hours, of 2 allowed",
        "35.0 minutes of compute in 24 hours, of 30 allowed",
    )
    assert decided(policy, PERSON.model_copy(update={"force": True}), *runs).act


def test_what_is_left_of_the_day_is_what_a_run_may_use():
    assert decided(Retrain(compute_minutes_per_day=30), PERSON, past(5, minutes=12.5)).minutes_left == 17.5


def test_after_as_many_rejections_in_a_row_as_allowed_a_person_is_asked():
    policy = Retrain(rejections_before_person=2, cooldown_s=1)
    one = (past(50, "rejected"), past(40), past(30, "rejected"))
    assert decided(policy, DRIFT, *one).act
    held = decided(policy, DRIFT, *one, past(26, "rejected"), past(25, "cancelled"))
    assert held.needs_person
    assert "millrace retrain a" in held.reasons[-1]
    assert decided(policy, PERSON, *one, past(26, "rejected")).act
