"""A tool that the machine has already, if its version lies in the pinned range."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from infra.toolchain.errors import SourceFailed
from infra.toolchain.probe import probed_version
from infra.toolchain.sources.source import Obtained, SourceModel, Workshop

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool


class PathSource(SourceModel):
    """``names`` gives the file name of a program where it differs on the machine."""

    kind: Literal["path"]
    names: dict[str, str] = Field(default_factory=dict)

    def label(self) -> str:
        """Name the source in a message."""
        renamed = f" as {', '.join(self.names.values())}" if self.names else ""
        return f"PATH{renamed}"

    def obtain(self, tool: Tool, workshop: Workshop) -> Obtained:
        """Take the first folder of PATH that has all programs in a version of the range."""
        refused: list[str] = []
        for folder in self._folders(workshop):
            programs = {name: folder / self.names.get(name, name) for name in tool.programs}
            if not _executable(programs[tool.programs[0]]):
                continue
            missing = [name for name, path in programs.items() if not _executable(path)]
            if missing:
                refused.append(f"{folder} lacks {', '.join(missing)}")
                continue
            try:
                version = probed_version(tool, programs, workshop)
            except SourceFailed as error:
                refused.append(str(error))
                continue
            return Obtained(programs, version, str(folder))
        raise SourceFailed("; ".join(refused) or "not there")

    def _folders(self, workshop: Workshop) -> Iterator[Path]:
        for entry in dict.fromkeys(workshop.environ.get("PATH", "").split(os.pathsep)):
            folder = Path(entry)
            if not folder.is_absolute() or folder.resolve() in workshop.own:
                continue
            yield folder


def _executable(path: Path) -> bool:
    # access() first: it answers no, not an error, for a folder that may not be entered.
    return os.access(path, os.X_OK) and path.is_file()
