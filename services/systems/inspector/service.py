"""Inspect images of solar cells with one model version's files."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import BaseModel, Field

from ml.data.images.decode import DecodeLimits, ImageRefused
from ml.systems.inspector.serving import Inspection, Inspector
from services.endpoint.contract import Feedback, Prediction, Request
from services.endpoint.errors import InvalidRequest
from services.endpoint.identifiers import new_id
from services.endpoint.service import api, service
from services.endpoint.settings import MODEL, Package, ServiceSettings, package_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_IMAGES = 16
# A cell's image has 90,000 pixels; what a camera sends of a whole module is not for this model.
LIMITS = DecodeLimits(most_bytes=4 * 2**20, most_pixels=16_000_000)

Encoded = Annotated[
    str, Field(min_length=1, description="An image file (PNG, JPEG, TIFF, BMP, WebP) in base64.")
]


class InspectionRequest(Request):
    """Images to inspect, and whether to draw where each looks defective."""

    images: Annotated[list[Encoded], Field(min_length=1, max_length=MOST_IMAGES)]
    maps: Annotated[bool, Field(description="Answer with a map of each image as PNG in base64.")] = False

    def logged(self) -> BaseModel:
        """Return what the log holds: the digest of each image in place of the image."""
        return LoggedRequest(images=[_digest(one) for one in self.images], maps=self.maps)


class LoggedRequest(BaseModel):
    """A request as the log has it; ``images`` are SHA-256 of what was sent, as base64."""

    images: list[str]
    maps: bool


class InspectedImage(BaseModel):
    """What is said of one image.

    ``x`` and ``y`` are where most speaks for a defect, 0 to 1 from the upper left.
    """

    defective: bool
    probability: Annotated[float, Field(description="Of a defect, calibrated.")]
    severity: Annotated[float, Field(description="What people would say on average: 0 sound, 1 defective.")]
    x: float
    y: float
    map: Annotated[str | None, Field(description="PNG to lay over the image, in base64.")] = None


class Inspections(Prediction):
    """One inspection for each image, in order."""

    inspections: list[InspectedImage]

    def outcome(self) -> str:
        """Return whether any of the images looks defective."""
        return "defective" if any(each.defective for each in self.inspections) else "sound"

    def logged(self, response: bytes) -> bytes:
        """Return what the log holds: the answer without its maps."""
        del response
        return self.model_dump_json(exclude={"inspections": {"__all__": {"map"}}}).encode()


class InspectionFeedback(Feedback):
    """What people saw when they looked: one word for each image, none for one that nobody looked at."""

    defective: Annotated[list[bool | None], Field(min_length=1, max_length=MOST_IMAGES)]


@service(feedback=InspectionFeedback)
class CellInspector:
    """Whether a cell is defective, how severely, and where."""

    def __init__(self) -> None:
        self._model = Inspector.load(package_folder() / MODEL, limits=LIMITS)
        self._release = ServiceSettings.load().release
        self._version = Package.read(package_folder()).model_version

    @api
    def inspect(self, request: InspectionRequest, /) -> Inspections:
        """Inspect images; the first that cannot be read refuses the request, and says which."""
        found = [self._one(number, image) for number, image in enumerate(request.images)]
        return Inspections.model_construct(
            prediction_id=new_id(self._release),
            release=self._release,
            model_version=self._version,
            inspections=[_answer(one, maps=request.maps) for one in found],
        ).with_features(_features(found))

    def _one(self, number: int, image: str) -> Inspection:
        try:
            return self._model.inspect([base64.b64decode(image, validate=True)])[0]
        except ImageRefused as error:
            raise _refused(number, str(error)) from None
        except ValueError as error:
            raise _refused(number, f"it is not base64 ({error})") from None


def _refused(number: int, why: str) -> InvalidRequest:
    return InvalidRequest(f"images.{number}: {why}", fields=[(f"images.{number}", why)])


def _answer(found: Inspection, *, maps: bool) -> InspectedImage:
    picture = base64.b64encode(found.picture()).decode() if maps else None
    return InspectedImage.model_construct(**found.said(), map=picture)


def _features(found: Sequence[Inspection]) -> dict[str, float]:
    """Return what is watched for drift: means over the images of the request."""
    names = found[0].features
    means: dict[str, Any] = {name: float(np.mean([one.features[name] for one in found])) for name in names}
    return {**means, "probability": float(np.mean([one.probability for one in found]))}


def _digest(encoded: str) -> str:
    return hashlib.sha256(encoded.encode()).hexdigest()
