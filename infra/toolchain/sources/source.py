"""What every source has in common, and what it is given to work with."""

from __future__ import annotations

import hashlib
import platform
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from infra.toolchain.errors import SourceFailed
from infra.toolchain.probe import probed_version
from infra.toolchain.store import Store

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool

ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Limits:
    """How long anything may take, in seconds, before the next source is tried."""

    connect_s: float = 5.0
    read_s: float = 30.0
    download_s: float = 900.0
    package_s: float = 300.0
    build_s: float = 2400.0
    probe_s: float = 30.0


@dataclass(frozen=True)
class Platform:
    """Operating system and processor, named as most vendors name them."""

    os: str = field(default_factory=lambda: platform.system().lower())
    arch: str = field(default_factory=lambda: ARCHITECTURES.get(platform.machine(), platform.machine()))

    def __str__(self) -> str:
        return f"{self.os}_{self.arch}"


@dataclass(frozen=True)
class Obtained:
    """A tool as a source delivers it: where each program lies, which version, and from where."""

    programs: Mapping[str, Path]
    version: str
    origin: str


@dataclass(frozen=True)
class Workshop:
    """What a source works with.

    ``modules`` holds the committed Go modules, ``locks`` the lists of Python packages; ``own`` are
    folders of ours that do not count as "on PATH"; ``build_tool`` gives a program that a build
    needs; ``silent_hosts`` collects hosts that did not answer in this run.
    """

    store: Store
    environ: Mapping[str, str]
    modules: Path
    locks: Path
    own: tuple[Path, ...]
    report: Callable[[str], None]
    build_tool: Callable[[str], Path]
    limits: Limits = Limits()
    platform: Platform = field(default_factory=Platform)
    silent_hosts: dict[str, str] = field(default_factory=dict)


class SourceModel(BaseModel):
    """Base of every kind of source: an entry of ``tools.toml`` that knows how to obtain a tool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str

    @abstractmethod
    def label(self) -> str:
        """Name the source in a message."""

    @abstractmethod
    def obtain(self, tool: Tool, workshop: Workshop) -> Obtained:
        """Deliver the tool's programs.

        Raises:
            SourceFailed: it cannot; the message is a clause that says why.
        """

    def fingerprint(self, workshop: Workshop) -> str:
        """Digest of all that decides what this source delivers."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


class FilledSource(SourceModel):
    """Base of the sources that fill a folder of the user's cache, once for all clones."""

    @abstractmethod
    def fill(self, partial: Path, tool: Tool, workshop: Workshop) -> None:
        """Put the tool's programs into ``partial``.

        Raises:
            SourceFailed: it cannot.
        """

    @abstractmethod
    def origin(self, tool: Tool, workshop: Workshop) -> str:
        """Tell where the programs came from, for a person."""

    def programs(self, tool: Tool, folder: Path) -> dict[str, Path]:
        """Return where ``fill`` put each program."""
        return {name: folder / name for name in tool.programs}

    def obtain(self, tool: Tool, workshop: Workshop) -> Obtained:
        """Return what the cache has, or fill it; either way the first program told its version."""
        versions: list[str] = []

        def check(folder: Path) -> None:
            versions.append(probed_version(tool, self.programs(tool, folder), workshop))

        place = (tool.name, str(tool.version), f"{self.kind}-{self.fingerprint(workshop)[:12]}")
        try:
            folder = workshop.store.provide(place, lambda partial: self.fill(partial, tool, workshop), check)
        except OSError as error:
            raise SourceFailed(
                f"{error.filename or workshop.store.root}: {error.strerror or error}"
            ) from error
        return Obtained(self.programs(tool, folder), versions[-1], self.origin(tool, workshop))
