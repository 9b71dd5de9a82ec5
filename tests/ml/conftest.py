"""Real servers for the session, and an environment of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ml.environment import Environment
from tests.ml.servers import Store, TrackingServer, describe, started

CLOSED = "http://127.0.0.1:9"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    found = started(Store, tmp_path_factory.mktemp("store"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    found = started(TrackingServer, tmp_path_factory.mktemp("tracking"))
    yield found
    found.close()


@pytest.fixture
def environment(store: Store, tmp_path: Path) -> Environment:
    """An environment with its own buckets and no tracking server."""
    return describe(store, CLOSED, tmp_path / "environment", f"t{uuid.uuid4().hex[:10]}")


@pytest.fixture
def tracked(store: Store, tracking: TrackingServer, tmp_path: Path) -> Iterator[Environment]:
    """An environment with its own buckets and an empty registry."""
    import httpx

    environment = describe(store, tracking.url, tmp_path / "environment", f"t{uuid.uuid4().hex[:10]}")
    yield environment
    for name in ("recommender", "inspector", "churn", "shapes"):
        httpx.request(
            "DELETE",
            f"{tracking.url}/api/2.0/mlflow/registered-models/delete",
            json={"name": name},
            trust_env=False,
            timeout=60,
        )


@pytest.fixture(scope="session")
def small_events() -> dict[str, pa.Table]:
    """Clean tables of 60 users and 40 films, two tastes: enough to learn, quick to fit."""
    random = np.random.default_rng(0)
    rows = []
    for user in range(60):
        taste = user % 2 * 20
        films = taste + random.permutation(20)[:12]
        stray = (20 - taste) + random.permutation(20)[:3]
        for at, film in enumerate(np.concatenate([stray, films])):
            rows.append((f"u{user}", f"i{film}", 4.0, 1000 + at))
    users, items, ratings, times = zip(*rows, strict=True)
    return {
        "events": pa.table({"user_id": users, "item_id": items, "rating": ratings, "timestamp": times}),
        "items": pa.table(
            {
                "item_id": [f"i{n}" for n in range(40)],
                "movie_title": [f"Film {n}" for n in range(40)],
                "release_year": [1990 + n % 10 for n in range(40)],
                "class": ["Drama" if n < 20 else "Comedy" for n in range(40)],
            }
        ),
        "users": pa.table(
            {
                "user_id": [f"u{n}" for n in range(60)],
                "age": [20 + n % 40 for n in range(60)],
                "gender": ["F" if n % 3 else "M" for n in range(60)],
                "occupation": ["other"] * 60,
            }
        ),
    }
