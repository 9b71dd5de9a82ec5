"""What is installed in one tools folder: enough to see without loading anything that it still holds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class InstalledTool:
    """A tool in use: where it came from, and the links in ``<tools>/bin`` by program name.

    ``origin`` is for a person (a folder, an address, a package); ``source`` is the kind of source.
    A tool that only builds others has no links: its programs are named where they lie.
    """

    name: str
    purpose: str
    group: str
    version: str
    source: str
    origin: str
    programs: dict[str, Path]

    @property
    def path(self) -> Path | str:
        """Where the first program lies; empty if the tool is not installed."""
        return next(iter(self.programs.values()), "")

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        programs = {program: str(path) for program, path in self.programs.items()}
        return {**asdict(self), "programs": programs}


@dataclass(frozen=True)
class Stamp:
    """A program's file as it was when its link was made."""

    target: str
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> Stamp:
        """Read a file's stamp; a missing file raises OSError."""
        found = path.stat()
        return cls(os.path.realpath(path), found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Manifest:
    """The tools installed from the list of this digest; ``core`` are the names `make up` needs."""

    digest: str
    core: tuple[str, ...]
    tools: dict[str, InstalledTool]
    stamps: dict[str, Stamp]

    @classmethod
    def load(cls, path: Path) -> Manifest | None:
        """Read a manifest; None if there is none or it cannot be read, as it can be made anew."""
        try:
            table: dict[str, Any] = json.loads(path.read_text())
            tools = {name: _tool(entry) for name, entry in table["tools"].items()}
            stamps = {name: Stamp(**entry) for name, entry in table["stamps"].items()}
            return cls(table["digest"], tuple(table["core"]), tools, stamps)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def save(self, path: Path) -> None:
        """Write atomically."""
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps(asdict(self), default=str, indent=2) + "\n")
        temporary.replace(path)

    def in_use(self, names: Iterable[str]) -> dict[str, InstalledTool] | None:
        """Return the tools of these names if every one is installed and unchanged, else None."""
        tools = [self.tool_of(name) for name in names]
        held = {tool.name: tool for tool in tools if tool is not None and self.holds(tool)}
        return held if all(tool is not None and tool.name in held for tool in tools) else None

    def tool_of(self, name: str) -> InstalledTool | None:
        """Return the installed tool of this name, or with a program of this name."""
        found = (tool for tool in self.tools.values() if name in tool.programs)
        return self.tools.get(name) or next(found, None)

    def holds(self, tool: InstalledTool) -> bool:
        """Tell whether a tool's programs are still the files that they were."""
        return all(_unchanged(path, self.stamps.get(program)) for program, path in tool.programs.items())


def _tool(entry: Mapping[str, Any]) -> InstalledTool:
    programs = {program: Path(path) for program, path in entry["programs"].items()}
    return InstalledTool(**{**entry, "programs": programs})


def _unchanged(path: Path, stamp: Stamp | None) -> bool:
    try:
        return Stamp.of(path) == stamp
    except OSError:
        return False
