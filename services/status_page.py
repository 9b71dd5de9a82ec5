"""What a component says of itself on one loopback port: metrics, `/livez` and `/readyz`."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.process_collector import ProcessCollector


class StatusPage:
    """A registry of metrics, and `problems`: what is wrong now, by part."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.problems: dict[str, str] = {}

    def serve(self, port: int) -> ThreadingHTTPServer:
        """Answer on the loopback interface from a thread of its own; returns at once."""
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = page.answer(self.path)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                return

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body for a path."""
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4", generate_latest(self.registry)
        if path == "/livez":
            return 200, "application/json", b"{}"
        if path == "/readyz":
            return 503 if self.problems else 200, "application/json", json.dumps(self.problems).encode()
        return 404, "application/json", b"{}"
