"""What the families have in common: the rows they are shown, and what a fitted model can do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.tables.settings import Continued

# The names of every graph's input, float32 [n, f], and output, float32 [n, k].
FEATURES: Final = "features"
PROBABILITIES: Final = "probabilities"
OPSET: Final = 17
IR: Final = 9
OTHER_SHAPE: Final = "the champion's weights are of a model of another shape"


@dataclass(frozen=True)
class Sample:
    """``features`` float32 [n, f], ``truth`` int64 [n] of ``classes``, and what a row weighs, float64 [n]."""

    features: NDArray[np.float32]
    truth: NDArray[np.int64]
    classes: int
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, features: NDArray[Any], truth: NDArray[np.int64], classes: int, *, balanced: bool) -> Sample:
        """Return the rows, each class weighing the same if ``balanced``; the mean weight is 1."""
        counts = np.bincount(truth, minlength=classes)
        even = len(truth) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        weights = even[truth] if balanced else np.ones(len(truth))
        return cls(features.astype(np.float32), truth, classes, weights)


class Model(Protocol):
    """A fitted model."""

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return how likely each class is, float64 [n, k], for features [n, f]."""

    def graph(self) -> Any:
        """Return the same as an ONNX model, ``features`` to ``probabilities``."""


@runtime_checkable
class Continuable(Model, Protocol):
    """A fitted model that can go on learning elsewhere, from its recipe and its weights alone."""

    @property
    def recipe(self) -> Continued:
        """The settings that it was fitted by."""

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return arrays by name."""

    def go_on_from(self, weights: dict[str, NDArray[Any]]) -> None:
        """Begin with these weights.

        Raises:
            NoUpdate: they are of a model of another shape.
        """


def cross_entropy(probabilities: NDArray[np.float64], sample: Sample) -> float:
    """Return the weighted mean of -ln p of the true class, in nats."""
    of_truth = probabilities[np.arange(len(sample.truth)), sample.truth]
    losses = -np.log(np.clip(of_truth, np.finfo(np.float64).eps, 1.0))
    return float(np.average(losses, weights=sample.weights))
