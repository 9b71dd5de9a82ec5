"""The segments that services write, as the recorder reads them."""

from __future__ import annotations

import fcntl
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import orjson

SUFFIX: Final = ".jsonl"

logger = logging.getLogger(__name__)


class Record(NamedTuple):
    """One line, with what the bus needs to know of it."""

    id: str
    kind: str
    system: str
    line: bytes


@dataclass(frozen=True)
class Chunk:
    """Records from one place of a segment; ``end`` is where the next chunk begins."""

    records: list[Record]
    end: int
    torn: int = 0


@dataclass(frozen=True)
class Segment:
    """One file of a release's spool."""

    path: Path

    @property
    def name(self) -> str:
        """Return a name that no other segment has or will have."""
        return f"{self.path.parent.name}/{self.path.name}"

    def size(self) -> int:
        """Return its length in bytes now."""
        return self.path.stat().st_size

    def sealed(self) -> bool:
        """Say whether no process holds it, so that it will never grow again."""
        try:
            with self.path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def read(self, offset: int, limit_bytes: int) -> Chunk:
        """Return the whole lines from an offset on; a line that is no record is skipped and counted."""
        with self.path.open("rb") as file:
            file.seek(offset)
            content = file.read(limit_bytes)
            if content and b"\n" not in content:
                content += file.readline()
        whole = content[: content.rfind(b"\n") + 1]
        records, torn = [], 0
        for line in whole.splitlines():
            record = _record(line)
            torn += record is None
            records += [record] if record else []
        return Chunk(records, offset + len(whole), torn)

    def remove(self) -> None:
        """Delete the file."""
        self.path.unlink(missing_ok=True)


def segments(folder: Path) -> Iterator[Segment]:
    """Yield every segment below the folder of spools, each release's oldest first."""
    for release in sorted(path for path in folder.glob("*") if path.is_dir()):
        for path in sorted(release.glob(f"*{SUFFIX}")):
            yield Segment(path)


class Offsets:
    """How far each segment is shipped, kept in one small file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._offsets: dict[str, int] = json.loads(path.read_text())
        except FileNotFoundError:
            self._offsets = {}
        except ValueError:
            logger.error("%s is damaged and begun anew; records may be shipped twice", path)
            self._offsets = {}

    def of(self, segment: Segment) -> int:
        """Return the offset of the first byte that is not shipped."""
        return self._offsets.get(segment.name, 0)

    def move(self, segment: Segment, offset: int) -> None:
        """Note that a segment is shipped up to an offset; on disk when this returns."""
        self._offsets[segment.name] = offset
        self._save()

    def forget(self, segment: Segment) -> None:
        """Drop a segment that is gone."""
        if self._offsets.pop(segment.name, None) is not None:
            self._save()

    def _save(self) -> None:
        new = self._path.with_suffix(".new")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(self._offsets))
        os.replace(new, self._path)  # noqa: PTH105 - the two names are one idea


def _record(line: bytes) -> Record | None:
    try:
        found = orjson.loads(line)
        return Record(found["id"], found["kind"], found["system"], line)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
