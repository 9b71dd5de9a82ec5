"""Every held-out cell inspected by the serving files; and whether the map points at what was put there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ml.data.split import TEST
from ml.evaluation.predictions import Predictions
from ml.evaluation.statistics import bootstrap_mean
from ml.evaluation.units import Units
from ml.systems.inspector.batches import logits_of
from ml.systems.inspector.degrading import degraded
from ml.systems.inspector.features import Cells
from ml.systems.inspector.pasting import pasted, points_at
from ml.systems.inspector.serving import DEFECT, FILES, Inspector, prepare

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

CLASSES: Final = ("sound", "defective")
PASTED: Final = 200
RESAMPLES: Final = 2000


def evaluate(folder: Path, tables: dict[str, pa.Table]) -> Units:
    """Inspect each test cell. Baseline: to call every cell sound, as most are.

    ``balanced_accuracy`` of a unit is right or wrong times what makes its mean the mean of both classes'.
    """
    inspector = Inspector.load(folder)
    cells = Cells.of(tables, TEST)
    pixels, defective = cells.pixels(), cells.defective
    said = {each: _probabilities(Inspector.load(folder, each), pixels) for each in FILES}
    called = {each: found >= inspector.manifest.threshold for each, found in said.items()}
    serve = inspector.manifest.serve
    probabilities, served = said[serve], called[serve]
    return Units(
        ids=cells.ids,
        metrics=_figures(served, defective),
        baselines={"all_sound": _figures(np.zeros(len(cells), bool), defective)},
        slices={
            "cell_type": cells.kind,
            "certainty": np.where(cells.certain, "people agreed", "people doubted"),
        },
        facts={
            "decisions_changed": float((called["fp32"] != called["int8"]).mean()),
            **_cost_of_8_bits(called["fp32"] == defective, called["int8"] == defective),
            "pointing": _pointing(inspector, cells),
        },
        predictions=Predictions(
            CLASSES,
            defective.astype(np.int64),
            np.stack([1 - probabilities, probabilities], axis=1),
            served.astype(np.int64),
        ),
        degraded=degraded(inspector, cells),
    )


def _probabilities(inspector: Inspector, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return inspector.probabilities(logits_of(inspector.run, pixels))


def _figures(called: NDArray[np.bool_], defective: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    right = (called == defective).astype(np.float64)
    share = defective.mean()
    return {
        "accuracy": right,
        "balanced_accuracy": right * np.where(defective, 0.5 / max(share, 1e-9), 0.5 / max(1 - share, 1e-9)),
    }


def _cost_of_8_bits(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> dict[str, float]:
    """Return the difference of accuracies, and the lower end of its 95 % interval.

    Of some hundred cells 8 bits change a dozen decisions, either way: the difference alone passes a bound of
    half a point by chance about every eighth time.
    """
    lost = bootstrap_mean(before.astype(np.float64) - after.astype(np.float64), 0.95, RESAMPLES, 0)
    return {"accuracy_drop": lost.value, "accuracy_drop_sure": lost.low}


def _pointing(inspector: Inspector, cells: Cells) -> float:
    """Return how often the map's strongest place is the defect that was pasted into a sound cell.

    J. Zhang et al., "Top-down neural attention by excitation backprop", ECCV 2016 (the pointing game).
    """
    sound = cells.take(cells.probability == 0).some(PASTED)
    random = np.random.default_rng(0)
    shown = [pasted(image, random) for image in sound.grey()]
    _, evidence = inspector.run(np.stack([prepare(image) for image, _ in shown]))
    hits = [points_at(one, place) for one, (_, place) in zip(evidence[:, DEFECT], shown, strict=True)]
    return float(np.mean(hits))
