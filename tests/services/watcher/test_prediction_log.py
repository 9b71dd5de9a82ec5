"""Feedback meets its prediction once, whatever came twice or late, and nothing else is read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ml.data.prediction_log import Place, PredictionLog
from tests.services.stack import Stack
from tests.services.watcher.live import BEGAN, SYSTEM, Live, live

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def log(stack: Stack) -> PredictionLog:
    return PredictionLog(stack.env)


@pytest.fixture(scope="module")
def logged(stack: Stack) -> tuple[Live, list[dict[str, object]]]:
    """Ten minutes of predictions across midnight."""
    made = live(stack, 101)
    records = made.requests(200, 1)
    made.time = BEGAN + timedelta(minutes=20)
    records += made.requests(100, 2)
    made.land(records)
    return made, records


def test_predictions_that_landed_twice_are_read_once_and_in_order(log, logged):
    made, records = logged
    made.land(records[50:150])
    found = log.predictions(SYSTEM, 101, Place(BEGAN), 1000)
    assert found.ids == [each["id"] for each in records]
    assert len(log.predictions(SYSTEM, 101, Place(BEGAN), 7)) == 7


def test_reading_goes_on_behind_a_place_though_times_are_equal(log, stack):
    made = live(stack, 102)
    twins = [made.record(time_us=int(BEGAN.timestamp() * 1e6) + 5) for _ in range(6)]
    made.land(twins)
    first = log.predictions(SYSTEM, 102, Place(BEGAN), 4)
    rest = log.predictions(SYSTEM, 102, first.end, 4)
    assert sorted(first.ids + rest.ids) == sorted(each["id"] for each in twins)
    assert len(rest) == 2


def test_feedback_meets_its_prediction_once_though_it_came_twice_and_days_late(log, logged):
    made, records = logged
    early, late = records[0], records[250]
    said = [
        made.feedback(early),
        made.feedback(early, "rated"),
        made.feedback(late, time_us=int((BEGAN + timedelta(days=9)).timestamp() * 1e6)),
    ]
    stranger = made.feedback(made.record())
    made.land([*said, stranger])
    made.land([*said, records[0]])
    found = list(log.feedback(SYSTEM, BEGAN, model_version=101))
    assert [each.prediction_id for each in found] == [early["id"], early["id"], late["id"]]
    assert found[2].said_at - found[2].predicted_at > timedelta(days=8)
    assert '"event":"rated"' in found[1].feedback


def test_a_period_and_the_newest_few_can_be_asked_for(log, logged):
    made, records = logged
    made.land([made.feedback(each) for each in records[10:20]])
    until = BEGAN + timedelta(minutes=10)
    before_midnight = list(log.feedback(SYSTEM, BEGAN, until=until, model_version=101))
    assert {each.prediction_id for each in before_midnight} >= {each["id"] for each in records[10:20]}
    newest = list(log.feedback(SYSTEM, BEGAN, model_version=101, last=3))
    everything = list(log.feedback(SYSTEM, BEGAN, model_version=101))
    assert newest == everything[-3:]


def test_the_ids_from_a_moment_on_are_those_of_all_model_versions(log, logged, stack):
    _, records = logged
    other = live(stack, 103)
    other.time = BEGAN + timedelta(minutes=20)
    another = other.record()
    other.land([another])
    late = {each["id"] for each in records[200:]}
    found = log.ids(SYSTEM, BEGAN + timedelta(minutes=20))
    assert found >= late | {another["id"]}
    assert not found & {each["id"] for each in records[:200]}


def test_other_versions_systems_and_empty_tables_give_nothing(log, logged):
    assert log.predictions(SYSTEM, 999, Place(BEGAN), 10).ids == []
    assert log.predictions("no'body", 101, Place(BEGAN), 10).ids == []
    assert list(log.feedback("nobody", BEGAN)) == []
