"""Requests are held-out rows with known classes, a changed world is noticed, and feedback is learnt from."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from ml.data.prediction_log import Said
from ml.drift.comparison import compare
from ml.drift.profile import profile
from ml.operation import Monitor
from ml.tables.features import Rows, monitored
from ml.tables.from_log import from_log
from ml.tables.source import identified
from ml.tables.system import TableSystem
from ml.tables.traffic import labels, requests, shift
from tests.ml.tables.rows import TABLE, raw, tables


@pytest.fixture(scope="module")
def shown():
    return tables(1500)


def test_requests_are_held_out_rows_and_their_labels_the_true_classes(shown):
    held = Rows.of(TABLE, shown, "test")
    asked = list(requests(TABLE, shown, 50, 0))
    rows = held.inputs(TABLE)
    assert all(request["row"] in rows for request in asked)
    said = [label["label"] for label in labels(TABLE, shown, asked)]
    places = [rows.index(request["row"]) for request in asked]
    assert said == [TABLE.classes[held.truth[place]] for place in places]
    assert asked == list(requests(TABLE, shown, 50, 0))


def test_a_share_of_rows_comes_from_a_changed_world_and_has_no_label(shown):
    asked = list(requests(TABLE, shown, 200, 0))
    changed = list(shift(TABLE, asked, 0.5, 0))
    moved = [one != other for one, other in zip(asked, changed, strict=True)]
    assert 70 < sum(moved) < 130
    said = [each["label"] for each in labels(TABLE, shown, changed)]
    assert all(label is None for label, was in zip(said, moved, strict=True) if was)
    assert list(shift(TABLE, asked, 0.0, 0)) == asked


def test_drift_sees_the_changed_world_in_numbers_and_texts_and_gaps_are_no_drift(shown):
    kinds = {"number": "numeric", "text": "categorical"}
    monitors = [Monitor(feature=c.name, title=c.name, kind=kinds[c.kind]) for c in TABLE.columns]
    reference = profile(monitors, monitored(TABLE, shown))

    def window(strength):
        rows = [each["row"] for each in shift(TABLE, requests(TABLE, shown, 800, 1), strength, 0)]
        return {
            c.name: np.array([row[c.name] for row in rows], np.float64 if c.kind == "number" else object)
            for c in TABLE.columns
        }

    assert compare(reference, window(0.0), 0.001).drifted == ()
    assert set(compare(reference, window(1.0), 0.001).drifted) == set(TABLE.names)


def said(number, row, label, day=1):
    return Said(
        prediction_id=f"p{number}",
        predicted_at=datetime(2026, 3, day, tzinfo=UTC),
        said_at=datetime(2026, 3, day, 1, tzinfo=UTC),
        request=json.dumps({"row": row}),
        response=json.dumps({"label": "low"}),
        feedback=json.dumps({"prediction_id": f"p{number}", "label": label}),
    )


def test_what_was_told_of_an_answer_becomes_a_row_and_the_last_word_holds():
    before = {"rows": identified(raw(60))}
    row = {"age": 30.0, "income ($)": None, "city": "Oslo"}
    after = from_log(TABLE, before, [said(1, row, "low", 2), said(1, row, "mid", 1), said(2, row, "high")])
    rows = after["rows"].to_pylist()
    assert len(rows) == 62
    assert len({each["row_id"] for each in rows}) == 62
    added = [{name: each[name] for name in before["rows"].column_names[:-1]} for each in rows[60:]]
    assert added == [
        {"age": "30.0", "income ($)": "", "city": "Oslo", "spends": label} for label in ("low", "high")
    ]
    assert from_log(TABLE, before, []) == before


@pytest.mark.parametrize(("known", "wanted"), [("2026-01-31", "2026-03-01T00:00:00+00:00"), ("41", "42.0")])
def test_a_row_out_of_the_log_is_newer_than_those_before_and_a_group_of_its_own(known, wanted):
    table = TABLE.model_copy(update={"time": "day", "group": "shop"})
    rows = raw(60).append_column("day", [[known] * 60]).append_column("shop", [["s"] * 60])
    after = from_log(table, {"rows": identified(rows)}, [said(1, {"age": 30.0, "city": "Oslo"}, "low")])
    last = after["rows"].to_pylist()[-1]
    assert (last["day"], last["shop"]) == (wanted, "asked p1")


def test_an_answer_is_good_if_its_class_was_told():
    outcome = TableSystem().outcome
    assert outcome({"label": "low"}, {"label": "low"}) == 1.0
    assert outcome({"label": "low"}, {"label": "mid"}) == 0.0
    assert outcome({"label": "low"}, {}) is None
