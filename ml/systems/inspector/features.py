"""From clean tables to what training reads: labelled images, each with its part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.images.contents import CONTENT
from ml.data.images.decode import decode
from ml.data.images.duplicates import groups
from ml.data.split import TEST, TRAIN, VALIDATION
from ml.errors import ContractBroken
from ml.evenly import evenly
from ml.images.embedding import Embedding
from ml.systems.inspector.serving import prepare

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MONITORED: Final = ("brightness", "contrast", "sharpness")
# A quarter tests; of the rest an eighth chooses the moment to stop, and calibrates.
TEST_PARTS: Final = 4
VALIDATION_PARTS: Final = 8
DEFECTIVE: Final = 0.5
# Of 64 bits of the perceptual hash; cells look alike anyway, and with 4 chains of 20 would be one group.
ALIKE_BITS: Final = 2
EMBEDDING: Final = Embedding(
    "cells", ("grey", 1), lambda content: prepare(decode(content))[None].astype(np.float32)
)


@dataclass(frozen=True)
class Cells:
    """Labelled cells: ``ids`` and ``kind`` str [n], ``probability`` float64 [n] of a defect as people judged.

    ``contents`` are the images' bytes, in the same order.
    """

    ids: NDArray[np.str_]
    probability: NDArray[np.float64]
    kind: NDArray[np.str_]
    contents: tuple[bytes, ...]

    @classmethod
    def of(cls, tables: dict[str, pa.Table], *parts: str) -> Cells:
        """Read a dataset version's tables."""
        cells = tables["cells"]
        chosen = np.isin(cells["part"].to_numpy(zero_copy_only=False).astype(str), parts)
        ids = cells["image_id"].to_numpy(zero_copy_only=False).astype(str)[chosen]
        images = tables["images"]
        places = {name: place for place, name in enumerate(images["image_id"].to_pylist())}
        contents = images[CONTENT]
        return cls(
            ids,
            cells["defect_probability"].to_numpy()[chosen],
            cells["cell_type"].to_numpy(zero_copy_only=False).astype(str)[chosen],
            tuple(contents[places[name]].as_py() for name in ids.tolist()),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def defective(self) -> NDArray[np.bool_]:
        """Return whether people judged each rather defective than not, bool [n]."""
        found: NDArray[np.bool_] = self.probability >= DEFECTIVE
        return found

    @property
    def certain(self) -> NDArray[np.bool_]:
        """Return whether people agreed on each, bool [n]."""
        found: NDArray[np.bool_] = (self.probability == 0) | (self.probability == 1)
        return found

    def some(self, most: int) -> Cells:
        """Return up to so many of them, evenly chosen."""
        even = evenly(len(self), most)
        return self.take(np.isin(np.arange(len(self)), even))

    def take(self, chosen: NDArray[np.bool_]) -> Cells:
        """Return those where ``chosen`` bool [n] holds."""
        contents = tuple(self.contents[place] for place in np.flatnonzero(chosen))
        return Cells(self.ids[chosen], self.probability[chosen], self.kind[chosen], contents)

    def grey(self) -> list[NDArray[np.uint8]]:
        """Return the images as they are, uint8 [height, width] each."""
        return [decode(content) for content in self.contents]

    def pixels(self) -> NDArray[np.uint8]:
        """Return what the network sees, uint8 [n, 224, 224]."""
        return np.stack([prepare(image) for image in self.grey()])


def features(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Name each cell's part. Images that show nearly the same are in one part."""
    return split(tables, seed=0)


def split(tables: dict[str, pa.Table], seed: int) -> dict[str, pa.Table]:
    """Divide by probability and type of the cell alike, with a seed of choice."""
    import pyarrow as pa

    cells = tables["cells"].sort_by("image_id")
    hashes = dict(
        zip(*(tables["images"][c].to_pylist() for c in ("image_id", "perceptual_hash")), strict=True)
    )
    group = np.array(groups([int(hashes[name], 16) for name in cells["image_id"].to_pylist()], ALIKE_BITS))
    kinds = zip(cells["cell_type"].to_pylist(), cells["defect_probability"].to_pylist(), strict=True)
    stratum = np.unique([f"{kind} {probability:.2f}" for kind, probability in kinds], return_inverse=True)[1]
    part = np.full(len(group), TRAIN, dtype=object)
    rest = np.arange(len(group))
    for name, parts in ((TEST, TEST_PARTS), (VALIDATION, VALIDATION_PARTS)):
        held = rest[_held(stratum[rest], group[rest], parts, seed)]
        part[held] = name
        rest = np.setdiff1d(rest, held)
    return {**tables, "cells": cells.append_column("part", pa.array(part.tolist(), pa.string()))}


def _held(stratum: NDArray[np.int64], group: NDArray[np.int64], parts: int, seed: int) -> NDArray[np.int64]:
    """Return places of one of ``parts`` equal parts, groups kept whole.

    Raises:
        ContractBroken: of no kind of cell there are as many as parts.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    most = int(np.bincount(stratum).max())
    if most < parts:
        raise ContractBroken(
            f"of no type and judgement there are more than {most} of {len(group)} cells, too few to hold out "
            f"one of {parts}; bring more images"
        )
    folds = StratifiedGroupKFold(parts, shuffle=True, random_state=seed)
    held: NDArray[np.int64] = next(folds.split(np.zeros(len(group)), stratum, group))[1]
    return held


def monitored(tables: dict[str, pa.Table]) -> dict[str, Any]:
    """Return measures and embedding of held-out images as the service would take them, arrays [n]."""
    return EMBEDDING.monitored(tables, MONITORED)
