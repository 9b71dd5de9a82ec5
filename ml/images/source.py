"""A folder with a folder of images for each class.

The images stay where they are; a pipeline names them: ``source: {kind: folder, path: /data/parts}``. New
images are taken in by the next run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from ml.data.images.sources import from_folder
from ml.data.images.store import image_id
from ml.data.source import Source, chosen
from ml.errors import SourceCorrupted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

EXAMPLES: Final = "examples"


class ClassFolders(BaseModel):
    """``path`` holds one folder of images for each class."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["folder"] = "folder"
    path: Path

    def fingerprint(self) -> str:
        """Return the digest of each image's name, size and time of change."""
        files = sorted(path for path in self.path.rglob("*") if path.is_file())
        stats = [(path, path.stat()) for path in files]
        lines = [f"{path} {found.st_size} {found.st_mtime_ns}" for path, found in stats]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def images(self) -> Iterator[tuple[str, bytes]]:
        """Yield each image's path and bytes.

        Raises:
            SourceUnavailable, SourceEmpty: the folder cannot be read, or holds nothing.
        """
        return from_folder(self.path)

    def read(self) -> dict[str, pa.Table]:
        """Return the table ``examples``: each image's id, path, and class.

        Raises:
            SourceUnavailable, SourceEmpty: the folder cannot be read, or holds nothing.
            SourceCorrupted: a file lies in no folder of a class.
        """
        import pyarrow as pa

        rows = [(image_id(content), name, class_of(name)) for name, content in self.images()]
        ids, names, labels = zip(*rows, strict=True)
        return {EXAMPLES: pa.table({"image_id": ids, "path": names, "label": labels})}


def source(settings: Mapping[str, Any]) -> Source:
    """Return the source that a pipeline's settings name.

    Raises:
        WrongInput: a setting is wrong.
    """
    return chosen(ClassFolders, settings, "folder", "docs/new-system.md")


def class_of(name: str) -> str:
    """Return the class of an image by its path.

    Raises:
        SourceCorrupted: it lies in no folder of a class.
    """
    label, _, rest = name.partition("/")
    if not rest:
        raise SourceCorrupted(f"{name} lies in no folder of a class; move it into one")
    return label
