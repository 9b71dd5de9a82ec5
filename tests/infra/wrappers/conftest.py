"""Root modules in temporary folders, and a state server that remembers only what it is given."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.toolchain.install import activate
from infra.wrappers.process import Limits
from infra.wrappers.root_module import Backend, RootModule


@pytest.fixture(scope="session", autouse=True)
def tools():
    """Run with the pinned tools first on PATH, as an activated shell does."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in activate(os.environ).items():
            patch.setenv(name, value)
        yield


class StateHandler(BaseHTTPRequestHandler):
    """Terraform's `http` backend: one state, one lock, and a switch that refuses to save."""

    def do_GET(self):
        self.answer(200 if self.server.state else 404, self.server.state or b"")

    def do_POST(self):
        body = self.body()
        if not self.server.refuses:
            self.server.state = body
        self.answer(500 if self.server.refuses else 200)

    def do_LOCK(self):
        body = self.body()
        if self.server.lock:
            return self.answer(423, self.server.lock)
        self.server.lock = body
        return self.answer(200)

    def do_UNLOCK(self):
        self.body()
        self.server.lock = None
        self.answer(200)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, code, body=b""):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class StateServer(ThreadingHTTPServer):
    """What Terraform saved (`state`), who holds the lock, and whether saving is refused."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), StateHandler)
        self.state = None
        self.lock = None
        self.refuses = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def backend(self):
        address = f"http://127.0.0.1:{self.server_address[1]}/state"
        config = {"address": address, "lock_address": address, "unlock_address": address, "retry_max": 0}
        return Backend("http", config)

    @property
    def addresses(self):
        resources = json.loads(self.state)["resources"] if self.state else []
        return sorted(f"{one['type']}.{one['name']}" for one in resources)


@pytest.fixture
def states():
    server = StateServer()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def limits():
    return Limits(threading.Event(), timeout_s=120, grace_s=20)


@pytest.fixture
def root(tmp_path):
    """Write a root module and return it, to be opened."""

    def make(main, backend=None, **given):
        source = tmp_path / "roots" / "one"
        source.mkdir(parents=True, exist_ok=True)
        (source / "main.tf").write_text(main)
        folder = tmp_path / "folder"
        local = Backend("local", {"path": str(folder / "terraform.tfstate")})
        fields = {
            "root": source,
            "folder": folder,
            "backend": backend or local,
            "binary": "terraform",
            "environment": {},
            "limits": Limits(threading.Event(), timeout_s=120, grace_s=20),
            "say": make.said.append,
        }
        return RootModule(**fields | given)

    make.said = []
    make.path = Path(tmp_path)
    return make
