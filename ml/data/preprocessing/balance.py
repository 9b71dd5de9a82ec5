"""Over- and under-sampling: which training rows a model is fitted on, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from ml.declared import Declared
from ml.errors import WrongInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.data.preprocessing.held_out import HeldOut


class Balance(Declared):
    """``over`` repeats rows of rarer classes until each has as many as the most frequent one; ``under``
    leaves rows of more frequent classes out until each has as few as the rarest.

    Either changes the share of classes that a model sees, so its probabilities are no longer those of the
    population: calibrate on validation rows, which stay as they are.
    """

    method: Literal["over", "under"] = "over"
    seed: int = Field(0, ge=0)


def balanced(
    description: Balance, labels: NDArray[Any], ids: NDArray[Any], held_out: HeldOut
) -> NDArray[np.int64]:
    """Return the positions of the rows to fit on, int64 [m], for the ``labels`` and ``ids`` [n] of all rows.

    Raises:
        DataLeak: one of ``ids`` is held out.
        WrongInput: there is one class only.
    """
    from sklearn.utils import resample

    held_out.refuse(ids.tolist())
    classes, counts = np.unique(labels.astype(str), return_counts=True)
    if len(classes) < 2:
        raise WrongInput(f"there is only class {classes.tolist()}: balancing needs two; check the rows")
    rows: list[NDArray[np.int64]] = []
    for at, (name, count) in enumerate(zip(classes, counts.tolist(), strict=True)):
        members = np.flatnonzero(labels.astype(str) == name)
        seed = description.seed + at
        if description.method == "under":
            rows.append(resample(members, replace=False, n_samples=int(counts.min()), random_state=seed))
        else:
            more = int(counts.max()) - count
            drawn = resample(members, n_samples=more, random_state=seed) if more else members[:0]
            rows.append(np.concatenate([members, drawn]))
    return np.sort(np.concatenate(rows))
