"""Every acknowledged record lands, whatever is killed on the way."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from deltalake import DeltaTable

from ml.data.prediction_log import Place, PredictionLog
from ml.objects import delta_options
from services.endpoint.spool import Spool
from tests.services.recorder.records import landed, record
from tests.services.stack import Stack
from tests.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recorder(stack: Stack) -> Iterator[str]:
    """The recorder, supervised, with short intervals; its address."""
    port = stack.first + 7
    stack.program(
        "recorder",
        f"{sys.executable} -m services.recorder --environment {stack.document} --port {port} --interval 0.5",
        directory=str(Path(__file__).parents[3]),
    )
    stack.control("update")
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: httpx.get(f"{url}/readyz").status_code == 200, "the recorder")
    yield url
    stack.control("stop", "recorder")


def write(
    stack: Stack, release: str, records: list[dict[str, Any]], segment_bytes: int = 20_000
) -> list[str]:
    """Write records as a service does, then end; return their ids."""
    spool = Spool(
        stack.env.runtime.folder / "spool" / release, segment_bytes=segment_bytes, limit_bytes=10**9
    )
    assert all(spool.append(orjson.dumps(each) + b"\n") for each in records)
    spool.close()
    return [each["id"] for each in records]


def await_exactly(
    stack: Stack, ids: list[str], table: str = "predictions", column: str = "prediction_id"
) -> None:
    """Wait until all ids have landed, and check that none of them landed twice."""
    wanted = await_all(stack, ids, table, column)
    found = Counter(each for each in landed(stack, table, column) if each in wanted)
    assert [each for each, count in found.items() if count > 1] == []


def await_all(
    stack: Stack, ids: list[str], table: str = "predictions", column: str = "prediction_id"
) -> set[str]:
    """Wait until all ids have landed, and return them."""
    wanted = set(ids)
    eventually(lambda: wanted <= set(landed(stack, table, column)), f"{len(ids)} rows of {table}")
    return wanted


def empty(stack: Stack) -> bool:
    return not list((stack.env.runtime.folder / "spool").rglob("*.jsonl"))


def test_records_of_an_ended_release_land_once_and_its_segments_go(stack: Stack, recorder: str) -> None:
    predictions = [record() for _ in range(500)]
    said = [record("feedback") for _ in range(20)]
    write(stack, "ended-v1", predictions + said)
    await_exactly(stack, [each["id"] for each in predictions])
    await_exactly(stack, [each["id"] for each in said], "feedback", "feedback_id")
    eventually(lambda: empty(stack), "removal of the segments")


def test_a_row_has_what_the_record_had(stack: Stack, recorder: str) -> None:
    one = record(system="another")
    write(stack, "row-v1", [one])
    await_exactly(stack, [one["id"]])
    options = delta_options(stack.env.object_store, "recorder")
    table = DeltaTable(
        f"s3://{stack.env.object_store.buckets.predictions}/predictions", storage_options=options
    )
    row = table.to_pyarrow_table(filters=[("prediction_id", "=", one["id"])]).to_pylist()[0]
    assert (row["system"], row["release"], row["model_version"], row["request_id"]) == (
        "another",
        "r",
        1,
        "q",
    )
    assert orjson.loads(row["request"]) == one["request"]
    assert orjson.loads(row["features"]) == one["features"]
    assert int(row["time"].timestamp() * 1e6) == pytest.approx(one["time_us"], abs=2)
    assert row["day"] == row["time"].strftime("%Y-%m-%d")


def test_a_torn_last_line_and_a_line_of_garbage_stop_nothing(stack: Stack, recorder: str) -> None:
    folder = stack.env.runtime.folder / "spool" / "torn-v1"
    folder.mkdir(parents=True)
    good = [record(), record()]
    (folder / "1.jsonl").write_bytes(
        orjson.dumps(good[0]) + b"\n{garbage\n" + orjson.dumps(good[1]) + b'\n{"kind": "predic'
    )
    await_exactly(stack, [each["id"] for each in good])
    eventually(lambda: empty(stack), "removal of the segment")


@contextmanager
def writing(stack: Stack, release: str) -> Iterator[list[str]]:
    """A release that writes some 200 records a second, its process replaced with every 40."""
    written: list[str] = []
    refused: list[AssertionError] = []
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            try:
                written.extend(write(stack, release, [record() for _ in range(40)], 10_000))
            except AssertionError as error:
                refused.append(error)
            done.wait(0.2)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield written
    finally:
        done.set()
        thread.join()
    assert refused == []


def test_kills_of_recorder_bus_and_store_lose_nothing(stack: Stack, recorder: str) -> None:
    """A table may hold twice what was shipped anew to a bus that had forgotten it; the log tells it once."""
    chance, began = random.Random(7), datetime.now(UTC)
    with writing(stack, "killed-v1") as written:
        for victim in ["recorder"] * 6 + ["nats", "seaweedfs", "recorder", "nats"]:
            time_to_strike = time.monotonic() + chance.uniform(0.2, 1.5)
            eventually(
                lambda deadline=time_to_strike: time.monotonic() > deadline, "the time to strike comes"
            )
            stack.kill(victim)
            eventually(lambda name=victim: stack.pid(name), f"{victim} again")
    assert len(written) > 400
    wanted = await_all(stack, written)
    told = PredictionLog(stack.env).predictions("echo", 1, Place(began), 1_000_000)
    assert Counter(each for each in told.ids if each in wanted) == Counter(wanted)
    eventually(lambda: empty(stack), "removal of the segments")


@pytest.mark.parametrize("part", ["nats", "seaweedfs"])
def test_it_waits_while_a_part_is_down_says_so_and_goes_on(stack: Stack, recorder: str, part: str) -> None:
    stack.control("stop", part)
    try:
        ids = write(stack, f"waiting-{part}-v1", [record() for _ in range(100)])
        trouble = eventually(
            lambda: (answer := httpx.get(f"{recorder}/readyz")).status_code == 503 and answer.json(),
            "the recorder tells its trouble",
        )
        assert trouble.keys() <= {"shipping", "landing"}
        assert httpx.get(f"{recorder}/livez").status_code == 200
    finally:
        stack.control("start", part)
    await_exactly(stack, ids)
    eventually(lambda: httpx.get(f"{recorder}/readyz").status_code == 200, "the recorder is well")


def test_a_stream_that_was_lost_with_its_disk_is_begun_anew(stack: Stack, recorder: str) -> None:
    """A new stream counts from one again; its rows must not pass for ones that have landed."""
    first = write(stack, "before-v1", [record() for _ in range(50)])
    await_exactly(stack, first)
    stack.control("stop", "nats")
    subprocess.run(["rm", "-rf", str(stack.home / "data" / "nats")], check=True)
    stack.control("start", "nats")
    second = write(stack, "after-v1", [record() for _ in range(10)])
    await_exactly(stack, second)


def test_it_stays_small(stack: Stack, recorder: str) -> None:
    await_exactly(stack, write(stack, "large-v1", [record() for _ in range(8000)], 10**7))
    lines = Path(f"/proc/{stack.pid('recorder')}/smaps_rollup").read_text().splitlines()
    pss_kb = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    assert pss_kb < 120 * 1024


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "services.recorder", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arrange", "reason"),
    [
        (lambda stack, folder: folder / "missing.json", "no environment document"),
        (lambda stack, folder: stack.document, "cannot be listened on"),
    ],
)
def test_it_says_in_one_line_why_it_cannot_begin(
    stack: Stack, recorder: str, tmp_path: Path, arrange: Callable[[Stack, Path], Path], reason: str
) -> None:
    done = _run("--environment", str(arrange(stack, tmp_path)), "--port", str(stack.first + 7))
    assert done.returncode == 4
    (line,) = done.stderr.strip().splitlines()
    assert reason in orjson.loads(line)["message"]


def test_a_quiet_bus_is_no_trouble(stack: Stack, recorder: str) -> None:
    before = _failures(recorder)
    quiet_until = time.monotonic() + 6
    eventually(lambda: time.monotonic() > quiet_until, "the quiet has passed")
    assert httpx.get(f"{recorder}/readyz").json() == {}
    assert _failures(recorder) == before


def _failures(recorder: str) -> list[str]:
    lines = httpx.get(f"{recorder}/metrics").text.splitlines()
    return [line for line in lines if line.startswith("millrace_recorder_failures_total")]
