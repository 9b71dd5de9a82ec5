"""A search's turn: one process at a time works on it, and the time of all of them is counted together.

Each run of a search writes a numbered record, ``<name>/<number>.json``, with a conditional put, so of
two that begin at once one takes the number; it renews the record while it works. The last record says
whether somebody is at work: a process of this machine is looked up, one of another machine counts as
ended when it has not renewed its record for a minute.
"""

from __future__ import annotations

import logging
import os
import platform
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, NonNegativeFloat, PositiveInt

from ml.errors import EnvironmentUnavailable, SearchUnderWay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml.objects import Objects

log = logging.getLogger(__name__)

RENEWED_EVERY_S: Final = 2.0
SILENT_S: Final = 60.0


class Holder(BaseModel):
    """Who works on a search since when; ``born`` tells a process from a later one of the same id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: PositiveInt
    host: str
    pid: int
    born: str
    began_at: datetime
    renewed_at: datetime
    spent_s: NonNegativeFloat = 0.0
    over: bool = False

    @classmethod
    def this_process(cls, number: int) -> Holder:
        """Return a record of this process."""
        now, pid = datetime.now(UTC), os.getpid()
        return cls(
            number=number, host=platform.node(), pid=pid, born=_born(pid), began_at=now, renewed_at=now
        )

    @property
    def at_work(self) -> bool:
        """Whether it is still at work."""
        if self.over:
            return False
        if self.host == platform.node():
            return _born(self.pid) == self.born
        return (datetime.now(UTC) - self.renewed_at).total_seconds() < SILENT_S


class Turn:
    """This process's turn at a search; ``taken`` makes one."""

    def __init__(self, objects: Objects, name: str, holder: Holder, earlier_s: float) -> None:
        self._objects = objects
        self._name = name
        self._holder = holder
        self._earlier_s = earlier_s
        self._began = self._renewed = time.monotonic()

    @classmethod
    @contextmanager
    def taken(cls, objects: Objects, name: str) -> Iterator[Turn]:
        """Take the turn, and give it back at the end.

        Raises:
            SearchUnderWay: another process has it.
        """
        held = [_read(objects, key) for key in objects.keys(f"{name}/")]
        if held and held[-1].at_work:
            raise _under_way(held[-1])
        mine = Holder.this_process(1 + max((holder.number for holder in held), default=0))
        turn = cls(objects, name, mine, sum(holder.spent_s for holder in held))
        if not objects.put_new(turn._key(mine.number), mine.model_dump_json().encode()):
            raise _under_way(_read(objects, turn._key(mine.number)))
        try:
            yield turn
        except EnvironmentUnavailable:
            raise  # a store that does not answer need not be asked again: this process is about to end
        except BaseException:
            turn._write(over=True)
            raise
        turn._write(over=True)

    @property
    def spent_s(self) -> float:
        """Seconds that the search has taken, those of its earlier runs included."""
        return self._earlier_s + time.monotonic() - self._began

    def renew(self) -> None:
        """Say now and then that this process is at work.

        Raises:
            SearchUnderWay: another process took this one for dead, and works on the search.
        """
        if time.monotonic() - self._renewed < RENEWED_EVERY_S:
            return
        after = self._key(self._holder.number + 1)
        if self._objects.exists(after):
            raise _under_way(_read(self._objects, after))
        self._write(over=False)
        self._renewed = time.monotonic()

    def _write(self, *, over: bool) -> None:
        spent_s = time.monotonic() - self._began
        now = self._holder.model_copy(
            update={"renewed_at": datetime.now(UTC), "spent_s": spent_s, "over": over}
        )
        self._objects.put(self._key(now.number), now.model_dump_json().encode())

    def _key(self, number: int) -> str:
        return f"{self._name}/{number:06d}.json"


def _read(objects: Objects, key: str) -> Holder:
    content = objects.get(key)
    if content is None:
        raise SearchUnderWay(f"the record {key} of this search was removed a moment ago; run again")
    return Holder.model_validate_json(content)


def _under_way(holder: Holder) -> SearchUnderWay:
    return SearchUnderWay(
        f"process {holder.pid} on {holder.host} works on this very search since "
        f"{holder.began_at:%Y-%m-%d %H:%M} UTC; wait for it, or interrupt it and run again: "
        "finished trials are kept"
    )


def _born(pid: int) -> str:
    """Return when a process started, in the machine's ticks, empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except OSError:
        return "" if Path("/proc").is_dir() or not _is_there(pid) else "there"


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
