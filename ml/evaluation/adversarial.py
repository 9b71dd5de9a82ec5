"""The worst change of a given size that a model's own gradient finds: FGSM and PGD, for ``robustness``.

Strength is the radius of a ball in the maximum norm around each input, in the unit of the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.evaluation.robustness import Degraded, robustness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ml.declaration import Adversarial
    from ml.evaluation.robustness import Change, Classify

    Floats = NDArray[np.float64]
    Gradient = Callable[[Floats, NDArray[Any]], Floats]

# Of the radius, over all steps: enough to reach the far side from anywhere in the ball (Madry et al.).
REACH: Final = 2.5


@dataclass(frozen=True)
class Attackable:
    """Held-out ``inputs`` [n, ...] of ``truth`` [n], how they are answered, and how the loss grows with them.

    ``gradient`` of inputs and truth has the inputs' shape. An input stays within ``low`` and ``high``, which
    are numbers or broadcast to the inputs; where both are the input itself nothing is moved.
    """

    inputs: Floats
    truth: NDArray[Any]
    classify: Classify
    gradient: Gradient
    low: Floats | float = 0.0
    high: Floats | float = 1.0

    def fgsm(self, inputs: Floats, strength: float, random: np.random.Generator) -> Floats:
        """Return x + strength sign(dL/dx): I. Goodfellow et al., ICLR 2015, arXiv:1412.6572."""
        del random
        return self._within(inputs, strength, inputs + strength * np.sign(self.gradient(inputs, self.truth)))

    def pgd(self, steps: int) -> Change:
        """Return projected gradient descent: A. Mądry et al., ICLR 2018, arXiv:1706.06083.

        From a random place of the ball, ``steps`` times x <- P(x + a sign(dL/dx)), where P brings x back into
        the ball and a = 2.5 strength / steps.
        """

        def change(inputs: Floats, strength: float, random: np.random.Generator) -> Floats:
            begin = inputs + random.uniform(-strength, strength, inputs.shape)
            moved = self._within(inputs, strength, begin)
            for _ in range(steps):
                step = REACH * strength / steps * np.sign(self.gradient(moved, self.truth))
                moved = self._within(inputs, strength, moved + step)
            return moved

        return change

    def _within(self, inputs: Floats, strength: float, moved: Floats) -> Floats:
        near = np.clip(moved, inputs - strength, inputs + strength)
        found: Floats = np.clip(near, self.low, self.high)
        return found


def attacked(declared: Adversarial, found: Attackable, confidence: float, seed: int) -> tuple[Degraded, ...]:
    """Return the accuracy under each declared attack and strength."""
    changes: Mapping[str, tuple[Change, tuple[float, ...]]] = {
        "fgsm": (found.fgsm, declared.fgsm),
        "pgd": (found.pgd(declared.steps), declared.pgd),
    }
    return robustness(found.classify, found.inputs, found.truth, changes, confidence, seed)
