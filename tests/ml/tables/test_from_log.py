"""What a system of a table learns from its log: rows it was asked about, with the class that came out."""

import json
from datetime import UTC, datetime

import pyarrow as pa

from ml.data.prediction_log import Said
from ml.tables.from_log import from_log, outcome
from ml.tables.table import ROW_ID, ROWS, Column, Table

TABLE = Table(
    columns=(Column(name="months"), Column(name="plan", kind="text", categories=("basic",), gaps=True)),
    target="churned",
    classes=("no", "yes"),
)
TABLES = {
    ROWS: pa.table({"months": ["3"], "plan": ["basic"], "churned": ["no"], ROW_ID: ["a-0"]}),
}


def said(prediction, row, label):
    moment = datetime(2026, 3, 4, tzinfo=UTC)
    request, feedback = json.dumps({"row": row}), json.dumps({"label": label})
    return Said(prediction, moment, moment, request, "{}", feedback)


def test_a_labelled_row_is_added_once_with_its_latest_label_and_gaps_stay_gaps():
    told = [said("p1", {"months": 5.0, "plan": None}, "no"), said("p1", {"months": 5.0, "plan": None}, "yes")]
    rows = from_log(TABLE, TABLES, told)[ROWS].to_pylist()
    assert rows[1:] == [{"months": "5.0", "plan": "", "churned": "yes", ROW_ID: "log-p1"}]


def test_a_table_with_a_group_or_a_time_learns_from_its_source_alone():
    told = [said("p1", {"months": 5.0}, "no")]
    assert from_log(TABLE.model_copy(update={"group": "customer"}), TABLES, told) is TABLES
    assert from_log(TABLE, TABLES, []) is TABLES


def test_an_answer_was_right_if_its_class_is_what_was_said():
    assert outcome({"label": "no"}, {"label": "no"}) == 1
    assert outcome({"label": "no"}, {"label": "yes"}) == 0
    assert outcome({"label": "no"}, {}) is None
