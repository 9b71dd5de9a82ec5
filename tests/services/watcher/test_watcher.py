"""From a request that was answered to what Prometheus is told, through recorder, bus and store."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import httpx
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ml.drift.windows import Windows
from services.endpoint.spool import Spool
from tests.services.stack import Stack
from tests.services.watcher.live import DECLARED, SYSTEM, Live, live
from tests.waiting import eventually

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
WINDOW = DECLARED.window


@pytest.fixture(scope="module")
def served(stack: Stack) -> Live:
    return live(stack, 301)


@pytest.fixture(scope="module")
def watcher(stack: Stack, served: Live) -> Iterator[str]:
    """Recorder and watcher, supervised, with short intervals; the watcher's address."""
    document = stack.home / "watched.json"
    document.write_text(stack.env.model_copy(update={"systems": (SYSTEM,)}).model_dump_json())
    for name, port in (("recorder", stack.first + 7), ("watcher", stack.first + 6)):
        command = f"{sys.executable} -m services.{name} --environment {document} --port {port} --interval 0.5"
        stack.program(name, command, directory=str(ROOT))
    stack.control("update")
    url = f"http://127.0.0.1:{stack.first + 6}"
    eventually(lambda: metric(url, "last_look_timestamp_seconds"), "the watcher looks")
    yield url
    for name in ("recorder", "watcher"):
        stack.control("stop", name)


def metric(url: str, metric_name: str, **labels: str) -> float | None:
    """Return the greatest value that the watcher shows of its system, None if it shows none."""
    # Asked many times a second, so without httpx, which reads certificates anew each time.
    with urlopen(f"{url}/metrics", timeout=30) as page:
        text = page.read().decode()
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    named = [each for each in samples if each.name == f"millrace_watch_{metric_name}"]
    wanted = {"system": SYSTEM, **labels}
    return max((each.value for each in named if wanted.items() <= each.labels.items()), default=None)


def answer(stack: Stack, records: list[dict[str, object]]) -> None:
    """Write records as a service does before it sends the answer."""
    spool = Spool(stack.env.runtime.folder / "spool" / "w", segment_bytes=10**6, limit_bytes=10**9)
    assert all(spool.append(orjson.dumps(each) + b"\n") for each in records)
    spool.close()


def await_windows(url: str, count: int) -> None:
    eventually(lambda: metric(url, "windows") == count, f"{count} windows were looked at")


def test_requests_as_usual_raise_no_alarm_and_a_shift_does_within_three_windows(stack, served, watcher):
    answer(stack, served.requests(3 * WINDOW, 1))
    await_windows(watcher, 3)
    assert metric(watcher, "drifted_windows") < DECLARED.alert_windows
    answer(stack, served.requests(3 * WINDOW, 2, shift=0.25))
    await_windows(watcher, 6)
    alarming = metric(watcher, "threshold", name="alert_windows")
    assert metric(watcher, "drifted_windows", feature="history_length") >= alarming == 2
    assert metric(watcher, "quality_wrong") == 0


def test_kills_of_the_watcher_skip_no_request_and_look_at_none_twice(stack, served, watcher):
    before = int(metric(watcher, "windows") or 0)
    records = served.requests(4 * WINDOW, 3)
    for part in range(4):
        answer(stack, records[part * WINDOW : (part + 1) * WINDOW])
        stack.kill("watcher")
    await_windows(watcher, before + 4)
    found = Windows(stack.env, SYSTEM, served.model_version).recent(4)
    assert [each.number for each in found] == [before + place for place in (1, 2, 3, 4)]
    assert [each.last_id for each in found] == [records[n * WINDOW - 1]["id"] for n in (1, 2, 3, 4)]


def test_it_says_what_keeps_it_from_looking_and_goes_on(stack, served, watcher):
    stack.control("stop", "seaweedfs")
    try:
        trouble = eventually(
            lambda: (said := httpx.get(f"{watcher}/readyz")).status_code == 503 and said.json(),
            "the watcher tells its trouble",
        )
        assert trouble.keys() == {SYSTEM}
    finally:
        stack.control("start", "seaweedfs")
    eventually(lambda: httpx.get(f"{watcher}/readyz").status_code == 200, "the watcher is well")


def test_it_stays_small(stack, served, watcher):
    lines = Path(f"/proc/{stack.pid('watcher')}/smaps_rollup").read_text().splitlines()
    pss_kb = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    assert pss_kb < 150 * 1024, pss_kb
