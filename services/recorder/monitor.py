"""What the recorder says of itself."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from services.status_page import StatusPage


class Monitor(StatusPage):
    """Counters of one recorder."""

    def __init__(self) -> None:
        super().__init__()
        registry = self.registry
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
        self.last_shipping = Gauge(
            "millrace_recorder_last_shipping_timestamp_seconds",
            "When records were put on the bus last, as they were sent.",
            registry=registry,
        )
        self.last_landing = Gauge(
            "millrace_recorder_last_landing_timestamp_seconds", "When rows landed last.", registry=registry
        )
