"""The vendor's archive, checked by SHA-256."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from infra.toolchain.download import fetch, published_sha256, read_text
from infra.toolchain.errors import SourceFailed
from infra.toolchain.sources.source import FilledSource, Workshop

if TYPE_CHECKING:
    from infra.toolchain.catalogue import Tool


class ArchiveSource(FilledSource):
    """A ``.zip`` or ``.tar.*``; ``{os}`` and ``{arch}`` in its address stand for the platform.

    ``sha256`` pins the archive of a platform (``linux_amd64``); for the platforms that it lacks,
    ``checksums`` is the address of the list that the vendor publishes.
    """

    kind: Literal["archive"]
    url: str
    members: dict[str, str]
    sha256: dict[str, str] = Field(default_factory=dict)
    checksums: str | None = None
    arch_names: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_checked(self) -> Self:
        if not self.sha256 and not self.checksums:
            raise ValueError("an archive needs sha256 or checksums: nothing is used unchecked")
        return self

    def label(self) -> str:
        """Name the source in a message."""
        return "the vendor's archive"

    def origin(self, tool: Tool, workshop: Workshop) -> str:
        """Tell the address, and by which digest it was checked."""
        checked = "pinned" if str(workshop.platform) in self.sha256 else "published"
        return f"{self._named(self.url, workshop)} ({checked} SHA-256)"

    def fill(self, partial: Path, tool: Tool, workshop: Workshop) -> None:
        """Download, check, and take out the programs alone."""
        url = self._named(self.url, workshop)
        archive = partial / url.rpartition("/")[2]
        workshop.report(f"downloading {url}")
        fetch(url, archive, self._expected(archive.name, workshop), workshop)
        members = {program: self._named(path, workshop) for program, path in self.members.items()}
        take = _from_zip if archive.suffix == ".zip" else _from_tar
        try:
            take(archive, members, partial)
        except (KeyError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise SourceFailed(f"{url} is not the archive that was expected: {error}") from error
        archive.unlink()

    def _expected(self, file_name: str, workshop: Workshop) -> str:
        pinned = self.sha256.get(str(workshop.platform))
        if pinned:
            return pinned
        if not self.checksums:
            raise SourceFailed(f"no SHA-256 is pinned for {workshop.platform}")
        found = published_sha256(read_text(self.checksums, workshop), file_name)
        if found is None:
            raise SourceFailed(f"{self.checksums} does not list {file_name}")
        return found

    def _named(self, text: str, workshop: Workshop) -> str:
        arch = self.arch_names.get(workshop.platform.arch, workshop.platform.arch)
        return text.format(os=workshop.platform.os, arch=arch)


def _from_zip(archive: Path, members: dict[str, str], folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        for program, path in members.items():
            with opened.open(path) as source, (folder / program).open("wb") as target:
                shutil.copyfileobj(source, target)
            (folder / program).chmod(0o755)


def _from_tar(archive: Path, members: dict[str, str], folder: Path) -> None:
    with tarfile.open(archive) as opened:
        for program, path in members.items():
            source = opened.extractfile(path)
            if source is None:
                raise KeyError(f"{path} is not a file")
            with source, (folder / program).open("wb") as target:
                shutil.copyfileobj(source, target)
            (folder / program).chmod(0o755)
