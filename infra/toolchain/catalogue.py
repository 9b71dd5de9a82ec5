"""The typed form of ``tools.toml``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from infra.toolchain.errors import CatalogueInvalid, UnknownTool
from infra.toolchain.sources.archive import ArchiveSource
from infra.toolchain.sources.debian import DebianSource
from infra.toolchain.sources.go_module import GoSource
from infra.toolchain.sources.on_path import PathSource
from infra.toolchain.sources.python_environment import PythonSource
from infra.toolchain.sources.wheel import WheelDownload, WheelSource

Source = Annotated[
    PathSource | WheelSource | WheelDownload | ArchiveSource | DebianSource | GoSource | PythonSource,
    Field(discriminator="kind"),
]
Group = Literal["core", "lint", "bench", "build"]


class Probe(BaseModel):
    """How a program is asked for its version; ``pattern`` has one group, the version."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    arguments: tuple[str, ...]
    pattern: str


class Tool(BaseModel):
    """One entry of the list. Without ``range`` the version is what its wheel is locked to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    purpose: str
    programs: tuple[str, ...] = Field(min_length=1)
    sources: tuple[Source, ...] = Field(min_length=1)
    group: Group = "core"
    version: str | None = None
    range: str | None = None
    probe: Probe | None = None

    @model_validator(mode="after")
    def _versions_belong_together(self) -> Self:
        given = [self.version is not None, self.range is not None, self.probe is not None]
        if any(given) and not all(given):
            raise ValueError("version, range and probe go together: give all three or none")
        if not any(given) and any(source.kind != "wheel" for source in self.sources):
            raise ValueError("only a tool that comes as a wheel may leave out version, range and probe")
        if self.version and not self.admits(self.version):
            raise ValueError(f"version {self.version} lies outside of range {self.range}")
        return self

    def admits(self, version: str) -> bool:
        """Tell whether a version lies in the pinned range."""
        try:
            return self.range is None or SpecifierSet(self.range).contains(version, prereleases=True)
        except (InvalidSpecifier, InvalidVersion):
            return False

    def read_version(self, output: str) -> str | None:
        """Find the version in what the probe printed."""
        found = re.search(self.probe.pattern, output) if self.probe else None
        return found.group(1) if found else None


class Catalogue(BaseModel):
    """All tools, in the order of the file."""

    model_config = ConfigDict(frozen=True)

    tools: tuple[Tool, ...]

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        """Read the list.

        Raises:
            CatalogueInvalid: the message names the file, the tool and the key.
        """
        try:
            table = tomllib.loads(path.read_text())
            return cls.model_validate({"tools": [{"name": name, **entry} for name, entry in table.items()]})
        except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
            raise CatalogueInvalid(f"{path} cannot be read: {error}; restore it from git") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise CatalogueInvalid(f"{path}: {where}: {first['msg']}; correct this entry") from error

    def tool(self, name: str) -> Tool:
        """Return the tool of this name, or the one that has a program of this name.

        Raises:
            UnknownTool: there is none; the message lists what there is.
        """
        for tool in self.tools:
            if name == tool.name or name in tool.programs:
                return tool
        known = ", ".join(tool.name for tool in self.tools)
        raise UnknownTool(f"there is no tool {name!r} in tools.toml; it has {known}")

    def group(self, group: Group) -> tuple[str, ...]:
        """Return the names of a group's tools."""
        return tuple(tool.name for tool in self.tools if tool.group == group)
