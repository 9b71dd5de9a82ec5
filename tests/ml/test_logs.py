"""Every process logs the same keys."""

import io
import json
import logging

import pytest

from ml.logs import JsonFormatter, configure_json_logging


@pytest.fixture
def stream():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_json_logging(stream=stream, system="recommender", release="r1")
    yield stream
    root.handlers[:], root.level = handlers, level


def test_a_record_is_one_line_with_all_keys(stream):
    logging.getLogger("a.b").warning("%s is\nlate", "it", extra={"request_id": "q1"})
    (line,) = stream.getvalue().splitlines()
    entry = json.loads(line)
    assert entry["message"] == "it is\nlate"
    assert entry["level"] == "warning"
    assert entry["logger"] == "a.b"
    assert (entry["system"], entry["release"], entry["request_id"]) == ("recommender", "r1", "q1")
    assert entry["time"].endswith("+00:00")


def test_an_exception_brings_its_traceback(stream):
    try:
        raise ValueError("wrong")
    except ValueError:
        logging.getLogger("x").exception("failed")
    entry = json.loads(stream.getvalue())
    assert entry["error"] == "ValueError: wrong"
    assert "Traceback" in entry["traceback"]


def test_what_json_cannot_hold_is_written_as_text():
    record = logging.makeLogRecord({"msg": "m", "levelno": 20, "levelname": "INFO", "extra_thing": {1, 2}})
    assert json.loads(JsonFormatter({}).format(record))["extra_thing"] in {"{1, 2}", "{2, 1}"}
