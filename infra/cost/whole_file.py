"""Files that are written in one step, so that nobody ever reads half of one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from infra.cost.errors import NotWritten


@contextmanager
def whole_file(path: Path) -> Iterator[IO[str]]:
    """Open a new file that takes the path's place when all is written, or vanishes.

    Raises:
        NotWritten: the folder or the disk does not allow it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, suffix=".part", newline="", encoding="utf-8", delete=False
        ) as file:
            part = Path(file.name)
            try:
                yield file
            except BaseException:
                part.unlink()
                raise
        part.chmod(0o644)
        part.replace(path)
    except OSError as error:
        raise NotWritten(path, error) from error
