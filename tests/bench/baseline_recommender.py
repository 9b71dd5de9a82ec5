"""The recommender as one would write it by hand, without BentoML: the yardstick of `serving`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import orjson
from fastapi import Header, Response

from ml.systems.recommender.serving import Recommender
from services.endpoint.identifiers import new_id, request_id
from services.systems.recommender.service import RecommendationRequest, Recommendations
from tests.bench.baseline_app import answered, app, identity, run

model = Recommender.load(Path.cwd() / "model")


@app.post("/recommend", response_model=Recommendations)
async def recommend(body: RecommendationRequest, x_request_id: Annotated[str, Header()] = "") -> Response:
    started = time.perf_counter()
    own_id = request_id(x_request_id.encode() or None)
    found = model.recommend(str(body.user_id), body.k)
    popular = found.kind == "popular"
    answer = {
        "prediction_id": new_id(),
        "release": identity.release,
        "model_version": identity.model_version,
        "user_id": found.user_id,
        "items": [{"item_id": i.item_id, "title": i.title, "score": i.score} for i in found.items],
        "source": "popular" if popular else "history",
        "reason": "popular films" if popular else "from the history",
    }
    content = orjson.dumps(answer)
    recorded = Recommendations.model_construct(**answer).with_features(found.features)
    return answered("/recommend", started, own_id, body, recorded, content)


if __name__ == "__main__":
    run()
