"""Answers "nothing changes" that hold for one run of the engine.

`pulumi up` asks twice: once to preview, in one provider process, and once to update, in
another. A plan or check that found nothing to do is not repeated in the second, if the same
engine process asks within minutes, about the same inputs and the same files, and nothing was
changed in between by a resource of ours. What does change is always planned anew.
"""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from infra.provider.call import Call
from infra.provider.inputs import home

HOLDS_S: Final = 600.0


def _engine() -> str:
    """Return who started us: process id and the time it began, which together name it for good."""
    parent = os.getppid()
    try:
        fields = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return f"{parent} {time.time()}"
    return f"{parent} {fields[19]}"


@dataclass
class Unchanged:
    """The answers of this engine's run, kept in the stack's private folder."""

    engine: str = field(default_factory=_engine)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    something_changed: bool = False

    def note_change(self) -> None:
        """Something of ours changes now: no earlier answer holds any more."""
        self.something_changed = True

    def holds(self, call: Call, asked: str) -> bool:
        """Whether the same was asked in this run, and the answer was that nothing changes."""
        with self._lock:
            answer = self._read(call).get(call.urn, {})
        fresh = time.time() - float(answer.get("at", 0)) < HOLDS_S
        return not self.something_changed and fresh and answer.get("asked") == asked

    def note(self, call: Call, asked: str) -> None:
        """Keep the answer that nothing changes."""
        with self._lock:
            answers = self._read(call)
            answers[call.urn] = {"asked": asked, "at": time.time()}
            file = self._file(call)
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
            file.write_text(json.dumps({"engine": self.engine, "answers": answers}))

    def _read(self, call: Call) -> dict[str, Any]:
        try:
            kept = json.loads(self._file(call).read_text())
        except (OSError, json.JSONDecodeError):
            return {}
        answers = kept.get("answers", {}) if kept.get("engine") == self.engine else {}
        return dict(answers)

    @staticmethod
    def _file(call: Call) -> Path:
        return home() / call.stack / "unchanged.json"
