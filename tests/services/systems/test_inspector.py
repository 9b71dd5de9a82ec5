"""The inspector's service, packed and running, on the pretrained network with a last layer of its own."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from ml.systems.inspector.drawn import png, sound
from services.delivery.declared import declared_limits
from services.delivery.package import Bento, Packager
from services.endpoint.settings import Package
from tests.ml.inspector.cells import untrained
from tests.services.systems.openapi import asked
from tests.services.worker import Worker

pytestmark = pytest.mark.slow

SERVICE = Path(__file__).parents[3] / "services" / "systems" / "inspector"
TRAINING_ONLY = ("mlflow", "sklearn", "pandas", "scipy", "keras", "tensorflow", "onnx", "pyarrow", "boto3")


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Bento:
    folder = tmp_path_factory.mktemp("inspector")
    (folder / "model").mkdir()
    untrained(folder / "model")
    package = Package(system="inspector", model_version=3, dataset_version="inspector@1")
    return Packager(folder / "store").build(package, folder / "model")


@pytest.fixture(scope="module")
def service(bento: Bento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    limits = declared_limits("inspector")
    with Worker(bento, tmp_path_factory.mktemp("worker"), limits, PYTHONVERBOSE="1") as worker:
        yield worker


def ask(service: Worker, *images: bytes, **more: Any) -> httpx.Response:
    body = {"images": [base64.b64encode(one).decode() for one in images], **more}
    return httpx.post(f"{service.url}/inspect", json=body, timeout=60)


def cell() -> np.ndarray:
    return sound(np.random.default_rng(5))


def saved(image: Image.Image, kind: str, **more: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **more)
    return buffer.getvalue()


def test_an_image_gets_a_probability_a_severity_and_a_place(service: Worker) -> None:
    answer = ask(service, png(cell())).json()
    found = answer["inspections"][0]
    assert set(found) == {"defective", "probability", "severity", "x", "y", "map"}
    assert all(0 <= found[name] <= 1 for name in ("probability", "severity", "x", "y"))
    assert found["map"] is None
    assert (answer["model_version"], answer["release"]) == (3, "inspector-v1-cafe")


def test_a_map_is_a_transparent_picture_of_the_images_size(service: Worker) -> None:
    found = ask(service, png(cell()[:, :200]), maps=True).json()["inspections"][0]
    picture = Image.open(io.BytesIO(base64.b64decode(found["map"])))
    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGBA", (200, 300))


def test_a_batch_is_answered_in_order_as_each_alone(service: Worker) -> None:
    images = [png(sound(np.random.default_rng(seed))) for seed in range(4)]
    alone = [ask(service, one).json()["inspections"][0] for one in images]
    assert ask(service, *images).json()["inspections"] == alone


def test_the_same_picture_in_any_form_gets_nearly_the_same_answer(service: Worker) -> None:
    image = Image.fromarray(cell())
    forms = {
        "colour": saved(image.convert("RGB"), "PNG"),
        "alpha": saved(image.convert("RGBA"), "PNG"),
        "cmyk": saved(image.convert("RGB").convert("CMYK"), "TIFF"),
        "sixteen bits": saved(Image.fromarray(cell().astype(np.uint16) * 257), "PNG"),
        "jpeg": saved(image, "JPEG", quality=95),
    }
    wanted = ask(service, png(cell())).json()["inspections"][0]["probability"]
    for form, content in forms.items():
        answer = ask(service, content)
        assert answer.status_code == 200, (form, answer.text)
        assert abs(answer.json()["inspections"][0]["probability"] - wanted) < 0.05, form


def test_a_turned_camera_says_so_and_is_believed(service: Worker) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right
    turned = Image.fromarray(cell()).rotate(90, expand=True)
    found = ask(service, saved(turned, "PNG", exif=exif)).json()["inspections"][0]
    wanted = ask(service, png(cell())).json()["inspections"][0]
    assert found["probability"] == wanted["probability"]


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it unpacks to 30,000 x 30,000 pixels."""
    content = bytearray(saved(Image.new("L", (1, 1)), "PNG"))
    header = content.index(b"IHDR")
    content[header + 4 : header + 12] = (30_000).to_bytes(4, "big") * 2
    content[header + 17 : header + 21] = zlib.crc32(bytes(content[header : header + 17])).to_bytes(4, "big")
    return bytes(content)


@pytest.mark.parametrize(
    ("image", "why"),
    [
        (b"GIF89a and no more", "no image of a known format"),
        (png(cell())[:2000], "damaged|cut short|truncated"),
        (bomb(), "pixels"),
        (saved(Image.new("L", (8, 8)), "GIF"), "no image of a known format"),
    ],
)
def test_what_is_no_image_is_refused_by_its_number(service: Worker, image: bytes, why: str) -> None:
    answer = ask(service, png(cell()), image)
    assert answer.status_code == 400, answer.text
    assert answer.json()["fields"][0]["field"] == "images.1"
    assert re.search(why, answer.json()["error"])


@pytest.mark.parametrize(
    "body", [{}, {"images": []}, {"images": [7]}, {"images": ["not base64!"]}, {"images": ["nöt"]},
             {"images": [""]}, {"images": ["aGk="] * 17}, {"images": ["aGk="], "more": 1}]
)  # fmt: skip
def test_a_request_of_another_form_is_refused(service: Worker, body: dict[str, Any]) -> None:
    answer = httpx.post(f"{service.url}/inspect", json=body)
    assert answer.status_code == 400
    assert answer.json()["fields"]


def test_the_log_holds_measures_and_digests_and_no_picture(service: Worker) -> None:
    answer = ask(service, png(cell()), maps=True).json()
    record = next(one for one in service.records() if one["prediction_id"] == answer["prediction_id"])
    embedding = {f"embedding_{number}" for number in range(8)}
    assert set(record["features"]) == {"brightness", "contrast", "sharpness", "probability"} | embedding
    assert record["features"]["brightness"] == pytest.approx(cell().mean())
    assert re.fullmatch("[0-9a-f]{64}", record["request"]["images"][0])
    assert "map" not in record["response"]["inspections"][0]
    assert record["response"]["inspections"][0]["probability"] == answer["inspections"][0]["probability"]


def test_what_people_saw_is_taken(service: Worker) -> None:
    prediction = ask(service, png(cell())).json()["prediction_id"]
    body = {"prediction_id": prediction, "defective": [True]}
    assert httpx.post(f"{service.url}/feedback", json=body).status_code == 200
    refused = httpx.post(f"{service.url}/feedback", json={**body, "defective": ["perhaps"]})
    assert refused.status_code == 400


def test_no_request_made_after_its_openapi_gives_5xx(service: Worker) -> None:
    statuses = asked(service.url)
    assert 400 in statuses["POST /inspect"]
    assert 400 in statuses["POST /feedback"]


def test_the_service_loads_nothing_that_only_training_needs(service: Worker) -> None:
    loaded = set(re.findall(r"^import '([\w]+)", service.log(), re.MULTILINE))
    assert "onnxruntime" in loaded
    assert not loaded & set(TRAINING_ONLY)


def test_the_shipped_smoke_question_is_answered(service: Worker) -> None:
    question = json.loads((SERVICE / "smoke.json").read_text())
    answer = httpx.post(f"{service.url}/{question['route']}", json=question["request"])
    assert answer.status_code == 200
    assert answer.json()[question["not_empty"]]
