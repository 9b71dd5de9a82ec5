"""The held-out rows are the last ones, and nothing of them is seen before."""

import numpy as np
import pyarrow as pa
import pytest

from ml.data.split import TEST, TRAIN, VALIDATION, leave_last_out
from ml.systems.recommender.features import Events, features
from ml.systems.recommender.fitting import fit

SETTINGS = {
    "recency_exponents": [0.7],
    "ease_penalties": [10],
    "als_factors": [8],
    "als_regularizations": [1],
    "als_confidences": [3],
}


def test_the_last_row_of_each_group_tests_and_the_one_before_validates():
    groups = np.array([1, 0, 1, 0, 1, 0, 1])
    times = np.array([5, 3, 1, 1, 9, 2, 7])
    order, part = leave_last_out(groups, times)
    assert order.tolist() == [3, 5, 1, 2, 0, 6, 4]
    assert part.tolist() == [TRAIN, VALIDATION, TEST, TRAIN, TRAIN, VALIDATION, TEST]


def test_ties_keep_the_order_in_which_they_came():
    order, part = leave_last_out(np.zeros(4), np.array([1, 1, 1, 1]))
    assert order.tolist() == [0, 1, 2, 3]
    assert part.tolist() == [TRAIN, TRAIN, VALIDATION, TEST]


def test_a_group_too_short_to_answer_from_only_trains():
    _, part = leave_last_out(np.array([0, 1, 1]), np.array([1, 1, 2]))
    assert part.tolist() == [TRAIN, TRAIN, TRAIN]


def test_no_held_out_event_lies_before_one_that_trains(small_events):
    tables = features(small_events)
    events = tables["events"].to_pandas()
    for _, mine in events.groupby("user_id"):
        latest_trained = mine.loc[mine.part == TRAIN, "timestamp"].max()
        validated = mine.loc[mine.part == VALIDATION, "timestamp"].item()
        assert latest_trained <= validated <= mine.loc[mine.part == TEST, "timestamp"].item()


def test_histories_that_train_hold_no_held_out_event(small_events):
    events = Events.of(features(small_events))
    for part, seen in ((VALIDATION, (TRAIN,)), (TEST, (TRAIN, VALIDATION))):
        histories = events.histories(*seen)
        rows, items = events.last_items(part)
        assert len(rows) == 60
        assert not any(item in histories.of(row) for row, item in zip(rows, items, strict=True))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_what_is_fitted_does_not_depend_on_the_test_events(small_events):
    """Another world after the validation event leaves model, settings and trials as they are."""
    tables = features(small_events)
    events = tables["events"].to_pandas()
    untouched = fit(tables, SETTINGS, seed=0)
    other = events.copy()
    other.loc[other.part == TEST, "item_id"] = "i7"
    changed = {**tables, "events": pa.Table.from_pandas(other, preserve_index=False)}
    fitted = fit(changed, SETTINGS, seed=0)
    assert fitted.settings == untouched.settings
    scores = [trial["score"] for trial in fitted.trials]
    assert scores == [trial["score"] for trial in untouched.trials]
    same = fitted.model.scores(fitted.learnt_from, 0.7)
    np.testing.assert_array_equal(same, untouched.model.scores(untouched.learnt_from, 0.7))
