"""A system as the watcher finds it: a dataset version, a release that serves, and logged requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from ml.data.datasets import Datasets
from ml.drift.profile import profile
from ml.drift.watch import Subject
from ml.system import load
from services.delivery.release import Pointer, Release
from services.delivery.releases import Releases
from services.endpoint.identifiers import new_id
from services.recorder.bus import Message
from services.recorder.tables import LandingTable
from tests.services.stack import Stack

SYSTEM = "recommender"
DECLARED = load(SYSTEM).drift
BEGAN = datetime(2026, 3, 1, 23, 50, tzinfo=UTC)


@dataclass
class Live:
    """Logs requests of one model version, one every 100 ms from shortly before midnight on."""

    stack: Stack
    model_version: int
    dataset: str
    sequence: int = 0
    time: datetime = BEGAN

    @property
    def subject(self) -> Subject:
        return Subject(
            system=SYSTEM,
            release=f"{SYSTEM}-v{self.model_version}-test",
            model_version=self.model_version,
            dataset=self.dataset,
            since=BEGAN,
        )

    def requests(self, count: int, seed: int, *, shift: float = 0.0, **more: Any) -> list[dict[str, Any]]:
        """Return records of requests whose histories may be longer than they were."""
        found = values(np.random.default_rng(seed), count, shift)
        return [
            self.record(features={name: float(each[row]) for name, each in found.items()} | more)
            for row in range(count)
        ]

    def record(self, **more: Any) -> dict[str, Any]:
        self.time += timedelta(milliseconds=100)
        own = new_id()
        return {
            "kind": "prediction", "id": own, "prediction_id": own, "system": SYSTEM,
            "release": self.subject.release, "model_version": self.model_version, "request_id": "q",
            "time_us": int(self.time.timestamp() * 1e6), "features": {}, "request": {},
            "response": {"source": "history"}, **more,
        }  # fmt: skip

    def feedback(self, of: dict[str, Any], event: str = "opened", **more: Any) -> dict[str, Any]:
        said = {"prediction_id": of["id"], "item_id": "1", "event": event}
        return self.record(kind="feedback", prediction_id=of["id"], request=said, **more)

    def land(self, records: list[dict[str, Any]]) -> None:
        """Put records into the tables as the recorder does."""
        first = self.sequence + 1
        self.sequence += len(records)
        messages = [Message(first + place, orjson.dumps(each)) for place, each in enumerate(records)]
        stream = f"v{self.model_version}"
        for kind in ("prediction", "feedback"):
            LandingTable(self.stack.env.object_store, kind).land(messages, stream, first - 1)


def live(stack: Stack, model_version: int, more: dict[str, Any] | None = None) -> Live:
    """Commit what the model version learnt from, with ``more`` values [n], and have its release serve."""
    found = values(np.random.default_rng(model_version), 3000) | (more or {})
    known = profile(DECLARED.monitors, found)
    tables = {"events": pa.table({"n": [model_version]})}
    version = Datasets(stack.env).commit(SYSTEM, tables, known, "test")
    made = Live(stack, model_version, str(version))
    _serve(stack, made.subject)
    return made


def values(random: np.random.Generator, count: int, shift: float = 0.0) -> dict[str, Any]:
    """Return features [count] of requests, histories ``shift`` deviations longer."""
    length = random.normal(100 + 20 * shift, 20, count)
    return {"history_length": length, "recent_share": 0.002 * length + random.normal(0, 0.02, count)}


def embedding(random: np.random.Generator, count: int, *, turned: bool = False) -> dict[str, Any]:
    """Return an embedding [count] of two numbers that go together, otherwise if it is turned."""
    first, other = random.normal(size=(2, count))
    second = (-0.8 if turned else 0.8) * first + 0.6 * other
    return {"embedding_0": first, "embedding_1": second}


def _serve(stack: Stack, subject: Subject) -> None:
    releases = Releases(stack.env)
    record = Release(
        id=subject.release, system=SYSTEM, model_version=subject.model_version, model_digest="m",
        dataset_version=subject.dataset, code_digest="c", bento_tag="t", bento_digest="b", commit="c",
        infrastructure_revision="r", created_by="test", created_at=subject.since,
    )  # fmt: skip
    releases.record(record)
    old, tag = releases.pointer(SYSTEM)
    releases.point(SYSTEM, Pointer.moved(old, record.id, "test", subject.since), tag)
