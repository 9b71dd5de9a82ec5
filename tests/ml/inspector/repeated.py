"""A tuning to be repeated: ``python -m tests.ml.inspector.repeated`` writes the digest of what it learns."""

from __future__ import annotations

import numpy as np

from ml.images.efficientnet import FEATURE_SIDE, TRUNK
from ml.images.pretrained import weights
from ml.progress import UNWATCHED
from ml.systems.inspector.features import Cells
from ml.systems.inspector.fitting import Recipe
from ml.systems.inspector.tuning import Shown, Tuning
from tests.ml.inspector.training import digest

# As large as in a real training: of few cells the sums are not divided among threads.
COUNT = 192
RECIPE = Recipe(epochs=1)


def learnt() -> str:
    """Tune on features without meaning."""
    random = np.random.default_rng(0)
    shape = (1, COUNT, TRUNK[-1].out, FEATURE_SIDE, FEATURE_SIDE)
    shown = random.normal(size=shape).astype(np.float16)
    probability = (np.arange(COUNT) % 2).astype(np.float64)
    cells = Cells(np.arange(COUNT).astype(str), probability, np.full(COUNT, "mono"), (b"",) * COUNT)
    pretrained = weights()
    tail = Tuning(pretrained, RECIPE, Shown(shown, cells), 0, UNWATCHED).repeat(RECIPE.epochs)
    return digest(*tail.learnt(pretrained))


if __name__ == "__main__":
    print(learnt())
