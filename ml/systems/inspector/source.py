"""Electroluminescence images of solar cells: out of a wheel, or any folder of the same form.

The wheel ``elpv-dataset`` holds 2,624 grey images of 300 x 300 pixels, each of one cell, with the
probability that it is defective as people judged it. C. Buerhop-Lutz et al., "A benchmark for visual
identification of defective solar cells in electroluminescence imagery", EU PVSEC 2018; S. Deitsch et
al., Solar Energy 185, 2019. Licence of the images: CC BY-NC-SA 4.0; see ``docs/data-and-models.md``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from ml.data.images.sources import from_folder
from ml.data.images.store import image_id
from ml.data.source import Source, chosen
from ml.data.wheel import InWheel
from ml.errors import SourceCorrupted, SourceUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa


WHEEL = {
    "requirement": "elpv-dataset==1.0.0.post1",
    "file": "elpv_dataset-1.0.0.post1-py3-none-any.whl",
    "sha256": "85e31c1126ee9b48e62d3a0232c58f58b2d189b0814a45c13642fa0415af4a4c",
}
INSIDE = "elpv_dataset/data/"
LABELS = "labels.csv"


class Elpv(InWheel):
    """The data set out of the wheel; ``cache`` is where the wheel is kept."""

    pinned: ClassVar[dict[str, str]] = WHEEL

    kind: Literal["elpv"] = "elpv"

    def images(self) -> Iterator[tuple[str, bytes]]:
        """Yield each image's name and bytes.

        Raises:
            SourceUnavailable, SourceCorrupted: the wheel cannot be had.
        """
        with self.wheel.open() as archive:
            names = [name for name in archive.namelist() if name.startswith(f"{INSIDE}images/")]
            yield from ((name.removeprefix(INSIDE), archive.read(name)) for name in sorted(names))

    def read(self) -> dict[str, pa.Table]:
        """Return the table ``cells``, what people said of each image.

        Raises:
            SourceUnavailable, SourceCorrupted: the wheel cannot be had.
        """
        with self.wheel.open() as archive:
            labels = archive.read(INSIDE + LABELS)
        return {"cells": _cells(labels, self.images())}


class Folder(BaseModel):
    """A folder with images and ``labels.csv``: path, probability of a defect, type of the cell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["folder"]
    path: Path

    def fingerprint(self) -> str:
        """Return the digest of the labels and of each image's name and size."""
        sizes = [f"{path} {path.stat().st_size}" for path in sorted(self.path.rglob("*")) if path.is_file()]
        return hashlib.sha256("\n".join([str(self._labels()), *sizes]).encode()).hexdigest()

    def images(self) -> Iterator[tuple[str, bytes]]:
        """Yield each image's path and bytes.

        Raises:
            SourceUnavailable, SourceEmpty: the folder cannot be read, or holds nothing.
        """
        return ((name, content) for name, content in from_folder(self.path) if name != LABELS)

    def read(self) -> dict[str, pa.Table]:
        """Return the table ``cells``, what people said of each image.

        Raises:
            SourceUnavailable: there are no labels.
            SourceCorrupted: they are not of this form.
        """
        return {"cells": _cells(self._labels(), self.images())}

    def _labels(self) -> bytes:
        try:
            return (self.path / LABELS).read_bytes()
        except OSError as error:
            raise SourceUnavailable(
                f"{self.path / LABELS} cannot be read ({error.strerror}); set source.path to a folder with "
                f"images and {LABELS}, whose lines read: path, probability of a defect, type of the cell"
            ) from error


def source(settings: Mapping[str, Any]) -> Source:
    """Return the source that the pipeline's settings name; the default is the wheel.

    Raises:
        WrongInput: a setting is wrong.
    """
    return chosen(Elpv | Folder, settings, "elpv", "docs/inspector.md")


def _cells(labels: bytes, images: Iterable[tuple[str, bytes]]) -> pa.Table:
    """Return one row per line of the labels, all text; a line whose image is not there names no image."""
    import pyarrow as pa

    ids = {name: image_id(content) for name, content in images}
    try:
        lines = [line.replace(",", " ").split() for line in labels.decode().splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise SourceCorrupted(f"{LABELS} is not text ({error}); write it anew") from error
    wrong = next((number for number, line in enumerate(lines, 1) if len(line) != 3), None)
    if wrong is not None:
        raise SourceCorrupted(
            f"line {wrong} of {LABELS} reads {lines[wrong - 1]}; it needs a path, a probability and a type"
        )
    columns = {
        "image_id": [ids.get(path, "") for path, _, _ in lines],
        "path": [path for path, _, _ in lines],
        "defect_probability": [probability for _, probability, _ in lines],
        "cell_type": [kind for _, _, kind in lines],
    }
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
