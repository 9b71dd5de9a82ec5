"""Held-out rows never reach what is fitted, and sampling touches training rows alone."""

import numpy as np
import pyarrow as pa
import pytest

from ml.data.preprocessing.balance import Balance, balanced
from ml.data.preprocessing.fitting import fit
from ml.data.preprocessing.held_out import HeldOut
from ml.data.preprocessing.steps import Preprocessing
from ml.data.split import TEST, TRAIN, VALIDATION
from ml.errors import ContractBroken, DataLeak, WrongInput

PARTS = [TRAIN] * 6 + [VALIDATION] * 2 + [TEST] * 2
TABLE = pa.table({"row": [f"r{at}" for at in range(10)], "x": [float(at) for at in range(10)], "part": PARTS})
STEPS = Preprocessing.model_validate({"inputs": ["x"], "key": "row", "steps": [{"kind": "scale"}]})
HELD_OUT = HeldOut.of(TABLE, "row")


def test_the_rows_that_are_not_for_training_are_held_out():
    assert HELD_OUT.ids == {"r6", "r7", "r8", "r9"}
    assert HELD_OUT.training_rows(TABLE)["row"].to_pylist() == [f"r{at}" for at in range(6)]


def test_training_rows_are_fitted_and_the_others_leave_no_trace():
    """The scale is that of 0..5; the held-out rows would have made it that of 0..9."""
    made = fit(STEPS, HELD_OUT.training_rows(TABLE), HELD_OUT)
    assert made.fitted[0].centre == (2.5,)
    assert made.rows == 6


@pytest.mark.parametrize("leaked", [6, 9])
def test_a_planted_leak_is_caught_and_its_row_named(leaked):
    """One validation row, or one test row, among the training rows."""
    planted = pa.concat_tables([HELD_OUT.training_rows(TABLE), TABLE.slice(leaked, 1)])
    with pytest.raises(
        DataLeak, match=rf"1 held-out row\(s\) were given to fit \(row r{leaked}\): fit on training"
    ):
        fit(STEPS, planted, HELD_OUT)


def test_a_leak_under_another_label_is_caught_by_its_id():
    """The part column of what is fitted is not believed: a test row that says it trains is still one."""
    disguised = TABLE.set_column(2, "part", [[TRAIN] * 10])
    with pytest.raises(DataLeak, match=r"4 held-out row\(s\).*r6, r7, r8, r9"):
        fit(STEPS, disguised, HELD_OUT)


def test_an_id_in_two_parts_is_a_leak_of_the_split_itself():
    twice = pa.concat_tables([TABLE, pa.table({"row": ["r9"], "x": [9.0], "part": [TRAIN]})])
    with pytest.raises(DataLeak, match="row r9"):
        HeldOut.of(twice, "row")


def test_ids_of_another_type_are_the_same_ids():
    numbered = TABLE.set_column(0, "row", [list(range(10))])
    held_out = HeldOut.of(numbered, "row")
    with pytest.raises(DataLeak):
        held_out.refuse(["8"])
    with pytest.raises(DataLeak):
        held_out.refuse([8])


def test_a_table_without_parts_or_ids_or_rows_is_refused():
    with pytest.raises(ContractBroken, match="lacks the column part"):
        HeldOut.of(TABLE.drop(["part"]), "row")
    with pytest.raises(ContractBroken, match="no training rows to fit on"):
        fit(STEPS, TABLE.slice(0, 0), HELD_OUT)
    with pytest.raises(ContractBroken, match=r"lacks the column\(s\) row"):
        fit(STEPS, TABLE.drop(["row"]), HELD_OUT)


LABELS = np.array(["a"] * 20 + ["b"] * 9 + ["c"] * 6)
IDS = np.array([f"i{at}" for at in range(35)])
NOBODY = HeldOut("row", frozenset({"elsewhere"}))


def test_oversampling_keeps_every_row_and_repeats_the_rare_ones():
    rows = balanced(Balance(method="over"), LABELS, IDS, NOBODY)
    assert np.unique(LABELS[rows], return_counts=True)[1].tolist() == [20, 20, 20]
    assert set(rows.tolist()) == set(range(35))


def test_undersampling_repeats_no_row_and_leaves_out_the_frequent_ones():
    rows = balanced(Balance(method="under"), LABELS, IDS, NOBODY)
    assert np.unique(LABELS[rows], return_counts=True)[1].tolist() == [6, 6, 6]
    assert len(set(rows.tolist())) == 18


@pytest.mark.parametrize("method", ["over", "under"])
def test_sampling_is_repeatable_and_follows_its_seed(method):
    first = balanced(Balance(method=method), LABELS, IDS, NOBODY).tolist()
    assert balanced(Balance(method=method), LABELS, IDS, NOBODY).tolist() == first
    assert balanced(Balance(method=method, seed=1), LABELS, IDS, NOBODY).tolist() != first


def test_a_held_out_row_is_not_sampled():
    with pytest.raises(DataLeak, match="i3"):
        balanced(Balance(), LABELS, IDS, HeldOut("row", frozenset({"i3"})))


def test_one_class_cannot_be_balanced():
    with pytest.raises(WrongInput, match="balancing needs two"):
        balanced(Balance(), LABELS[:5], IDS[:5], NOBODY)
