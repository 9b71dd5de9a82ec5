"""Go modules built from source, each from a committed ``go.mod`` and ``go.sum``."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from infra.toolchain import child
from infra.toolchain.errors import SourceFailed
from infra.toolchain.sources.source import FilledSource, Workshop

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool

REPORT_EVERY_S = 5.0


class GoBuild(BaseModel):
    """One program: ``package`` built in the module folder ``module`` under ``go/``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    program: str
    module: str
    package: str
    tags: tuple[str, ...] = ()
    ldflags: str = ""


class GoCopy(BaseModel):
    """One script: the file ``path`` of ``dependency``, at the version that ``module`` requires."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    program: str
    module: str
    dependency: str
    path: str


class GoSource(FilledSource):
    """Programs built and scripts copied out of Go modules; go.sum holds all of them to their digests."""

    kind: Literal["go"]
    builds: tuple[GoBuild, ...]
    copies: tuple[GoCopy, ...] = ()

    def label(self) -> str:
        """Name the source in a message."""
        return "Go modules"

    def origin(self, tool: Tool, workshop: Workshop) -> str:
        """Tell what was built."""
        return f"built from {', '.join(build.package for build in self.builds)}"

    def fingerprint(self, workshop: Workshop) -> str:
        """Digest of the entry and of every go.mod and go.sum it names."""
        digest = hashlib.sha256(super().fingerprint(workshop).encode())
        for module in sorted({build.module for build in self.builds}):
            for name in ("go.mod", "go.sum"):
                digest.update((workshop.modules / module / name).read_bytes())
        return digest.hexdigest()

    def fill(self, partial: Path, tool: Tool, workshop: Workshop) -> None:
        """Build every program, then copy every script."""
        go = workshop.build_tool("go")
        work = partial.parent / ".go"
        environ = _environ(workshop) | (_caches(work) if go.is_relative_to(workshop.store.root) else {})
        bench = _Bench(go, environ, partial, workshop)
        for build in self.builds:
            workshop.report(f"building {build.program} from Go modules (minutes, once)")
            bench.build(build)
        for copy in self.copies:
            bench.copy(copy)
        shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True)
class _Bench:
    """Go with its environment, and the folder that gets what is made."""

    go: Path
    environ: Mapping[str, str]
    folder: Path
    workshop: Workshop

    def build(self, build: GoBuild) -> None:
        flags = ["-v", "-trimpath", "-tags", ",".join(build.tags), "-ldflags", build.ldflags]
        child.run(
            [self.go, "build", *flags, "-o", self.folder / build.program, build.package],
            environ=self.environ,
            timeout_s=self.workshop.limits.build_s,
            folder=self.workshop.modules / build.module,
            on_line=_counted(build.program, self.workshop.report),
        )

    def copy(self, copy: GoCopy) -> None:
        where = child.run(
            [self.go, "list", "-m", "-f", "{{.Dir}}", copy.dependency],
            environ=self.environ,
            timeout_s=self.workshop.limits.download_s,
            folder=self.workshop.modules / copy.module,
        )
        source = Path(where.strip()) / copy.path
        if not source.is_file():
            raise SourceFailed(f"{copy.dependency} has no file {copy.path}")
        shutil.copyfile(source, self.folder / copy.program)
        (self.folder / copy.program).chmod(0o755)


def _environ(workshop: Workshop) -> dict[str, str]:
    """Builds depend on the committed files alone, not on the person's Go settings or compiler."""
    own = {"GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    dropped = {"GOOS", "GOARCH", "GOROOT"}
    kept = {name: value for name, value in workshop.environ.items() if name not in dropped}
    return {**kept, **own, "CGO_ENABLED": "0"}


def _caches(work: Path) -> dict[str, str]:
    """Gigabytes that a person without Go would never use again: kept only until the build is done.

    A build that was interrupted finds them and goes on from there.
    """
    flags = "-mod=readonly -buildvcs=false -modcacherw"
    return {"GOMODCACHE": str(work / "mod"), "GOCACHE": str(work / "build"), "GOFLAGS": flags}


def _counted(program: str, report: Callable[[str], None]) -> Callable[[str], None]:
    """Turn the compiler's lines, one a package or a download, into a line every few seconds."""
    started = time.monotonic()
    seen, told = 0, started

    def on_line(line: str) -> None:
        nonlocal seen, told
        seen += 1
        now = time.monotonic()
        if now - told >= REPORT_EVERY_S:
            told = now
            report(f"building {program}: {seen} packages and modules, {now - started:.0f} s")

    return on_line
