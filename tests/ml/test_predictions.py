"""What a classifier answered is held to its form, and each fault is named with its remedy."""

import numpy as np
import pytest

from ml.errors import MlError, WrongPredictions
from ml.evaluation.predictions import BinaryScores, Predictions, positions

CLASSES = ("cat", "dog", "owl")
LABELS = ["cat", "dog", "owl", "dog"]
SHARES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.5, 0.3, 0.2], [0.2, 0.6, 0.2]])


def scores(positive, values):
    return BinaryScores(np.array(positive, bool), np.array(values, float))


def test_labels_become_positions_and_the_likeliest_class_is_predicted():
    found = Predictions.of(LABELS, SHARES, CLASSES)
    assert found.truth.tolist() == [0, 1, 2, 1]
    assert found.predicted.tolist() == [0, 1, 0, 1]
    assert len(found) == 4


def test_one_class_against_the_rest_and_the_top_label_are_binary():
    found = Predictions.of(LABELS, SHARES, CLASSES)
    dogs, top = found.against_rest("dog"), found.top_label()
    assert dogs.positive.tolist() == [False, True, False, True]
    assert dogs.scores.tolist() == [0.2, 0.8, 0.3, 0.6]
    assert top.positive.tolist() == [True, True, False, True]
    assert top.scores.tolist() == [0.7, 0.8, 0.5, 0.6]


def test_rows_can_be_taken_by_slice():
    taken = Predictions.of(LABELS, SHARES, CLASSES).take(np.array([True, False, True, False]))
    assert taken.truth.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Predictions.of([], np.zeros((0, 3)), CLASSES), "no rows to evaluate: check the split"),
        (
            lambda: Predictions.of(LABELS[:3], SHARES, CLASSES),
            r"3 labels, and scores of shape \[4, 3\] where",
        ),
        (lambda: Predictions.of(LABELS, SHARES[:, :2], CLASSES), r"shape \[4, 2\] where \[4, 3\] is needed"),
        (lambda: Predictions.of(["cat", "elk"], SHARES[:2], CLASSES), "unknown label.*'elk'.*'cat', 'dog'"),
        (
            lambda: Predictions.of(LABELS, SHARES * np.nan, CLASSES),
            "row 0 has the score nan .*mend its inputs",
        ),
        (lambda: Predictions.of(LABELS, SHARES * 2, CLASSES), "outside 0..1: pass probabilities"),
        (
            lambda: Predictions.of(LABELS, SHARES * [[1], [1], [0.9], [1]], CLASSES),
            "row 2 sum to 0.9, not to 1: pass the output",
        ),
        (lambda: scores([], []), "no rows to evaluate"),
        (lambda: scores([1, 0], [0.1]), "2 labels, and scores of shape"),
        (lambda: scores([1, 1], [0.1, 0.2]), "all 2 rows are positive: hold out rows of both"),
        (lambda: scores([0, 0], [0.1, 0.2]), "all 2 rows are negative"),
        (lambda: scores([0, 1], [0.1, np.inf]), "row 1 has the score inf"),
        (
            lambda: scores([0, 1], [0.1, 1.2]).as_probabilities(),
            "row 1 has the probability 1.2, outside 0..1",
        ),
        (lambda: positions(["x"], CLASSES), "unknown label"),
    ],
)
def test_a_fault_is_one_clear_error(made, message):
    with pytest.raises(WrongPredictions, match=message) as caught:
        made()
    assert isinstance(caught.value, MlError)


def test_scores_that_are_no_probabilities_still_rank():
    assert len(scores([0, 1], [-3.0, 17.0])) == 2
