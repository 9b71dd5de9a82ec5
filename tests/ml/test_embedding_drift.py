"""A window's embedding is held against the reference as one, and where there is none nothing is held."""

import json

import numpy as np
import pytest

from ml.drift.live import Window
from ml.drift.profile import profile
from ml.drift.watch import compared
from ml.drift.windows import EMBEDDING, TOGETHER, WindowRecord
from ml.operation import Drift, Monitor
from tests.window_records import record_of

DECLARED = Drift(monitors=[Monitor(feature=name, title=name) for name in ("brightness", "contrast")])
NAMES = tuple(f"embedding_{number}" for number in range(3))
ROWS = 600


def observed(seed, *, turned=False, shift=0.0):
    """Two measures and an embedding whose numbers are correlated, otherwise if it is turned."""
    random = np.random.default_rng(seed)
    brightness, contrast = random.normal(shift, 1, (2, ROWS))
    first, other, noise = random.normal(size=(3, ROWS))
    second = (-0.8 if turned else 0.8) * first + 0.6 * other
    embedding = dict(zip(NAMES, (first, second, noise), strict=True))
    return {"brightness": brightness, "contrast": contrast, **embedding}


def window(values, without=()):
    logged = {name: each.tolist() for name, each in values.items() if name not in without}
    texts = [json.dumps({name: each[row] for name, each in logged.items()}) for row in range(ROWS)]
    return Window(texts, ["{}"] * ROWS)


REFERENCE = profile(DECLARED.monitors, observed(0))


def test_a_turned_embedding_is_told_as_one_value_though_none_of_its_numbers_moved():
    found = compared(window(observed(1, turned=True)), DECLARED, REFERENCE, None)
    assert record_of(found, ROWS).drifted == (EMBEDDING,)
    assert {each.feature for each in found["features"].features} == {"brightness", "contrast"}


def test_an_embedding_as_it_was_is_not_told_though_features_drifted():
    found = compared(window(observed(2, shift=1.0)), DECLARED, REFERENCE, None)
    assert set(record_of(found, ROWS).drifted) == {"brightness", "contrast", TOGETHER}
    assert found["embedding"] > 0.01


@pytest.mark.parametrize(
    ("known", "without"),
    [
        pytest.param(REFERENCE.model_copy(update={"embedding": {}}), (), id="an older profile"),
        pytest.param(REFERENCE, NAMES, id="an older model"),
    ],
)
def test_without_an_embedding_on_either_side_there_is_no_such_test(known, without):
    found = compared(window(observed(1, turned=True), without), DECLARED, known, None)
    assert (found["embedding"], record_of(found, ROWS).drifted) == (None, ())
    assert found["together"] is not None


def test_both_tests_of_many_values_share_the_level_that_one_had():
    moved = observed(23, shift=0.17)
    both, alone = (compared(window(moved, left), DECLARED, REFERENCE, None) for left in ((), NAMES))
    assert both["together"] == alone["together"] == 0.002  # of 0.002, which both halve
    assert (both["together_drifted"], alone["together_drifted"]) == (False, True)


def test_a_record_and_a_profile_from_before_there_were_embeddings_are_read():
    kept = record_of(compared(window(observed(4)), DECLARED, REFERENCE, None), ROWS).model_dump(mode="json")
    older = {name: value for name, value in kept.items() if not name.startswith(EMBEDDING)}
    assert WindowRecord.model_validate(older).embedding is None
    stored = REFERENCE.model_dump(mode="json", exclude={"embedding"})
    assert type(REFERENCE).model_validate(stored).embedding == {}
