"""Files that a person asked for, written whole or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path

from scripts.errors import WrongInput


def write_whole(file: Path, content: bytes) -> None:
    """Write a file, in place of one that is there; into what is none, such as a pipe, as it comes.

    Raises:
        WrongInput: it cannot be written; a file that was there is as it was.
    """
    try:
        if file.exists() and not file.is_file():
            file.write_bytes(content)
            return
        target = file.resolve()
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            written = Path(folder) / target.name
            written.write_bytes(content)
            written.replace(target)
    except OSError as error:
        raise WrongInput(f"{file} cannot be written ({error.strerror}); name another file") from error
