"""Records as services write them, and the rows they become."""

from __future__ import annotations

import time
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import TableNotFoundError

from ml.objects import delta_options
from services.endpoint.identifiers import new_id
from tests.services.stack import Stack


def record(kind: str = "prediction", system: str = "echo") -> dict[str, Any]:
    own = new_id()
    return {
        "kind": kind,
        "system": system,
        "release": "r",
        "model_version": 1,
        "id": own,
        "prediction_id": own,
        "time_us": time.time_ns() // 1000,
        "request_id": "q",
        "features": {"length": 2.0},
        "request": {"text": "a"},
        "response": {"texts": ["a!"]},
    }


def landed(stack: Stack, table: str, column: str) -> list[str]:
    address = f"s3://{stack.env.object_store.buckets.predictions}/{table}"
    try:
        found = DeltaTable(address, storage_options=delta_options(stack.env.object_store, "recorder"))
    except TableNotFoundError:
        return []
    return [str(value) for value in found.to_pyarrow_table(columns=[column])[column].to_pylist()]
