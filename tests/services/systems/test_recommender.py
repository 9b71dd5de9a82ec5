"""The recommender's service, packed and running, on a small model of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bentoml
import httpx
import numpy as np
import pyarrow as pa
import pytest

from ml.system import implementation
from services.delivery.package import Bento, Packager
from services.delivery.smoke import smoke_test
from services.endpoint.settings import Package
from services.errors import SmokeTestFailed
from tests.services.stack import Stack
from tests.services.systems.openapi import asked
from tests.services.worker import Worker

pytestmark = pytest.mark.slow

USERS, FILMS = 40, 30
TRAINING_ONLY = (
    "mlflow",
    "sklearn",
    "pandas",
    "implicit",
    "scipy",
    "matplotlib",
    "pyarrow",
    "pandera",
    "boto3",
)


def tables() -> dict[str, pa.Table]:
    """Two tastes, each user on one side; user 0 to 39, film 0 to 29."""
    chance = np.random.default_rng(1)
    rows = [
        (str(user), str(film), 4.0, 1000 + at)
        for user in range(USERS)
        for at, film in enumerate(user % 2 * 15 + chance.permutation(15)[:10])
    ]
    users, items, ratings, times = zip(*rows, strict=True)
    return {
        "events": pa.table({"user_id": users, "item_id": items, "rating": ratings, "timestamp": times}),
        "items": pa.table(
            {
                "item_id": [str(n) for n in range(FILMS)],
                "movie_title": [f"Film {n}" for n in range(FILMS)],
                "release_year": [1990] * FILMS,
                "class": ["Drama"] * FILMS,
            }
        ),
        "users": pa.table(
            {
                "user_id": [str(n) for n in range(USERS)],
                "age": [30] * USERS,
                "gender": ["F"] * USERS,
                "occupation": ["writer"] * USERS,
                "zip_code": ["00000"] * USERS,
            }
        ),
    }


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Bento:
    folder = tmp_path_factory.mktemp("recommender")
    system = implementation("recommender")
    prepared = system.features(tables())
    fitted = system.fit(prepared, {"recency_exponents": [0.7], "ease_penalties": [10], "als_factors": []}, 0)
    (folder / "model").mkdir()
    system.export(fitted, prepared, "recommender@1", folder / "model")
    package = Package(system="recommender", model_version=7, dataset_version="recommender@1")
    return Packager(folder / "store").build(package, folder / "model")


@pytest.fixture(scope="module")
def service(bento: Bento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    with Worker(bento, tmp_path_factory.mktemp("worker"), PYTHONVERBOSE="1") as worker:
        yield worker


def ask(service: Worker, **body: Any) -> httpx.Response:
    return httpx.post(f"{service.url}/recommend", json=body)


@pytest.mark.parametrize("user_id", [3, "3"])
def test_a_known_user_gets_unseen_films_of_his_taste_best_first(service: Worker, user_id: int | str) -> None:
    answer = ask(service, user_id=user_id, k=4).json()
    seen = {str(row["item_id"]) for row in tables()["events"].to_pylist() if row["user_id"] == "3"}
    assert (answer["user_id"], answer["source"], answer["model_version"]) == ("3", "history", 7)
    assert "10 films" in answer["reason"]
    assert len(answer["items"]) == 4
    assert not {item["item_id"] for item in answer["items"]} & seen
    assert all(15 <= int(item["item_id"]) < 30 for item in answer["items"])
    assert answer["items"][0]["title"] == f"Film {answer['items'][0]['item_id']}"
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("user_id", ["nobody", 10**9])
def test_an_unknown_user_gets_popular_films_and_is_told_so(service: Worker, user_id: int | str) -> None:
    answer = ask(service, user_id=user_id).json()
    assert answer["source"] == "popular"
    assert "no history" in answer["reason"]
    assert len(answer["items"]) == 10


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "user_id"),
        ({"user_id": None}, "user_id"),
        ({"user_id": True}, "user_id"),
        ({"user_id": -1}, "user_id"),
        ({"user_id": 0.5}, "user_id"),
        ({"user_id": 2**70}, "user_id"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": "x" * 65}, "user_id"),
        ({"user_id": "a b"}, "user_id"),
        ({"user_id": [1]}, "user_id"),
        ({"user_id": 1, "k": 0}, "k"),
        ({"user_id": 1, "k": 101}, "k"),
        ({"user_id": 1, "k": "5"}, "k"),
        ({"user_id": 1, "k": None}, "k"),
        ({"user_id": 1, "n": 5}, "n"),
    ],
)
def test_a_bad_request_names_its_field(service: Worker, body: dict[str, Any], field: str) -> None:
    answer = ask(service, **body)
    assert answer.status_code == 400
    assert {each["field"].split(".")[0] for each in answer.json()["fields"]} == {field}


def test_more_films_than_there_are_gives_all_that_are_left(service: Worker) -> None:
    assert len(ask(service, user_id=3, k=100).json()["items"]) == FILMS - 10


def test_the_log_has_what_the_model_saw_and_the_caller_does_not(service: Worker) -> None:
    answer = ask(service, user_id=5)
    record = next(each for each in service.records() if each["id"] == answer.json()["prediction_id"])
    assert record["features"]["history_length"] == 10.0
    assert "features" not in answer.json()


def test_feedback_says_what_became_of_a_film(service: Worker) -> None:
    answer = ask(service, user_id=5).json()
    said = {
        "prediction_id": answer["prediction_id"],
        "item_id": answer["items"][0]["item_id"],
        "event": "opened",
    }
    assert httpx.post(f"{service.url}/feedback", json=said).status_code == 200
    assert httpx.post(f"{service.url}/feedback", json=said | {"event": "eaten"}).status_code == 400


def test_bentoml_s_client_and_the_openapi_know_the_types(service: Worker) -> None:
    with bentoml.SyncHTTPClient(service.url) as client:
        assert len(client.recommend({"user_id": 3, "k": 2})["items"]) == 2
    post = httpx.get(f"{service.url}/docs.json").json()["paths"]["/recommend"]["post"]
    request = post["requestBody"]["content"]["application/json"]["schema"]["properties"]
    answer = post["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert (request["k"]["maximum"], request["k"]["default"]) == (100, 10)
    assert answer.keys() >= {"items", "source", "reason", "prediction_id", "release"}


def test_no_request_made_after_its_openapi_gives_5xx(service: Worker) -> None:
    statuses = asked(service.url)
    assert statuses["POST /recommend"] == {200, 400}
    assert 400 in statuses["POST /feedback"]


def test_no_training_library_is_loaded_after_all_that(service: Worker) -> None:
    ask(service, user_id=3)
    loaded = set(re.findall(r"^import '([\w.]+)' #", service.log(), re.MULTILINE))
    assert "ml.systems.recommender.serving" in loaded
    assert not {name for name in loaded if name.split(".")[0] in TRAINING_ONLY}


def test_the_smoke_test_fails_with_what_came_instead(stack: Stack, tmp_path: Path) -> None:
    question = {"route": "recommend", "request": {}, "not_empty": "items"}
    (tmp_path / "nobody").mkdir()
    (tmp_path / "nobody" / "smoke.json").write_text(json.dumps(question))
    with pytest.raises(SmokeTestFailed, match="answered 404"):
        smoke_test(stack.env, "nobody", systems=tmp_path)
    with pytest.raises(SmokeTestFailed, match=r"smoke\.json cannot be read"):
        smoke_test(stack.env, "nothing", systems=tmp_path)
