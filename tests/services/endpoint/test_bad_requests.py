"""Whatever a caller sends, the answer says what was wrong with it, and never 5xx."""

from __future__ import annotations

import json
import random
import socket
from typing import Any

import httpx
import pytest

from tests.services.worker import Worker
from tests.waiting import eventually

JSON = {"content-type": "application/json"}
GOOD = {"text": "hello"}
SOME_ID = "01a20c34-24c9-702f-8c06-106dac55a55d"

BAD_BODIES: list[tuple[str, bytes, int, str, str]] = [
    ("/echo", b"", 400, "bad_json", "not JSON"),
    ("/echo", b"{", 400, "bad_json", "not JSON"),
    ("/echo", b"nonsense", 400, "bad_json", "not JSON"),
    ("/echo", b'{"text": "a"} trailing', 400, "bad_json", "not JSON"),
    ("/echo", b'{"text": "\xff\xfe"}', 400, "bad_json", "not JSON"),
    ("/echo", b"\x00" * 100, 400, "bad_json", "not JSON"),
    ("/echo", b"[" * 100_000, 400, "bad_json", "not JSON"),
    ("/echo", b"null", 400, "invalid_request", "body"),
    ("/echo", b"[]", 400, "invalid_request", "body"),
    ("/echo", b"17", 400, "invalid_request", "body"),
    ("/echo", b"{}", 400, "invalid_request", "text: Field required"),
    ("/echo", b'{"text": 1}', 400, "invalid_request", "text"),
    ("/echo", b'{"text": null}', 400, "invalid_request", "text"),
    ("/echo", b'{"text": ""}', 400, "invalid_request", "text"),
    ("/echo", b'{"text": "a", "times": "3"}', 400, "invalid_request", "times"),
    ("/echo", b'{"text": "a", "times": 2.5}', 400, "invalid_request", "times"),
    ("/echo", b'{"text": "a", "times": true}', 400, "invalid_request", "times"),
    ("/echo", b'{"text": "a", "times": 0}', 400, "invalid_request", "times"),
    ("/echo", b'{"text": "a", "times": 101}', 400, "invalid_request", "times"),
    ("/echo", b'{"text": "a", "times": 1' + b"0" * 50 + b"}", 400, "invalid_request", "times"),
    ("/echo", b'{"text": "a", "times": 1' + b"0" * 5000 + b"}", 400, "bad_json", "number out of range"),
    ("/echo", b'{"text": "a", "wait_s": NaN}', 400, "invalid_request", "wait_s"),
    ("/echo", b'{"text": "a", "wait_s": Infinity}', 400, "invalid_request", "wait_s"),
    ("/echo", b'{"text": "a", "colour": "red"}', 400, "invalid_request", "colour"),
    ("/feedback", b"{}", 400, "invalid_request", "prediction_id"),
    ("/feedback", b'{"prediction_id": "1", "heard": true}', 400, "invalid_request", "prediction_id"),
    ("/feedback", b'{"prediction_id": "%b"}' % SOME_ID.encode(), 400, "invalid_request", "heard"),
    ("/feedback", b'{"prediction_id": "%b", "heard": 2}' % SOME_ID.encode(), 400, "invalid_request", "heard"),
]


@pytest.mark.parametrize(("path", "body", "status", "code", "reason"), BAD_BODIES)
def test_a_bad_body_is_refused_with_its_reason(
    echo: Worker, path: str, body: bytes, status: int, code: str, reason: str
) -> None:
    answer = httpx.post(f"{echo.url}{path}", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert reason in answer.json()["error"]
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/nowhere", 404, "unknown_route"),
        ("GET", "/nowhere", 404, "unknown_route"),
        ("GET", "/%2e%2e/%2e%2e/etc/passwd", 404, "unknown_route"),
        ("GET", "/echo/", 404, "unknown_route"),
        ("GET", "/echo", 405, "method_not_allowed"),
        ("PUT", "/echo", 405, "method_not_allowed"),
        ("DELETE", "/feedback", 405, "method_not_allowed"),
        ("POST", "/livez", 405, "method_not_allowed"),
        ("POST", "/metrics", 405, "method_not_allowed"),
        ("POST", "/docs.json", 405, "method_not_allowed"),
    ],
)
def test_a_wrong_route_or_method_is_refused(
    echo: Worker, method: str, path: str, status: int, code: str
) -> None:
    answer = httpx.request(method, f"{echo.url}{path}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_wrong_method_is_told_the_right_one(echo: Worker) -> None:
    assert httpx.get(f"{echo.url}/echo").headers["allow"] == "POST"


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/vnd.bentoml+pickle", "", ";"],
)
def test_a_body_that_says_it_is_no_json_is_refused(echo: Worker, media_type: str) -> None:
    answer = httpx.post(f"{echo.url}/echo", content=b'{"text": "a"}', headers={"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/ld+json"],
)
def test_every_spelling_of_json_is_taken(echo: Worker, media_type: str) -> None:
    answer = httpx.post(f"{echo.url}/echo", content=b'{"text": "a"}', headers={"content-type": media_type})
    assert answer.status_code == 200


@pytest.mark.parametrize("size_bytes", [300_000, 5_000_000, 40_000_000])
def test_a_body_that_is_too_large_is_413(echo: Worker, size_bytes: int) -> None:
    with socket.create_connection(("127.0.0.1", echo.settings.port)) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size_bytes)
        if size_bytes < 16_000_000:
            connection.sendall(b"x" * size_bytes)
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_large_body_without_a_length_is_413(echo: Worker) -> None:
    answer = httpx.post(f"{echo.url}/echo", content=(b"x" * 10_000 for _ in range(40)), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_bytes_that_are_no_http_are_refused(echo: Worker) -> None:
    with socket.create_connection(("127.0.0.1", echo.settings.port)) as connection:
        connection.sendall(b"\x16\x03\x01 not http at all\r\n\r\n")
        assert b" 400 " in connection.recv(1000)


def test_a_caller_that_leaves_in_the_middle_harms_nobody(echo: Worker) -> None:
    with socket.create_connection(("127.0.0.1", echo.settings.port)) as connection:
        connection.sendall(b'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"text"')
    eventually(lambda: echo.metric("millrace_requests_in_progress") == 0, "no request is in progress")
    assert httpx.post(f"{echo.url}/echo", json=GOOD).status_code == 200


def _mutated(seed: int) -> bytes:
    chance = random.Random(seed)
    values: list[Any] = [
        None,
        True,
        -1,
        0,
        2**70,
        1e308,
        -0.0,
        "",
        "a" * 5000,
        "\ud7ff\x00",
        [],
        [[]],
        {},
        {"a": {}},
    ]
    body = {
        chance.choice(["text", "times", "wait_s", "", "é", "__class__"]): chance.choice(values)
        for _ in range(4)
    }
    raw = bytearray(json.dumps(chance.choice([body, [body], chance.choice(values)])).encode())
    for _ in range(chance.choice([0, 0, 1, 3])):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw[: chance.choice([len(raw), len(raw), chance.randrange(len(raw) + 1)])])


def test_no_mutation_of_a_request_gives_5xx(echo: Worker) -> None:
    with httpx.Client() as client:
        for seed in range(1500):
            body = _mutated(seed)
            path = ("/echo", "/slowly", "/feedback")[seed % 3]
            status = client.post(f"{echo.url}{path}", content=body, headers=JSON).status_code
            assert status in (200, 400), (seed, path, body, status)
