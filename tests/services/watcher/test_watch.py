"""What a look at the log finds, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from ml.drift.live import Window
from ml.drift.watch import Watch, compared
from ml.drift.windows import EMBEDDING, TOGETHER
from ml.errors import DatasetNotFound
from tests.services.stack import Stack
from tests.services.watcher.live import BEGAN, DECLARED, SYSTEM, embedding, live

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
WINDOW = DECLARED.window


@pytest.fixture
def watch(stack: Stack) -> Watch:
    return Watch(stack.env)


def test_a_system_that_nobody_asked_yet_has_no_window_and_says_what_it_waits_for(stack, watch):
    made = live(stack, 201)
    found = watch.look(made.subject)
    assert (found.windows, found.alarms, found.waiting, found.newest) == ((), (), 0, None)
    made.land(made.requests(WINDOW - 1, 1))
    assert watch.look(made.subject).waiting == WINDOW - 1
    made.land(made.requests(1, 2))
    found = watch.look(made.subject)
    assert (len(found.windows), found.waiting) == (1, 0)
    assert found.newest == made.time


def test_windows_follow_one_another_without_gap_or_overlap_whoever_looks(stack, watch):
    made = live(stack, 202)
    records = made.requests(3 * WINDOW + 10, 3)
    made.land(records)
    made.land(records[100:1200])
    assert watch.look(made.subject).looked == 3
    again = Watch(stack.env).look(made.subject)
    assert (again.looked, again.waiting, [each.number for each in again.windows]) == (0, 10, [1, 2, 3])
    ends = [(each.first, each.last_id, each.count) for each in again.windows]
    assert [last for _, last, _ in ends] == [records[n * WINDOW - 1]["id"] for n in (1, 2, 3)]
    assert [first - BEGAN for first, _, _ in ends] == [
        timedelta(milliseconds=100 * (n * WINDOW + 1)) for n in (0, 1, 2)
    ]


def test_two_that_look_at_once_keep_each_window_once(stack):
    made = live(stack, 213)
    records = made.requests(6 * WINDOW, 4)
    made.land(records)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: Watch(stack.env).look(made.subject), range(2)))
    found = Watch(stack.env).look(made.subject).windows
    assert [each.last_id for each in found] == [records[n * WINDOW - 1]["id"] for n in range(1, 7)]


def test_an_alarm_says_what_drifted_how_far_and_since_when(stack, watch):
    made = live(stack, 203)
    made.land(made.requests(2 * WINDOW, 5))
    assert watch.look(made.subject).alarms == ()
    began = made.time
    made.land(made.requests(2 * WINDOW, 6, shift=1.0))
    found = watch.look(made.subject)
    alarm = next(each for each in found.alarms if each.feature == "history_length")
    assert (alarm.windows, alarm.since) == (2, began + timedelta(milliseconds=100))
    newest = {each.feature: each for each in found.windows[-1].features.features}
    assert newest["history_length"].psi > 0.25


def test_a_shift_that_no_feature_shows_by_itself_is_found_in_all_together(stack, watch):
    made = live(stack, 204)
    records = made.requests(2 * WINDOW, 7)
    shares = np.random.default_rng(8).permutation([each["features"]["recent_share"] for each in records])
    for each, share in zip(records, shares, strict=True):
        each["features"]["recent_share"] = float(share)
    made.land(records)
    found = watch.look(made.subject)
    assert [each.feature for each in found.alarms] == [TOGETHER]


def test_an_embedding_that_turned_is_one_alarm_and_one_that_did_not_is_none(stack, watch):
    made = live(stack, 214, embedding(np.random.default_rng(18), 3000))
    records = made.requests(4 * WINDOW, 19)
    usual, turned = (embedding(np.random.default_rng(20), 2 * WINDOW, turned=each) for each in (False, True))
    logged = {name: np.concatenate([usual[name], turned[name]]) for name in usual}
    for row, each in enumerate(records):
        each["features"] |= {name: float(column[row]) for name, column in logged.items()}
    made.land(records[: 2 * WINDOW])
    assert watch.look(made.subject).alarms == ()
    made.land(records[2 * WINDOW :])
    assert [each.feature for each in watch.look(made.subject).alarms] == [EMBEDDING]


def test_answers_are_held_to_the_first_window_of_their_model(stack, watch):
    made = live(stack, 205)
    usual = made.requests(2 * WINDOW, 9)
    unusual = made.requests(2 * WINDOW, 10)
    for each in unusual[::4]:
        each["response"] = {"source": "popular"}
    made.land(usual + unusual)
    first, *_ = (found := watch.look(made.subject)).windows
    assert first.predictions is None
    assert [each.feature for each in found.alarms] == ["source"]


def test_what_is_missing_mistyped_or_out_of_range_is_told(stack, watch):
    made = live(stack, 206)
    records = made.requests(WINDOW, 11)
    for place, each in enumerate(records):
        if place % 10 == 0:
            del each["features"]["recent_share"]
        if place % 100 == 1:
            each["features"]["history_length"] = "many"
        if place % 10 == 2:
            each["features"]["history_length"] = -5000.0
    made.land(records)
    quality = {each.feature: each for each in watch.look(made.subject).windows[0].quality}
    assert quality["recent_share"].wrong == ("missing",)
    assert quality["recent_share"].missing == pytest.approx(0.1)
    assert quality["history_length"].wrong == ("mistyped", "strange")
    assert quality["history_length"].strange == pytest.approx(0.1, abs=0.01)
    assert quality["source"].wrong == ()


def test_answers_that_get_worse_are_told_by_what_users_did_though_requests_look_the_same(stack, watch):
    made = live(stack, 207)
    records, chance = made.requests(600, 12), np.random.default_rng(13)
    liked = np.r_[chance.random(300) < 0.8, chance.random(300) < 0.3]
    events = ["opened" if each else "dismissed" for each in liked]
    said = [made.feedback(each, event) for each, event in zip(records, events, strict=True)]
    made.land(records + said[:300])
    assert watch.look(made.subject).concept.fell_at is None
    made.land(said[300:])
    found = watch.look(made.subject).concept
    assert found.count == 600
    assert found.score == pytest.approx(liked.mean())
    assert found.fell_at is not None


def test_records_that_somebody_else_published_stop_nothing(stack, watch):
    made = live(stack, 211)
    records = made.requests(WINDOW, 16)
    for place, garbage in enumerate(([1], "text", None, 7)):
        records[place] |= {"features": garbage, "response": garbage}
    made.land([*records, made.feedback(records[0]), made.feedback(records[9]) | {"request": [1]}])
    found = watch.look(made.subject)
    assert (found.looked, found.alarms, found.concept.count) == (1, (), 1)


def test_what_is_watched_only_since_the_model_was_trained_keeps_nothing_else_from_its_turn(stack, watch):
    made = live(stack, 212)
    made.land(made.requests(WINDOW, 17))
    known = made.subject.model_copy(update={"dataset": "d1"})
    with pytest.raises(DatasetNotFound, match="no dataset version"):
        watch.look(known)
    lacking = watch.reference(made.subject)
    gone = lacking.model_copy(update={"features": dict(list(lacking.features.items())[:1])})
    columns = [['{"history_length": 100.0}'] * 9, ["{}"] * 9]
    found = compared(Window(*columns), DECLARED, gone, None)
    assert [each.feature for each in found["features"].features] == ["history_length"]
    assert found["together"] is None


def test_the_first_look_at_a_long_log_is_taken_in_parts(stack, watch, monkeypatch):
    made = live(stack, 208)
    made.land(made.requests(3 * WINDOW, 14))
    monkeypatch.setattr("ml.drift.watch.MOST_WINDOWS", 2)
    assert [watch.look(made.subject).looked for _ in range(3)] == [2, 1, 0]


def command(stack: Stack, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `millrace watch` on the stack, as an environment of the name that it is given."""
    folder = tmp_path / "local"
    folder.mkdir(parents=True)
    known = stack.env.model_copy(update={"systems": (SYSTEM,)})
    (folder / "environment.json").write_text(known.model_dump_json())
    call = [sys.executable, "-m", "scripts.cli", "watch", *arguments]
    environ = os.environ | {"MILLRACE_HOME": str(tmp_path)}
    return subprocess.run(
        call, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_person_reads_what_drifted_and_since_when_and_a_script_the_exit_code(stack, tmp_path):
    made = live(stack, 209)
    made.land(made.requests(2 * WINDOW, 15, shift=1.0))
    done = command(stack, tmp_path, SYSTEM)
    assert done.returncode == 2, done.stderr
    assert "ALARM history_length drifted in 2 of the last windows, since 2026-03-01 23:50:00" in done.stdout
    assert made.subject.release in done.stdout


def test_a_release_without_requests_is_no_alarm_and_an_unknown_system_is_refused(stack, tmp_path):
    live(stack, 210)
    done = command(stack, tmp_path / "one", SYSTEM)
    assert (done.returncode, f"no window yet: 0 of {WINDOW}" in done.stdout) == (0, True), done.stderr
    refused = command(stack, tmp_path / "two", "nobody")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "there is no system 'nobody'" in refused.stderr
