"""Folders of files in the pipelines bucket, named by the digest of what they hold.

The same content has the same name, so two runs that write it at once do each other no harm, and
a folder can be checked when it is read.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from ml.errors import DiskFull, StoreRefused
from ml.objects import Objects

if TYPE_CHECKING:
    from ml.environment import Environment


class StoredFolder(BaseModel):
    """A folder by its digest: file names, their SHA-256, and bytes in all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    digest: str
    size_bytes: int
    files: dict[str, str]


class Folders:
    """Saves and loads folders."""

    def __init__(self, environment: Environment) -> None:
        self._objects = Objects(environment, environment.object_store.buckets.pipelines)

    def save(self, folder: Path) -> StoredFolder:
        """Store a local folder's files."""
        described = describe(folder)
        for name, digest in described.files.items():
            self._objects.put(_key(digest), (folder / name).read_bytes())
        return described

    def load(self, stored: StoredFolder, folder: Path) -> Path:
        """Write the files into a local folder and return it.

        Raises:
            StoreRefused: a file is gone, or has another digest.
            DiskFull: the local disk has no room.
        """
        for name in stored.files:
            content = self.read(stored, name)
            path = folder / name
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            except OSError as error:
                raise disk_full(path, error) from error
        return folder

    def read(self, stored: StoredFolder, name: str) -> bytes:
        """Return one file of a folder.

        Raises:
            StoreRefused: it is gone, or has another digest.
        """
        digest = stored.files[name]
        content = self._objects.get(_key(digest))
        found = hashlib.sha256(content).hexdigest() if content is not None else "nothing"
        if content is None or found != digest:
            raise StoreRefused(
                f"s3://{self._objects.bucket}/{_key(digest)} ({name}) holds {found}; "
                "run the pipeline again with --fresh to make it anew"
            )
        return content

    def address(self, stored: StoredFolder, name: str) -> str:
        """Return where a file of a folder lies."""
        return f"s3://{self._objects.bucket}/{_key(stored.files[name])}"


def describe(folder: Path) -> StoredFolder:
    """Return what a local folder holds, by its digest."""
    paths = {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}
    files = {name: digest_of(path) for name, path in paths.items()}
    listing = "".join(f"{digest}  {name}\n" for name, digest in files.items())
    size = sum(path.stat().st_size for path in paths.values())
    return StoredFolder(digest=hashlib.sha256(listing.encode()).hexdigest(), size_bytes=size, files=files)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def disk_full(path: Path, error: OSError) -> DiskFull:
    """Return the error for a file that could not be written, with what room there is."""
    place = next((part for part in (path, *path.parents) if part.exists()), Path("/"))
    free_mib = shutil.disk_usage(place).free // 2**20
    return DiskFull(
        f"{path} cannot be written ({error.strerror or error}; {free_mib} MiB are free there); "
        "free some space, or point TMPDIR or XDG_CACHE_HOME to another disk, and run again"
    )


def _key(digest: str) -> str:
    return f"files/{digest[:2]}/{digest}"
