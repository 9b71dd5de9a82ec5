"""A vendor's site on this machine, and toolchains that know no other."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from infra.toolchain.install import Toolchain
from infra.toolchain.sources.source import Limits

BRIEF = Limits(connect_s=0.5, read_s=0.5, download_s=10, package_s=60, build_s=120, probe_s=10)


def script(version: str, name: str = "hoist") -> str:
    """A program that tells its version."""
    return f"#!/bin/sh\necho '{name} {version}'\n"


def tar(members: dict[str, str]) -> bytes:
    """An archive with executables."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text.encode()), 0o755
            archive.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass
class Vendor:
    """What the site serves, how it misbehaves, and how often it was asked."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    truncated: set[str] = field(default_factory=set)
    stalled: set[str] = field(default_factory=set)
    trickling: set[str] = field(default_factory=set)
    asked: Counter[str] = field(default_factory=Counter)
    stalling: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def offer(self, name: str, content: bytes) -> str:
        """Serve a file and return its SHA-256."""
        self.files[f"/{name}"] = content
        return hashlib.sha256(content).hexdigest()


@pytest.fixture
def vendor():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.vendor = Vendor(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.vendor
    server.vendor.go_on.set()
    server.shutdown()
    server.server_close()
    thread.join()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        vendor: Vendor = self.server.vendor
        vendor.asked[self.path] += 1
        content = vendor.files.get(self.path)
        if content is None:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self._send(vendor, content)
        except OSError:
            self.close_connection = True

    def _send(self, vendor: Vendor, content: bytes):
        half = len(content) // 2
        if self.path in vendor.trickling:
            for byte in content:
                self.wfile.write(bytes([byte]))
                if vendor.go_on.wait(0.05):
                    return
        self.wfile.write(content[:half])
        self.wfile.flush()
        if self.path in vendor.stalled:
            vendor.stalling.set()
            vendor.go_on.wait(30)
        if self.path not in vendor.truncated:
            self.wfile.write(content[half:])

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def machine(tmp_path):
    """A person's machine: a home, a cache, a PATH of its own, and toolchains for a list."""
    return Machine(tmp_path)


class Machine:
    def __init__(self, folder: Path):
        self.folder = folder
        self.local = folder / "local" / "bin"
        self.local.mkdir(parents=True)
        self.cache = folder / "cache"

    def environ(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.local), "/usr/bin", "/bin"])
        return {"PATH": path, "HOME": str(self.folder)}

    def put(self, name: str, text: str, folder: Path | None = None) -> Path:
        """Put a program on PATH."""
        path = (folder or self.local) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def write(self, catalogue: str) -> Path:
        path = self.folder / "tools.toml"
        path.write_text(catalogue)
        return path

    def chain(self, catalogue: str, clone: str = "clone", **more) -> Toolchain:
        home = self.folder / clone / ".millrace"
        given = {"environ": self.environ(), "limits": BRIEF}
        more = given | {"modules": self.folder / "go", "locks": self.folder / "locks"} | more
        return Toolchain(home, home / "tools", self.cache, self.write(catalogue), **more)

    def left_over(self) -> list[Path]:
        """Every file of the cache that is not a lock."""
        return [path for path in self.cache.rglob("*") if path.is_file() and path.name != ".lock"]


HOIST = """
[hoist]
purpose = "lifts"
version = "1.2.0"
range = ">=1.2,<2"
programs = ["hoist"]
probe = {{ arguments = ["--version"], pattern = 'hoist (\\d+\\.\\d+\\.\\d+)' }}
{sources}
"""


def hoist(*sources: str) -> str:
    """A list with one tool and these sources."""
    return HOIST.format(sources="\n".join(f"[[hoist.sources]]\n{source}" for source in sources))


def archive(url: str, *lines: str) -> str:
    return "\n".join(['kind = "archive"', f'url = "{url}"', 'members.hoist = "hoist-1.2.0/hoist"', *lines])


def pinned(digest: str) -> str:
    from infra.toolchain.sources.source import Platform

    return f'sha256.{Platform()} = "{digest}"'
