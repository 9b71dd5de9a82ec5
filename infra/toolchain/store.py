"""The user's cache of obtained tools: a folder appears in it whole or not at all."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.toolchain.errors import SourceFailed

PARTIAL = ".partial-"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock; the kernel releases it when its holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@dataclass(frozen=True)
class Store:
    """Folders ``<root>/<tool>/<version>/<kind>-<fingerprint>``, shared by all clones of a user."""

    root: Path

    def provide(
        self,
        place: tuple[str, str, str],
        fill: Callable[[Path], None],
        check: Callable[[Path], None],
    ) -> Path:
        """Return the folder at ``place``, filled once however many ask for it at a time.

        ``check`` raises when a folder is not fit for use: an old one is then made anew, a new
        one is thrown away. Whatever ends the process, no half-filled folder stays under this name.
        """
        final = self.root.joinpath(*place)
        with locked(self.root / place[0] / ".lock"):
            self._sweep(place[0])
            if self._fit(final, check):
                return final
            partial = Path(tempfile.mkdtemp(prefix=PARTIAL, dir=self.root / place[0]))
            try:
                fill(partial)
                check(partial)
                final.parent.mkdir(parents=True, exist_ok=True)
                partial.replace(final)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        return final

    def _fit(self, final: Path, check: Callable[[Path], None]) -> bool:
        if not final.is_dir():
            return False
        try:
            check(final)
        except SourceFailed:
            shutil.rmtree(final)
            return False
        return True

    def _sweep(self, tool: str) -> None:
        """Remove what a killed install left: whoever made it held the lock that we hold now."""
        for leftover in (self.root / tool).glob(f"{PARTIAL}*"):
            shutil.rmtree(leftover, ignore_errors=True)
