"""The recommender as one would write it by hand, without BentoML: the yardstick of `serving`.

FastAPI with pydantic, uvicorn with uvloop and httptools, orjson, one worker. The model, the
validation, the metrics, the prediction log and the access log are the very classes that the
service uses; the collector is frozen as there. Run in a bento's source folder, port as argument.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path
from typing import Annotated

import orjson
import uvicorn
from fastapi import FastAPI, Header, Response

from ml.systems.recommender.serving import Recommender
from services.endpoint.access_log import AccessLog
from services.endpoint.identifiers import new_id, request_id
from services.endpoint.metrics import EndpointMetrics
from services.endpoint.records import Records
from services.endpoint.settings import Identity, Package, ServiceSettings
from services.endpoint.spool import Spool
from services.systems.recommender.service import RecommendationRequest, Recommendations

settings = ServiceSettings.load()
package = Package.read(Path.cwd())
identity = Identity(system=package.system, release=settings.release, model_version=package.model_version)
metrics = EndpointMetrics(identity, package)
log = AccessLog(identity)
records = Records(identity)
spool = Spool(
    settings.spool,
    segment_bytes=settings.limits.spool_segment_bytes,
    limit_bytes=settings.limits.spool_limit_bytes,
)
model = Recommender.load(Path.cwd() / "model")
app = FastAPI()


@app.get("/readyz")
async def readyz() -> dict[str, bool]:
    return {"ready": True}


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
    if not spool.append(records.line(body, recorded, content, own_id)):
        metrics.dropped.inc()
    metrics.observe(200, time.perf_counter() - started)
    log.line("POST", "/recommend", 200, started, own_id, recorded.prediction_id)
    headers = {"x-request-id": own_id, "x-millrace-release": identity.release}
    return Response(content, media_type="application/json", headers=headers)


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
    )
