"""What Prometheus scrapes of a system: one file of targets, with the release as a label."""

from __future__ import annotations

import json
from pathlib import Path

from ml.environment import Environment
from services.delivery.files import write_atomically


class Targets:
    """The folder of scrape targets."""

    def __init__(self, env: Environment) -> None:
        self._folder = env.here.targets

    def set(self, system: str, ports: dict[str, int]) -> None:
        """Have the releases at these ports scraped, and no other of the system."""
        targets = [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"system": system, "release": release_id}}
            for release_id, port in ports.items()
        ]
        write_atomically(self._path(system), json.dumps(targets, indent=2))

    def clear(self, system: str) -> None:
        """Have nothing of the system scraped."""
        self._path(system).unlink(missing_ok=True)

    def _path(self, system: str) -> Path:
        return self._folder / f"{system}.json"
