"""What the apps written by hand share: FastAPI, uvicorn with uvloop and httptools, one worker.

The metrics, the prediction log and the access log are the very classes that the services use; the collector
is frozen as there. An app runs in a bento's source folder, port as argument.
"""

from __future__ import annotations

import gc
import sys
import time
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

from services.endpoint.access_log import AccessLog
from services.endpoint.contract import Prediction, Request
from services.endpoint.metrics import EndpointMetrics
from services.endpoint.records import Records
from services.endpoint.settings import Identity, Package, ServiceSettings
from services.endpoint.spool import Spool

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
app = FastAPI()


@app.get("/readyz")
async def readyz() -> dict[str, bool]:
    return {"ready": True}


def answered(
    path: str, started: float, own_id: str, body: Request, recorded: Prediction, content: bytes
) -> Response:
    """Log a prediction and return the response."""
    if not spool.append(records.line(body, recorded, content, own_id)):
        metrics.dropped.inc()
    metrics.observe(200, time.perf_counter() - started, path)
    log.line("POST", path, 200, started, own_id, recorded.prediction_id)
    headers = {"x-request-id": own_id, "x-millrace-release": identity.release}
    return Response(content, media_type="application/json", headers=headers)


def run() -> None:
    """Serve until killed."""
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
