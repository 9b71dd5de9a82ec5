"""What labels of cells mean: whether people call one defective, and of which type it is."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ml.data.images.labels import Labelling
from ml.systems.inspector.contract import TYPES

if TYPE_CHECKING:
    from ml.systems.inspector.serving import Inspection

SOUND: Final = "sound"
DEFECTIVE: Final = "defective"


def columns(labels: Sequence[str]) -> dict[str, str]:
    """Return the share of those who judged that say defective, and the type, as far as labels say so."""
    found: dict[str, str] = {}
    judged = [label for label in labels if label in {SOUND, DEFECTIVE}]
    if judged:
        found["defect_probability"] = str(judged.count(DEFECTIVE) / len(judged))
    types = [label for label in labels if label in TYPES]
    if types:
        found["cell_type"] = max(TYPES, key=types.count)
    return found


def said(row: dict[str, Any]) -> tuple[str, float]:
    """Return what most said of a row's cell, and which share of them."""
    probability = float(row["defect_probability"])
    return (DEFECTIVE, probability) if probability >= 0.5 else (SOUND, 1 - probability)


def request(content: bytes) -> dict[str, Any]:
    """Return the body that asks for one image."""
    return {"images": [base64.b64encode(content).decode()]}


def probabilities(answer: list[Inspection]) -> tuple[float, float]:
    """Return how likely the image is sound and defective."""
    return 1 - answer[0].probability, answer[0].probability


LABELLING: Final = Labelling(
    table="cells",
    labels=frozenset({SOUND, DEFECTIVE, *TYPES}),
    needed=frozenset({"defect_probability", "cell_type"}),
    columns=columns,
    said=said,
    request=request,
    probabilities=probabilities,
)
