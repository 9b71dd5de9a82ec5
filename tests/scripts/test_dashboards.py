"""The dashboards ask only for what there is, and a real Prometheus answers every query of theirs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
import yaml

from infra.toolchain.install import activate
from ml.drift.comparison import FeatureDrift, WindowDrift
from ml.drift.concept import Concept
from ml.drift.live import FeatureQuality
from ml.drift.watch import Subject, Watched
from ml.drift.windows import WindowRecord
from ml.system import load
from scripts.dashboards import DASHBOARDS, FOLDER, text
from services.endpoint.metrics import EndpointMetrics
from services.endpoint.settings import Identity, Package
from services.recorder.monitor import Monitor as RecorderMonitor
from services.watcher.monitor import Monitor as WatcherMonitor
from tests.ports import SERVERS, free_ports
from tests.services.watcher.live import BEGAN
from tests.waiting import eventually

RULES = FOLDER.parent / "rules"
# What other programs and Prometheus itself say.
FOREIGN = {"up", "probe_success", "SeaweedFS_volumeServer_resource"}
QUERIES = [
    pytest.param(target["expr"], id=f"{name}: {panel['title']} {place}")
    for name in DASHBOARDS
    for panel in json.loads(text(name))["panels"]
    for place, target in enumerate(panel.get("targets", ()))
]


def watched():
    """Return what a look finds of one window."""
    moved = FeatureDrift(
        feature="history_length", psi=0.3, jensen_shannon=0.2, kolmogorov_smirnov=0.1, p_shape=0.0,
        p_location=0.0, p_missing=1.0, missing=0.0, drifted=True,
    )  # fmt: skip
    subject = Subject(
        system="recommender", release="r1", model_version=1, dataset="recommender@1", since=BEGAN
    )
    fault = FeatureQuality(
        feature="history_length", missing=0.2, mistyped=0.0, strange=0.0, wrong=("missing",)
    )
    window = WindowRecord(
        **subject.model_dump(exclude={"since"}), number=1, first=BEGAN, last=BEGAN, last_id="i", count=9,
        features=WindowDrift(count=9, features=(moved,)), predictions=None, together=0.5,
        together_drifted=False, quality=(fault,),
    )  # fmt: skip
    return Watched(
        subject=subject, looked=1, waiting=0, newest=BEGAN, windows=(window,), alarms=(),
        concept=Concept(count=3, score=0.5, recent_score=0.5),
    )  # fmt: skip


def exported():
    """Return the pages of a service, the recorder and the watcher, as they themselves write them."""
    identity = Identity(system="recommender", release="r1", model_version=1)
    declared = {"latency_ms": 5.0}
    package = Package(system="recommender", model_version=1, dataset_version="d", thresholds=declared)
    endpoint, recorder, watcher = EndpointMetrics(identity, package), RecorderMonitor(), WatcherMonitor()
    endpoint.observe(200, 0.01, "/recommend")
    recorder.landed.labels(table="prediction").inc()
    recorder.failures.labels(part="landing").inc()
    watcher.failures.labels("recommender").inc()
    watcher.looked.labels("recommender").set_to_current_time()
    watcher.tell(watched(), load("recommender").drift)
    pages = (endpoint.render(), recorder.answer("/metrics")[2], watcher.answer("/metrics")[2])
    return {f"/{place}": page for place, page in enumerate(pages)}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory):
    """Prometheus with the rules of the role, which scrapes those pages; its address."""
    folder, pages = tmp_path_factory.mktemp("prometheus"), exported()

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pages[self.path])

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    target = [{"targets": [f"127.0.0.1:{server.server_port}"], "labels": {"component": "all"}}]
    configuration = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": [f"{RULES}/*.yml"],
        "scrape_configs": [
            {"job_name": path[1:], "metrics_path": path, "static_configs": target} for path in pages
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    with free_ports(1, SERVERS) as ports:
        command = [
            "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{ports.first}",
        ]  # fmt: skip
        process = subprocess.Popen(command, env=activate(os.environ), stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{ports.first}"
        eventually(lambda: httpx.get(f"{url}/-/ready").status_code == 200, "Prometheus is ready")
        eventually(lambda: ask(url, "millrace_watch_windows"), "the pages are scraped")
        yield url
        process.terminate()
        process.wait(30)
        server.shutdown()


def ask(url, query):
    """Return what Prometheus answers to a query; one that it cannot read fails."""
    reply = httpx.get(f"{url}/api/v1/query", params={"query": query}).json()
    assert reply["status"] == "success", reply
    return reply["data"]["result"]


@pytest.mark.parametrize("query", QUERIES)
def test_every_panels_query_is_answered_without_an_error(prometheus, query):
    ask(prometheus, query.replace("$system", ".+"))


@pytest.mark.parametrize("query", [each for each in QUERIES if "millrace_watch" in str(each.values)])
def test_what_the_watcher_found_is_drawn(prometheus, query):
    if "failures" not in query:
        assert ask(prometheus, query.replace("$system", ".+"))


def test_dashboards_and_rules_ask_for_nothing_that_nobody_exports():
    there = set(FOREIGN)
    for page in exported().values():
        there |= set(re.findall(r"^([a-zA-Z_]\w*)", page.decode(), re.MULTILINE))
    recorded = [
        rule
        for path in RULES.glob("*.yml")
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
    there |= {rule["record"] for rule in recorded if "record" in rule}
    asked = [query.values[0] for query in QUERIES] + [rule["expr"] for rule in recorded]
    name = r"\b(?:millrace_\w+|prediction_log_\w+|process_\w+|system:[\w:]+|SeaweedFS_\w+)"
    assert {each for query in asked for each in re.findall(name, query)} - there == set()


@pytest.mark.parametrize("name", DASHBOARDS)
def test_what_lies_there_is_what_the_code_makes(name):
    assert (FOLDER / f"{name}.json").read_text() == text(name)
