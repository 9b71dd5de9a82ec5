"""How a classifier holds when its inputs get worse: noise, blur and brightness, at rising strength.

The manner of D. Hendrycks and T. Dietterich, "Benchmarking neural network robustness to common corruptions
and perturbations", ICLR 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.evaluation.intervals import wilson
from ml.evaluation.paired import McNemar, mcnemar
from ml.evaluation.statistics import Estimate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Change = Callable[[NDArray[np.float64], float, np.random.Generator], NDArray[np.float64]]
    Classify = Callable[[NDArray[np.float64]], NDArray[Any]]


class Degraded(BaseModel):
    """Accuracy under a change of one strength, and McNemar's test against the unchanged inputs.

    In ``against_clean`` the challenger is the model on changed inputs, the champion the same on clean ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    change: str
    strength: float
    accuracy: Estimate
    against_clean: McNemar

    @property
    def fact(self) -> str:
        """Return the name by which a declaration bounds its accuracy, such as ``accuracy_noise_0.05``."""
        return f"accuracy_{self.change}_{self.strength:g}"


def robustness(
    classify: Classify,
    inputs: NDArray[np.float64],
    truth: NDArray[Any],
    changes: Mapping[str, tuple[Change, Sequence[float]]],
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[Degraded, ...]:
    """Return the accuracy under each change and strength; ``inputs`` is [n, ...], ``truth`` [n]."""
    clean = classify(inputs) == truth
    found = []
    for name, (change, strengths) in changes.items():
        for strength in strengths:
            random = np.random.default_rng(seed)
            right = classify(change(inputs, strength, random)) == truth
            accuracy = wilson(int(np.count_nonzero(right)), len(right), confidence)
            found.append(
                Degraded(
                    change=name, strength=strength, accuracy=accuracy, against_clean=mcnemar(right, clean)
                )
            )
    return tuple(found)


def image_noise(
    images: NDArray[np.float64], strength: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Add Gaussian noise of standard deviation ``strength`` to images of 0..1, cut at both ends."""
    noisy: NDArray[np.float64] = np.clip(images + random.normal(0, strength, images.shape), 0, 1)
    return noisy


def image_blur(
    images: NDArray[np.float64], strength: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Blur images [n, height, width] or [n, height, width, channels] by a Gaussian of ``strength`` pixels."""
    from scipy.ndimage import gaussian_filter

    del random
    sigma = (0, strength, strength) + (0,) * (images.ndim - 3)
    blurred: NDArray[np.float64] = gaussian_filter(images, sigma)
    return blurred


def image_brightness(
    images: NDArray[np.float64], strength: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Multiply images of 0..1 by 1 + ``strength`` (negative darkens), cut at both ends."""
    del random
    brighter: NDArray[np.float64] = np.clip(images * (1 + strength), 0, 1)
    return brighter


def table_noise(
    table: NDArray[np.float64], strength: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Add Gaussian noise of ``strength`` standard deviations of each column to a table [n, f]."""
    noisy: NDArray[np.float64] = table + random.normal(0, 1, table.shape) * strength * table.std(axis=0)
    return noisy
