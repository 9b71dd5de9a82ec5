"""A steward whose hands write what they do into files, line by line; run as a program, to be killed.

``python host.py FOLDER SYSTEM`` submits one alert, waits for its run to end and prints how it ended. Each
line on standard output is a point at which it may be killed.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbos import DBOS

from ml.operation import Retrain, Rung
from services.delivery.record_store import Changed, Stored
from services.steward.engine import Engine
from services.steward.hands import Released, Trained
from services.steward.history import History
from services.steward.run import Care
from services.steward.trigger import Trigger

TWO_RUNGS = Retrain(escalation=(Rung(name="refit"), Rung(name="wider", settings={"train.settings.days": 60})))


class FolderRecords:
    """Objects as files; like the bucket, an object is made once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Stored | None:
        path = self._folder / key
        return Stored(path.read_bytes(), "") if path.exists() else None

    def create(self, key: str, body: bytes) -> str:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_bytes(body)
        try:
            os.link(partial, path)
        except FileExistsError as error:
            raise Changed(key) from error
        finally:
            partial.unlink()
        say(f"noted {path.name}")
        return ""

    def keys(self, prefix: str) -> list[str]:
        found = (self._folder / prefix).rglob("*.json")
        return sorted(str(path.relative_to(self._folder)) for path in found)


class FileHands:
    """Rejects the first try and promotes the second; work that was done is not done again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def labels(self, system: str, since: datetime | None) -> int | None:
        say(f"labels of {system} since {since}")
        return 10

    def train(self, run: str, system: str, settings: dict[str, Any], minutes: float) -> Trained:
        say(f"train begins {settings}")
        rung = "wider" if settings else "refit"
        self._do(f"{system} {rung}")
        say("train ends")
        return Trained(
            outcome="promote" if settings else "reject",
            reasons=("as told",),
            model_version=2 if settings else None,
            compute_minutes=1.0,
        )

    def release(self, run: str, system: str, version: int, actor: str) -> Released:
        say("release begins")
        self._do(f"{system} release {version}")
        say("release ends")
        return Released(
            outcome="released", reason=f"version {version} serves", release=f"{system}-v{version}"
        )

    def cancel(self, run: str) -> None:
        say(f"cancel {run}")

    def _do(self, effect: str) -> None:
        """Leave an effect, unless an earlier try of the same work has left it."""
        path = self._folder / "effects.txt"
        done = path.read_text().splitlines() if path.exists() else []
        if effect not in done:
            with path.open("a") as file:
                file.write(f"{effect}\n")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def engine(folder: Path, policy: Retrain = TWO_RUNGS, care: Care | None = None, hands: Any = None) -> Engine:
    """Return an engine over files in a folder, for the systems a and b."""
    return Engine(
        f"sqlite:///{folder}/steward.sqlite",
        hands or FileHands(folder),
        History(FolderRecords(folder / "records")),
        {"a": lambda: policy, "b": lambda: policy},
        care or Care(),
    )


def main() -> None:
    folder, system = Path(sys.argv[1]), sys.argv[2]
    own = engine(folder)
    own.start()
    say("started")
    run = own.submit(
        Trigger(id=f"alert-{system}", system=system, kind="alert", reason="drift", actor="alertmanager")
    )
    say(f"submitted at {datetime.now(UTC)}")
    say(f"ended {DBOS.retrieve_workflow(run).get_result()}")
    own.stop()


if __name__ == "__main__":
    main()
