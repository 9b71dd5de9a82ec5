"""Requests are held-out rows with known classes; a changed world is noticed and has none."""

import numpy as np
import pytest

from ml.declaration import Monitor
from ml.drift.comparison import compare
from ml.drift.profile import profile
from ml.tables.features import Rows, monitored
from ml.tables.traffic import labels, requests, shift
from tests.ml.tables.rows import TABLE, tables


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
