"""The inspector as one would write it by hand, without BentoML: the yardstick of `inspector`.

The model and the checks of images are the very classes that the service uses; each request runs in a thread.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
from fastapi import Header, HTTPException, Response

from ml.data.images.decode import ImageRefused
from ml.systems.inspector.serving import Inspection, Inspector
from services.endpoint.identifiers import new_id, request_id
from services.systems.inspector.service import LIMITS, InspectedImage, InspectionRequest, Inspections
from tests.bench.baseline_app import answered, app, identity, run

model = Inspector.load(Path.cwd() / "model", limits=LIMITS)


@app.post("/inspect", response_model=Inspections)
async def inspect(body: InspectionRequest, x_request_id: Annotated[str, Header()] = "") -> Response:
    started = time.perf_counter()
    own_id = request_id(x_request_id.encode() or None)
    try:
        found = await asyncio.to_thread(inspections, body.images)
    except (binascii.Error, ImageRefused) as error:
        raise HTTPException(400, str(error)) from error
    answer: dict[str, Any] = {
        "prediction_id": new_id(),
        "release": identity.release,
        "model_version": identity.model_version,
        "inspections": [{**one.said(), "map": picture(one) if body.maps else None} for one in found],
    }
    content = orjson.dumps(answer)
    answer["inspections"] = [InspectedImage.model_construct(**one) for one in answer["inspections"]]
    recorded = Inspections.model_construct(**answer).with_features(features(found))
    return answered("/inspect", started, own_id, body, recorded, content)


def inspections(images: list[str]) -> list[Inspection]:
    return [model.inspect([base64.b64decode(image, validate=True)])[0] for image in images]


def picture(found: Inspection) -> str:
    return base64.b64encode(found.picture()).decode()


def features(found: list[Inspection]) -> dict[str, float]:
    means = {name: float(np.mean([one.features[name] for one in found])) for name in found[0].features}
    return {**means, "probability": float(np.mean([one.probability for one in found]))}


if __name__ == "__main__":
    run()
