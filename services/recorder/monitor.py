"""What the recorder says of itself: metrics, `/livez` and `/readyz` on one port."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics, generate_latest
from prometheus_client.process_collector import ProcessCollector


class Monitor:
    """Counters of one recorder; `problems` holds what is wrong now, by part."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = self._registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.problems: dict[str, str] = {}
        self.shipped = Counter(
            "millrace_recorder_shipped_total", "Records put on the bus.", registry=registry
        )
        self.landed = Counter(
            "millrace_recorder_landed_total", "Rows committed to a table.", ("table",), registry=registry
        )
        self.torn = Counter(
            "millrace_recorder_torn_total", "Lines of spools that are no records.", registry=registry
        )
        self.failures = Counter(
            "millrace_recorder_failures_total", "Attempts that failed.", ("part",), registry=registry
        )
        self.backlog_bytes = Gauge(
            "millrace_recorder_backlog_bytes", "Bytes in spools that are not shipped.", registry=registry
        )
        self.last_landing = Gauge(
            "millrace_recorder_last_landing_timestamp_seconds", "When rows landed last.", registry=registry
        )

    def serve(self, port: int) -> ThreadingHTTPServer:
        """Answer on the loopback interface from a thread of its own; returns at once."""
        monitor = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, kind, body = monitor.answer(self.path)
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
            return 200, "text/plain; version=0.0.4", generate_latest(self._registry)
        if path == "/livez":
            return 200, "application/json", b"{}"
        if path == "/readyz":
            return 503 if self.problems else 200, "application/json", json.dumps(self.problems).encode()
        return 404, "application/json", b"{}"
