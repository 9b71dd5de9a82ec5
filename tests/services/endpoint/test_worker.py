"""One service process: its start, its end, and what it carries."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from services.delivery.package import Bento
from services.endpoint.settings import Limits
from tests.services.worker import Worker
from tests.waiting import eventually

pytestmark = pytest.mark.slow

FORBIDDEN = (
    "mlflow",
    "sklearn",
    "pandas",
    "implicit",
    "scipy",
    "matplotlib",
    "pyarrow",
    "boto3",
    "tensorflow",
)


def loaded_modules(bento: Bento, folder: Path) -> set[str]:
    """Start a bento, ask it for its pages, and return every module it imported, as Python reports it."""
    with Worker(bento, folder, PYTHONVERBOSE="1") as worker:
        for page in ("/docs.json", "/schema.json", "/metrics", "/"):
            assert httpx.get(f"{worker.url}{page}").status_code == 200
        return set(re.findall(r"^import '([\w.]+)' #", worker.log(), re.MULTILINE))


def test_a_service_loads_no_training_library(echo_bento: Bento, tmp_path: Path) -> None:
    modules = loaded_modules(echo_bento, tmp_path)
    assert "services.systems.echo.service" in modules
    assert not {name for name in modules if name.split(".")[0] in FORBIDDEN}


def test_a_bento_holds_the_endpoint_its_own_system_and_what_they_need_of_ml(echo_bento: Bento) -> None:
    files = {path.relative_to(echo_bento.source).as_posix() for path in echo_bento.source.rglob("*.py")}
    outside = {
        path for path in files if not path.startswith(("services/endpoint/", "services/systems/echo/", "ml/"))
    }
    assert outside == {"services/__init__.py", "services/systems/__init__.py"}
    assert {path for path in files if path.startswith("ml/")} == {"ml/__init__.py", "ml/logs.py"}


def test_sigterm_finishes_what_is_in_flight_and_exits(echo_bento: Bento, tmp_path: Path) -> None:
    answers: list[int] = []

    def ask() -> None:
        body = {"text": "a", "wait_s": 1.0}
        answers.append(httpx.post(f"{worker.url}/slowly", json=body, timeout=20).status_code)

    with Worker(echo_bento, tmp_path) as worker:
        asking = threading.Thread(target=ask)
        asking.start()
        eventually(lambda: worker.metric("millrace_requests_in_progress") == 1, "one request is in progress")
        worker.kill(signal.SIGTERM)
        asking.join()
        assert answers == [200]
        assert len(worker.records()) == 1


def test_kill_9_loses_no_acknowledged_prediction(echo_bento: Bento, tmp_path: Path) -> None:
    acknowledged: list[str] = []
    with Worker(echo_bento, tmp_path) as worker:

        def ask() -> None:
            with httpx.Client() as client:
                while True:
                    try:
                        answer = client.post(f"{worker.url}/echo", json={"text": "a", "times": 50})
                    except httpx.HTTPError:
                        return
                    acknowledged.append(answer.json()["prediction_id"])

        asking = [threading.Thread(target=ask) for _ in range(4)]
        for each in asking:
            each.start()
        eventually(lambda: len(acknowledged) > 200, "200 requests are acknowledged")
        worker.kill(signal.SIGKILL)
        for each in asking:
            each.join()
        recorded = {record["id"] for record in worker.records()}
    assert set(acknowledged) <= recorded


def test_it_dies_with_the_supervisor_that_started_it(echo_bento: Bento, tmp_path: Path) -> None:
    worker = Worker(echo_bento, tmp_path)
    parent = "import subprocess, sys; subprocess.Popen([*sys.argv[1:], '--die-with-parent']).wait()"
    worker.start(prefix=(sys.executable, "-c", parent))
    pid = httpx.get(f"{worker.url}/readyz").json()["pid"]
    assert worker.process is not None
    assert pid != worker.process.pid
    worker.kill(signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{pid}").exists(), "the orphan's end")


def test_a_body_that_never_comes_is_408(echo_bento: Bento, tmp_path: Path) -> None:
    with (
        Worker(echo_bento, tmp_path, Limits(body_timeout_s=0.3)) as worker,
        socket.create_connection(("127.0.0.1", worker.settings.port)) as connection,
    ):
        connection.sendall(b"POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n{")
        assert b" 408 " in connection.recv(2000)


def test_a_model_that_takes_too_long_is_504(echo_bento: Bento, tmp_path: Path) -> None:
    with Worker(echo_bento, tmp_path, Limits(answer_timeout_s=0.2)) as worker:
        answer = httpx.post(f"{worker.url}/slowly", json={"text": "a", "wait_s": 1.0})
        assert (answer.status_code, answer.json()["code"]) == (504, "answer_timeout")
        assert httpx.post(f"{worker.url}/slowly", json={"text": "a"}).status_code == 200


def test_more_requests_at_once_than_it_takes_are_503_with_a_time_to_return(
    echo_bento: Bento, tmp_path: Path
) -> None:
    with Worker(echo_bento, tmp_path, Limits(max_in_flight=1)) as worker:
        slow = threading.Thread(
            target=lambda: httpx.post(f"{worker.url}/slowly", json={"text": "a", "wait_s": 1.0})
        )
        slow.start()
        eventually(lambda: worker.metric("millrace_requests_in_progress") == 1, "one request is in progress")
        answer = httpx.post(f"{worker.url}/echo", json={"text": "a"})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        slow.join()
        assert httpx.post(f"{worker.url}/echo", json={"text": "a"}).status_code == 200


def test_with_a_full_disk_predictions_are_answered_and_counted_and_feedback_is_refused(
    echo_bento: Bento, tmp_path: Path
) -> None:
    """The size limit of the process stands for the full disk."""
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("prlimit of util-linux is not here")
    with Worker(echo_bento, tmp_path) as worker:
        assert httpx.post(f"{worker.url}/echo", json={"text": "a"}).status_code == 200
        subprocess.run([prlimit, "--pid", str(worker.process.pid), "--fsize=0:0"], check=True)  # type: ignore[union-attr]
        answers = [httpx.post(f"{worker.url}/echo", json={"text": "a"}) for _ in range(10)]
        assert {answer.status_code for answer in answers} == {200}
        assert worker.metric("prediction_log_dropped_total") == 10
        said = {"prediction_id": answers[0].json()["prediction_id"], "heard": True}
        refused = httpx.post(f"{worker.url}/feedback", json=said)
        assert (refused.status_code, refused.json()["code"]) == (503, "not_recorded")


def test_a_log_that_nobody_reads_does_not_stop_the_service(echo_bento: Bento, tmp_path: Path) -> None:
    class Unread(Worker):
        def start(self, *, prefix: tuple[str, ...] = ()) -> None:
            # A reader that never reads: the pipe fills after some hundred lines.
            super().start(prefix=("sh", "-c", '"$@" | sleep 600', "sh"))

        def kill(self, how: int = signal.SIGKILL) -> int:
            for child in psutil.Process(self.process.pid).children() if self.process else []:
                child.kill()
            return super().kill(how)

    with Unread(echo_bento, tmp_path) as worker, httpx.Client(timeout=60) as client:
        for _ in range(1500):
            assert client.post(f"{worker.url}/echo", json={"text": "a"}).status_code == 200


def test_bentoml_serve_runs_the_same_bento(echo_bento: Bento, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "bentoml", "serve", str(echo_bento.folder), "--host", "127.0.0.1"]
    environment = {"BENTOML_HOME": str(tmp_path), "BENTOML_DO_NOT_TRACK": "True", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(
        [*command, "--port", str(port)], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            eventually(lambda: httpx.get(f"{url}/readyz").status_code == 200, "the worker is ready")
            answer = httpx.post(f"{url}/echo", json={"text": "a"})
            assert (answer.status_code, answer.json()["release"]) == (200, "unreleased")
        finally:
            process.terminate()
