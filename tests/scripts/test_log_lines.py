"""Lines of any program come out in one form and in order of time."""

import json
from datetime import UTC, datetime

import pytest

from scripts.log_lines import LogLine, merged, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"time": "2026-03-01T10:00:00.5+00:00", "message": "hello", "level": "INFO"}', "10:00:00.500"),
        ('{"ts": "2026-03-01T10:00:00.5Z", "caller": "main.go:1", "msg": "hello"}', "10:00:00.500"),
        ('{"timestamp": 1772359200.5, "message": "hello"}', "10:00:00.500"),
        ("[12] 2026/03/01 10:00:00.500000 [INF] hello", "10:00:00.500"),
        ("2026/03/01 10:00:00 INFO mlflow.server: hello", "10:00:00.000"),
    ],
)
def test_the_time_of_each_program_s_line_is_found(text, expected):
    line = parse(text, "program")
    assert line.time.date().isoformat() == "2026-03-01"
    assert line.time.strftime("%H:%M:%S.%f")[:-3] == expected
    assert "hello" in line.message


def test_a_glog_line_takes_this_year():
    line = parse("I0301 10:00:00.500000 master.go:1 hello", "object-store")
    assert line.time == datetime(datetime.now(UTC).year, 3, 1, 10, 0, 0, 500000, UTC)


def test_a_line_without_time_belongs_to_the_line_before():
    before = datetime(2026, 3, 1, tzinfo=UTC)
    assert parse("  File x, line 3", "mlflow", before).time == before


@pytest.mark.parametrize("text", ["", "null", "[1]", "{", '{"time": "yesterday"}', "\x00\xff"])
def test_no_line_is_too_strange_to_read(text):
    assert parse(text, "program").program == "program"


def test_files_are_merged_by_time_and_filtered(tmp_path):
    for name, seconds in {"a.log": (1, 3), "b.log": (2, 4)}.items():
        (tmp_path / name).write_text(
            "".join(f'{{"time": "2026-03-01T10:00:0{s}Z", "message": "{s}"}}\n' for s in seconds)
        )
    lines = merged([tmp_path / "a.log", tmp_path / "b.log"], lambda line: line.message != "4")
    assert [(line.program, line.message) for line in lines] == [("a", "1"), ("b", "2"), ("a", "3")]


def test_a_line_is_found_by_its_request_prediction_or_release():
    line = parse('{"time": "2026-03-01T10:00:00Z", "message": "m", "request_id": "r1"}', "p")
    assert line.concerns("r1")
    assert not line.concerns("r2")


def test_a_line_as_json_keeps_its_fields():
    line = LogLine(datetime(2026, 3, 1, tzinfo=UTC), "p", "m", fields={"release": "x"})
    assert json.loads(line.as_json())["release"] == "x"
