"""What the steward remembers of a system."""

from datetime import UTC, datetime, timedelta

import pytest

from services.steward.history import REMEMBERED, Event, History
from tests.services.steward.host import FolderRecords

BEGAN = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def history(tmp_path):
    return History(FolderRecords(tmp_path))


def event(run, minute, number=0, kind="held", **more):
    began = BEGAN + timedelta(minutes=minute)
    at = began + timedelta(seconds=number)
    return Event(
        system="a", run=run, began=began, number=number, at=at, kind=kind, text=f"{run} {kind}", **more
    )


def test_a_retraining_is_remembered_however_many_alerts_were_held_back_since(history):
    history.note(event("one", 0, kind="began"))
    history.note(event("one", 0, 1, "trained", evidence={"compute_minutes": 7.0}))
    history.note(event("one", 0, 2, "asks a person", outcome="rejected"))
    for number in range(REMEMBERED + 1):
        history.note(event(f"alert-{number}", 1 + number))
    (run,) = history.runs("a")
    assert (run.began, run.compute_minutes, run.outcome) == (BEGAN, 7.0, "rejected")
    assert {told.kind for told in history.of("a")} == {"held"}


def test_the_events_of_one_run_are_told_in_order_and_no_others(history):
    history.note(event("one", 0, 1, "trained"))
    history.note(event("one", 0, kind="began"))
    history.note(event("one-more", 1, kind="began"))
    assert [told.kind for told in history.of_run("a", "one")] == ["began", "trained"]
    assert history.of_run("a", "none") == []


def test_an_event_is_noted_once_and_the_first_stays(history):
    first = history.note(event("one", 0, kind="began"))
    again = history.note(first.model_copy(update={"text": "another"}))
    assert again == first
    assert [told.text for told in history.of("a")] == ["one began"]
