"""What a good request gets, and what is kept of it."""

from __future__ import annotations

import re
import socket

import bentoml
import httpx
import pytest

from services.endpoint.identifiers import mark, marked, new_id
from tests.services.worker import Worker
from tests.waiting import eventually

UUID7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def test_an_answer_names_its_prediction_release_and_request(echo: Worker) -> None:
    answer = httpx.post(f"{echo.url}/echo", json={"text": "a"}, headers={"x-request-id": "mine-1"})
    assert answer.status_code == 200
    assert answer.json()["texts"] == ["a!"]
    assert UUID7.match(answer.json()["prediction_id"])
    assert answer.json()["release"] == answer.headers["x-millrace-release"] == "echo-v1-cafe"
    assert answer.headers["x-request-id"] == "mine-1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, 'quote"', "{}", "line\\n"])
def test_a_request_id_that_would_spoil_a_log_is_replaced(echo: Worker, given: str) -> None:
    answer = httpx.post(f"{echo.url}/echo", json={"text": "a"}, headers={"x-request-id": given})
    assert UUID7.match(answer.headers["x-request-id"])


def test_a_prediction_is_on_file_before_its_answer_arrives(echo: Worker) -> None:
    answer = httpx.post(f"{echo.url}/echo", json={"text": "b\n", "times": 2}, headers={"x-request-id": "r-2"})
    record = next(each for each in echo.records() if each["id"] == answer.json()["prediction_id"])
    assert record["kind"] == "prediction"
    assert (record["system"], record["release"], record["model_version"]) == ("echo", "echo-v1-cafe", 1)
    assert record["request"] == {"text": "b\n", "times": 2, "wait_s": 0.0}
    assert record["response"] == answer.json()
    assert record["request_id"] == "r-2"


def test_feedback_is_on_file_under_its_prediction(echo: Worker) -> None:
    prediction_id = httpx.post(f"{echo.url}/echo", json={"text": "a"}).json()["prediction_id"]
    answer = httpx.post(f"{echo.url}/feedback", json={"prediction_id": prediction_id, "heard": True})
    assert answer.status_code == 200
    record = next(each for each in echo.records() if each["id"] == answer.json()["feedback_id"])
    assert (record["kind"], record["prediction_id"]) == ("feedback", prediction_id)
    assert record["request"]["heard"] is True


def test_a_refused_request_leaves_no_record(echo: Worker) -> None:
    before = len(echo.records())
    httpx.post(f"{echo.url}/echo", json={"text": 1})
    assert len(echo.records()) == before


def test_a_failing_model_is_500_with_the_request_id_and_its_traceback_is_logged(echo: Worker) -> None:
    answer = httpx.post(f"{echo.url}/echo", json={"text": "break"}, headers={"x-request-id": "broken-7"})
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "told to break" not in answer.text
    line = eventually(
        lambda: next((x for x in echo.log().splitlines() if "told to break" in x), None),
        "it is logged",
    )
    assert "broken-7" in line


def test_requests_are_counted_by_status_and_timed(echo: Worker) -> None:
    def seen(status: int) -> float:
        return echo.metric(
            f'millrace_requests_total{{release="echo-v1-cafe",status="{status}",system="echo"}}'
        )

    before = seen(200), seen(400), echo.metric("millrace_request_duration_seconds_count")
    httpx.post(f"{echo.url}/echo", json={"text": "a"})
    httpx.post(f"{echo.url}/echo", json={"text": 1})
    after = seen(200), seen(400), echo.metric("millrace_request_duration_seconds_count")
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 2]


def test_predictions_are_counted_by_what_was_answered_and_feedback_by_whose_prediction_it_was(
    echo: Worker,
) -> None:
    own, other = mark("echo-v1-cafe"), mark("echo-v2-beef")

    def seen() -> list[float]:
        kinds = [f'millrace_predictions_total{{outcome="{kind}"' for kind in ("once", "often", "error")]
        told = [f'millrace_feedback_total{{of="{of}"' for of in (own, other)]
        return [echo.metric(name) for name in (*kinds, *told)]

    before = seen()
    answers = [httpx.post(f"{echo.url}/echo", json={"text": "a", "times": times}) for times in (1, 2, 3)]
    httpx.post(f"{echo.url}/echo", json={"text": "break"})
    assert {marked(answer.json()["prediction_id"]) for answer in answers} == {own}
    for prediction in (answers[0].json()["prediction_id"], new_id("echo-v2-beef"), new_id("echo-v2-beef")):
        httpx.post(f"{echo.url}/feedback", json={"prediction_id": prediction, "heard": False})
    assert [now - then for now, then in zip(seen(), before, strict=True)] == [1, 2, 1, 1, 2]


def test_probes_and_scrapes_are_not_counted_as_requests(echo: Worker) -> None:
    before = echo.metric("millrace_requests_total")
    for path in ("/livez", "/healthz", "/readyz", "/metrics", "/docs.json"):
        assert httpx.get(f"{echo.url}{path}").status_code == 200
    assert echo.metric("millrace_requests_total") == before


def test_declared_thresholds_are_metrics(echo: Worker) -> None:
    assert echo.metric('millrace_threshold{name="latency_ms"') == 50.0


def test_a_line_per_request_carries_its_ids(echo: Worker) -> None:
    answer = httpx.post(f"{echo.url}/echo", json={"text": "a"}, headers={"x-request-id": "logged-1"})
    line = eventually(
        lambda: next((x for x in echo.log().splitlines() if '"logged-1"' in x), None),
        "it is logged",
    )
    assert answer.json()["prediction_id"] in line
    assert '"release":"echo-v1-cafe"' in line


def test_a_plain_method_answers_from_a_thread_while_others_are_served(echo: Worker) -> None:
    with socket.create_connection(("127.0.0.1", echo.settings.port)) as slow:
        body = b'{"text": "a", "wait_s": 3}'
        slow.sendall(b"POST /slowly HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        eventually(lambda: echo.metric("millrace_requests_in_progress") == 1, "one request is in progress")
        assert httpx.post(f"{echo.url}/echo", json={"text": "a"}).status_code == 200
        assert slow.recv(1000).startswith(b"HTTP/1.1 200")


def test_bentoml_s_own_client_works(echo: Worker) -> None:
    with bentoml.SyncHTTPClient(echo.url) as client:
        assert client.is_ready()
        assert client.echo({"text": "a", "times": 2})["texts"] == ["a!", "a!"]


def test_the_openapi_page_has_the_types_of_requests_and_answers(echo: Worker) -> None:
    document = httpx.get(f"{echo.url}/docs.json").json()
    for path, request, answer in (("/echo", "text", "texts"), ("/feedback", "heard", "feedback_id")):
        post = document["paths"][path]["post"]
        assert request in post["requestBody"]["content"]["application/json"]["schema"]["properties"]
        assert answer in post["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    assert "swagger" in httpx.get(f"{echo.url}/").text.lower()
