"""From clean tables to what training reads: each image with its part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.images.contents import CONTENT
from ml.data.images.decode import decode
from ml.data.images.duplicates import groups
from ml.images.embedding import Embedding
from ml.images.pixels import shown
from ml.images.source import EXAMPLES
from ml.tables.split import Division, parts_of
from ml.tables.table import PART

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MONITORED: Final = ("brightness", "contrast", "sharpness")
# Of 64 bits of the perceptual hash: images that near show the same.
ALIKE_BITS: Final = 2
EMBEDDING: Final = Embedding(EXAMPLES, ("pixels", 3), lambda content: shown(decode(content, "RGB")))


@dataclass(frozen=True)
class Labelled:
    """Images of some parts: ``ids`` and ``parts`` str [n], ``truth`` int64 [n], and their bytes."""

    ids: NDArray[np.str_]
    parts: NDArray[np.str_]
    truth: NDArray[np.int64]
    contents: tuple[bytes, ...]

    @classmethod
    def of(cls, classes: tuple[str, ...], tables: dict[str, pa.Table], *parts: str) -> Labelled:
        """Read a dataset version's tables."""
        labels = tables[EXAMPLES]
        labels = labels.filter(np.isin(np.array(labels[PART].to_pylist(), np.str_), parts))
        ids = labels["image_id"].to_pylist()
        places = {name: place for place, name in enumerate(tables["images"]["image_id"].to_pylist())}
        contents = tables["images"][CONTENT]
        return cls(
            np.array(ids, np.str_),
            np.array(labels[PART].to_pylist(), np.str_),
            np.array([classes.index(name) for name in labels["label"].to_pylist()], np.int64),
            tuple(contents[places[name]].as_py() for name in ids),
        )

    def __len__(self) -> int:
        return len(self.truth)


def features(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Name each image's part, each class divided alike; images that show nearly the same are in one part.

    Raises:
        ContractBroken: a class has too few images.
    """
    import pyarrow as pa

    labels = tables[EXAMPLES].sort_by("image_id")
    images = tables["images"]
    hashes = dict(zip(*(images[c].to_pylist() for c in ("image_id", "perceptual_hash")), strict=True))
    alike = groups([int(hashes[name], 16) for name in labels["image_id"].to_pylist()], ALIKE_BITS)
    division = Division(np.array(labels["label"].to_pylist(), np.str_), np.array(alike).astype(str), None)
    part = pa.array(parts_of(division, seed=0).tolist(), pa.string())
    return {**tables, EXAMPLES: labels.append_column(PART, part)}


def monitored(tables: dict[str, pa.Table]) -> dict[str, Any]:
    """Return measures and embedding of held-out images as the service would take them, arrays [n]."""
    return EMBEDDING.monitored(tables, MONITORED)
