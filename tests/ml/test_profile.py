"""The reference profile keeps the shape of each watched feature, and few rows."""

import numpy as np
import pytest

from ml.drift.profile import profile
from ml.operation import Monitor

NUMBER = Monitor(feature="length", title="Length")
KIND = Monitor(feature="kind", title="Kind", kind="categorical")


def test_numeric_bins_hold_equal_shares_and_mean_and_spread():
    values = np.random.default_rng(0).normal(3, 2, 5000)
    found = profile([NUMBER], {"length": values}).features["length"]
    assert len(found.edges) == 11
    assert found.shares == pytest.approx([0.1] * 10, abs=0.002)
    assert found.mean == pytest.approx(values.mean())
    assert found.standard_deviation == pytest.approx(values.std())


def test_absent_values_are_counted_and_left_out():
    found = profile([NUMBER], {"length": np.array([1.0, np.nan, 2.0, np.inf])}).features["length"]
    assert found.missing == 0.5
    assert sum(found.shares) == pytest.approx(1)


def test_a_constant_and_an_empty_feature_have_a_profile():
    constant = profile([NUMBER], {"length": np.ones(5)}).features["length"]
    assert constant.shares == (1.0,)
    absent = profile([NUMBER], {"length": np.array([np.nan])}).features["length"]
    assert absent.missing == 1.0


def test_categories_keep_their_shares_and_the_rest_is_summed_up():
    values = ["a"] * 50 + ["b"] * 30 + [None] * 20
    found = profile([KIND], {"kind": values}).features["kind"]
    assert dict(zip(found.values, found.shares, strict=True)) == pytest.approx(
        {"a": 0.625, "b": 0.375, "": 0.0}
    )
    assert found.missing == pytest.approx(0.2)
    many = [str(n) for n in range(60)]
    crowded = profile([KIND], {"kind": many}).features["kind"]
    assert crowded.shares[-1] == pytest.approx(10 / 60)


def test_a_few_whole_rows_of_numbers_are_kept_together():
    other = Monitor(feature="width", title="Width")
    values = np.arange(2000.0)
    holes = np.where(values % 2 == 0, np.nan, values)
    found = profile([NUMBER, KIND, other], {"length": values, "width": holes * 2, "kind": ["a"] * 2000}).rows
    assert set(found) == {"length", "width"}
    assert len(found["length"]) == 500
    assert all(width == 2 * length for length, width in zip(found["length"], found["width"], strict=True))
