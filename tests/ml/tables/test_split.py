"""Rows are held out by class, in whole groups, or by time; the folds of cross-validation likewise."""

import numpy as np
import pyarrow as pa
import pytest

from ml.errors import ContractBroken
from ml.tables.split import Division, parts_of, times_of

RARE = np.array(["yes"] * 20 + ["no"] * 80)


def division(classes=RARE, groups=None, times=None):
    groups = np.arange(len(classes)).astype(str) if groups is None else groups
    return Division(classes, groups, times)


def test_each_part_has_each_class_alike():
    part = parts_of(division(), 0)
    assert [int((part == name).sum()) for name in ("train", "validation", "test")] == [64, 16, 20]
    assert [int((part[:20] == name).sum()) for name in ("validation", "test")] == [3, 4]


def test_a_group_is_never_divided():
    groups = np.repeat(np.arange(25), 4).astype(str)
    part = parts_of(division(classes=np.where(np.arange(100) % 8 < 4, "a", "b"), groups=groups), 0)
    assert all(len(set(part[groups == each])) == 1 for each in set(groups))


def test_with_a_time_the_newest_rows_test_and_those_before_them_validate():
    times = np.random.default_rng(0).permutation(100).astype(float)
    part = parts_of(division(times=times), 0)
    assert times[part == "train"].max() < times[part == "validation"].min()
    assert times[part == "validation"].max() < times[part == "test"].min()


def test_every_row_judges_once_and_no_group_is_on_both_sides_of_a_fold():
    groups = np.repeat(np.arange(50), 2).astype(str)
    found = list(division(groups=groups).folds(4, 0))
    assert sorted(np.concatenate([held for _, held in found]).tolist()) == list(range(100))
    for learnt, held in found:
        assert not set(groups[learnt]) & set(groups[held])
        assert 3 <= (RARE[held] == "yes").sum() <= 7


def test_by_time_a_fold_is_judged_by_what_follows_it():
    times = np.random.default_rng(0).permutation(100).astype(float)
    found = list(division(times=times).folds(4, 0))
    assert len(found) == 4
    for learnt, held in found:
        assert times[learnt].max() < times[held].min()


def test_a_class_with_too_few_rows_is_named():
    with pytest.raises(ContractBroken, match="class yes has 3"):
        parts_of(division(classes=np.array(["yes"] * 3 + ["no"] * 50)), 0)


@pytest.mark.parametrize(
    "texts", [["9", "10"], ["2026-01-31", "2026-02-01 08:00"], ["2026-01-31T01:00+02:00", "2026-01-31"]]
)
def test_times_are_numbers_or_dates_and_rise(texts):
    found = times_of(pa.table({"at": texts}), "at")
    assert found[0] < found[1]
