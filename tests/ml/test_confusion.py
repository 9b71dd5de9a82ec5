"""Figures of a confusion matrix are scikit-learn's, and their intervals those of the rows."""

import numpy as np
import pytest
from sklearn import metrics

from ml.errors import WrongPredictions
from ml.evaluation.confusion import ConfusionMatrix
from ml.evaluation.intervals import Resampling

CLASSES = ("cat", "dog", "owl", "yak")
QUICK = Resampling(resamples=300)


def sample(n=400, classes=4, seed=0):
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, n)
    predicted = np.where(random.random(n) < 0.6, truth, random.integers(0, classes, n))
    names = np.array(CLASSES[:classes])
    return names[truth], names[predicted]


def test_the_matrix_is_scikit_learns():
    truth, predicted = sample()
    ours = ConfusionMatrix.of(truth, predicted, CLASSES)
    assert ours.array.tolist() == metrics.confusion_matrix(truth, predicted, labels=CLASSES).tolist()


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_every_figure_is_scikit_learns(classes):
    truth, predicted = sample(classes=classes, seed=classes)
    found = ConfusionMatrix.of(truth, predicted, CLASSES[:classes]).figures(QUICK)
    for average in ("macro", "micro"):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(truth, predicted, average=average)
        ours = getattr(found, average)
        assert (ours.precision.value, ours.recall.value, ours.f1.value) == pytest.approx(
            (precision, recall, f1)
        )
    assert found.accuracy.value == pytest.approx(metrics.accuracy_score(truth, predicted))
    assert found.balanced_accuracy.value == pytest.approx(metrics.balanced_accuracy_score(truth, predicted))
    each = zip(*metrics.precision_recall_fscore_support(truth, predicted), found.classes, strict=True)
    for precision, recall, f1, support, ours in each:
        assert (ours.precision.value, ours.recall.value, ours.f1.value) == pytest.approx(
            (precision, recall, f1)
        )
        assert ours.support == support


def test_the_figures_of_the_book_example():
    """Manning, Raghavan and Schütze 2008, table 13.8: two classes, pooled and averaged precision.

    Class 1 has 10 true and 10 false positives, class 2 has 90 and 10: macro precision 0.7, pooled 0.83.
    """
    first = ConfusionMatrix(classes=("yes", "no"), counts=((10, 10), (10, 970))).figures(QUICK)
    second = ConfusionMatrix(classes=("yes", "no"), counts=((90, 10), (10, 890))).figures(QUICK)
    precisions = first.of("yes").precision, second.of("yes").precision
    assert [found.value for found in precisions] == [0.5, 0.9]
    assert sum(found.value for found in precisions) / 2 == pytest.approx(0.7)
    hits = sum(found.value * found.units for found in precisions)
    assert round(hits / sum(found.units for found in precisions), 2) == 0.83


def test_f1s_interval_is_that_of_drawing_rows_class_by_class():
    truth, predicted = sample(n=150, classes=2, seed=5)
    how = Resampling(0.9, 3000, 1)
    ours = ConfusionMatrix.of(truth, predicted, CLASSES[:2]).figures(how).of("dog").f1
    random, drawn = np.random.default_rng(9), []
    groups = [np.flatnonzero(truth == name) for name in ("cat", "dog")]
    for _ in range(3000):
        rows = np.concatenate([random.choice(group, len(group)) for group in groups])
        true, taken = truth[rows] == "dog", predicted[rows] == "dog"
        drawn.append(2 * np.sum(true & taken) / (np.sum(true) + np.sum(taken)))
    low, high = np.quantile(drawn, [0.05, 0.95])
    assert (ours.low, ours.high) == pytest.approx((low, high), abs=0.012)


def test_a_class_of_one_row_is_in_every_resample():
    found = ConfusionMatrix(classes=("a", "b"), counts=((50, 50), (0, 1))).figures(QUICK)
    assert found.balanced_accuracy.value == 0.75
    assert found.balanced_accuracy.low > 0.65


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_every_interval_holds_its_figure(method):
    found = ConfusionMatrix.of(*sample(), CLASSES).figures(Resampling(resamples=500, method=method))
    estimates = [found.accuracy, found.balanced_accuracy]
    estimates += [
        figure for one in (found.macro, *found.classes) for figure in (one.precision, one.recall, one.f1)
    ]
    assert len(estimates) == 17
    assert all(0 <= one.low <= one.value <= one.high <= 1 and one.low < one.high for one in estimates)


def test_a_class_that_is_never_predicted_has_no_precision_and_nothing_is_known_of_it():
    found = ConfusionMatrix.of(["a", "a", "b"], ["a", "a", "a"], ["a", "b"]).figures(QUICK).of("b")
    assert (found.precision.value, found.precision.low, found.precision.high) == (0, 0, 1)
    assert (found.recall.value, found.f1.value, found.predicted) == (0, 0, 0)


def test_a_class_without_rows_does_not_count_in_the_mean():
    truth, predicted = ["a", "a", "b", "b"], ["a", "c", "b", "b"]
    found = ConfusionMatrix.of(truth, predicted, ["a", "b", "c"]).figures(QUICK)
    assert found.balanced_accuracy.value == 0.75
    with pytest.raises(WrongPredictions, match="no held-out row is of class 'c'; there are a, b"):
        found.of("c")


@pytest.mark.parametrize(
    ("truth", "predicted", "message"),
    [
        ([], [], r"rows are of 0 class\(es\)"),
        (["cat"], ["cat", "dog"], "1 true labels and 2 predicted"),
        (["cat", "cat"], ["cat", "dog"], r"rows are of 1 class\(es\): hold out rows of two"),
        (["cat", "dog"], ["cat", "gnu"], "unknown label.*'gnu'"),
    ],
)
def test_labels_that_cannot_be_counted_are_refused(truth, predicted, message):
    with pytest.raises(WrongPredictions, match=message):
        ConfusionMatrix.of(truth, predicted, CLASSES)
