"""A tool that a Python package carries: in this environment, or downloaded to build others."""

from __future__ import annotations

import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from infra.toolchain import child
from infra.toolchain.errors import SourceFailed
from infra.toolchain.sources.source import FilledSource, Obtained, SourceModel, Workshop

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool


class WheelSource(SourceModel):
    """A distribution of this environment; the lock file holds its version."""

    kind: Literal["wheel"]
    distribution: str

    def label(self) -> str:
        """Name the source in a message."""
        return f"the wheel {self.distribution}"

    def obtain(self, tool: Tool, workshop: Workshop) -> Obtained:
        """Find the programs among the distribution's files."""
        try:
            found = metadata.distribution(self.distribution)
        except metadata.PackageNotFoundError as error:
            raise SourceFailed("not installed in this environment; run `make setup`") from error
        files = {file.name: Path(str(file.locate())) for file in found.files or ()}
        missing = [name for name in tool.programs if name not in files or not files[name].is_file()]
        if missing:
            raise SourceFailed(f"its files lack {', '.join(missing)}; run `make setup`")
        programs = {name: files[name].resolve() for name in tool.programs}
        return Obtained(programs, found.version, f"{self.distribution} {found.version}")


class WheelDownload(FilledSource):
    """A distribution that is fetched and unpacked beside the environment.

    ``sha256`` has the digest of its wheel for every platform; ``members`` says where in the
    wheel each program lies.
    """

    kind: Literal["wheel-download"]
    distribution: str
    version: str
    sha256: tuple[str, ...]
    members: dict[str, str]

    def label(self) -> str:
        """Name the source in a message."""
        return f"the wheel {self.distribution} {self.version}"

    def origin(self, tool: Tool, workshop: Workshop) -> str:
        """Tell where the programs came from."""
        return f"{self.distribution} {self.version}"

    def programs(self, tool: Tool, folder: Path) -> dict[str, Path]:
        """Return where each program lies in the unpacked wheel."""
        return {name: folder / self.members[name] for name in tool.programs}

    def fill(self, partial: Path, tool: Tool, workshop: Workshop) -> None:
        """Let pip fetch the wheel, held to its digest, and unpack it."""
        workshop.report(f"downloading {self.label()}")
        hashes = " ".join(f"--hash=sha256:{digest}" for digest in self.sha256)
        wanted = partial / "requirement.txt"
        wanted.write_text(f"{self.distribution}=={self.version} {hashes}\n")
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        child.run(
            [*pip, "--only-binary=:all:", "--dest", partial, "--requirement", wanted],
            environ=workshop.environ,
            timeout_s=workshop.limits.download_s,
        )
        for wheel in partial.glob("*.whl"):
            unpack(wheel, partial)
            wheel.unlink()


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack a wheel and keep its executables executable."""
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            path = Path(archive.extract(member, folder))
            if member.external_attr >> 16 & 0o111 and path.is_file():
                path.chmod(0o755)
