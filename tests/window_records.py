"""The record of a window of which something was found, as the watcher writes it."""

from __future__ import annotations

from typing import Any

from ml.drift.windows import WindowRecord


def record_of(found: dict[str, Any], count: int) -> WindowRecord:
    """Return the first record of a model version, of no system in particular."""
    named = dict.fromkeys(("system", "release", "dataset", "last_id"), "x")
    times = dict.fromkeys(("first", "last"), "2026-03-01T00:00:00Z")
    return WindowRecord(**named, **times, model_version=1, number=1, count=count, **found)
