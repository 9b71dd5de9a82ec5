"""Which images of a system people should label next, by what a model is least sure of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.data.images.inbox import Inbox
from ml.data.images.labelling import uncertain_first, uncertainty
from ml.data.images.labels import Labels
from ml.data.images.store import ImageStore

if TYPE_CHECKING:
    from ml.data.images.labels import Labelling
    from ml.environment import Environment
    from ml.system import Predictor


class Asked(BaseModel):
    """One image to label; ``doubt`` is the model's, 0 (certain) to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    image_id: str
    name: str
    doubt: float


def to_label(
    environment: Environment, system: str, labelling: Labelling, predictor: Predictor, count: int
) -> list[Asked]:
    """Return up to ``count`` unlabelled images of the inbox, most doubted first, near duplicates once."""
    labelled = Labels(environment, system).current()
    waiting = [image for name, image in Inbox(environment, system).images().items() if name not in labelled]
    if not waiting:
        return []
    contents = ImageStore(environment, system).read([image.image_id for image in waiting])
    answers = (predictor(labelling.request(content)) for content in contents)
    probabilities = np.array([labelling.probabilities(answer) for answer in answers])
    order = uncertain_first(probabilities, [int(image.perceptual_hash, 16) for image in waiting])
    doubt = uncertainty(probabilities)
    return [
        Asked(image_id=waiting[at].image_id, name=waiting[at].name, doubt=round(float(doubt[at]), 4))
        for at in order[:count]
    ]
