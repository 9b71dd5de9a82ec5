"""A Python program in an environment of its own, because it cannot share ours."""

from __future__ import annotations

import hashlib
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from infra.toolchain import child
from infra.toolchain.errors import SourceFailed
from infra.toolchain.sources.source import FilledSource, Workshop

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool

ENVIRONMENT = "environment"


class PythonSource(FilledSource):
    """Distributions that ``locks/<lock>`` names with their digests, installed by uv.

    The environment can be moved (its scripts find Python beside themselves), so that it is built
    under another name and appears in the cache whole.
    """

    kind: Literal["python"]
    lock: str

    def label(self) -> str:
        """Name the source in a message."""
        return f"the Python packages of {self.lock}"

    def origin(self, tool: Tool, workshop: Workshop) -> str:
        """Tell which list was installed."""
        return f"environment of {self.lock}"

    def fingerprint(self, workshop: Workshop) -> str:
        """Digest of the entry, the lock file and the interpreter that the environment links to."""
        digest = hashlib.sha256(super().fingerprint(workshop).encode())
        digest.update(f"{sys.version}\n{sys.base_prefix}\n".encode())
        digest.update(self._read(workshop))
        return digest.hexdigest()

    def programs(self, tool: Tool, folder: Path) -> dict[str, Path]:
        """Return where uv put each program."""
        return {name: folder / ENVIRONMENT / "bin" / name for name in tool.programs}

    def fill(self, partial: Path, tool: Tool, workshop: Workshop) -> None:
        """Make the environment and install what the lock file names, nothing else."""
        uv = Path(sysconfig.get_path("scripts")) / "uv"
        if not uv.is_file():
            raise SourceFailed(f"{uv} is not there; run `make setup`")
        folder = partial / ENVIRONMENT
        workshop.report(f"installing {self.label()} into an environment of its own")
        made = ["venv", "--quiet", "--no-project", "--relocatable", "--python", sys.executable]
        self._run([uv, *made, folder], workshop)
        synced = ["pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode"]
        self._run([uv, *synced, "--python", folder / "bin" / "python", workshop.locks / self.lock], workshop)

    def _read(self, workshop: Workshop) -> bytes:
        try:
            return (workshop.locks / self.lock).read_bytes()
        except OSError as error:
            raise SourceFailed(f"{error.filename} cannot be read ({error.strerror})") from error

    def _run(self, command: list[str | Path], workshop: Workshop) -> None:
        child.run(command, environ=workshop.environ, timeout_s=workshop.limits.download_s)
