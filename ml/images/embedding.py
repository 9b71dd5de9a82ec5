"""An embedding of a system's images: fitted on training ones, and how held-out ones look in it.

The pretrained trunk is frozen, so a dataset version alone decides: its reference profile and every model that
learns from it have the same embedding. Its first blocks know texture, edges and light; what an image shows is
not their matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.child_process import threads
from ml.data.images.contents import CONTENT, IMAGES
from ml.data.split import TEST, TRAIN
from ml.drift.profile import MOST_ROWS
from ml.embedding import columns
from ml.evenly import evenly
from ml.images.efficientnet import early
from ml.images.pretrained import weights
from ml.images.projection import Projection
from ml.onnx_session import open_session
from ml.tables.table import PART

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

AT_ONCE: Final = 16
# Training images that the projection is fitted on.
FITTED_ON: Final = 500


@dataclass(frozen=True)
class Embedding:
    """``labels`` is the table that names the images' parts; ``image`` the network's input and its colours.

    ``shown`` makes of an image's bytes what the network takes, float32 [colours, 224, 224].
    """

    labels: str
    image: tuple[str, int]
    shown: Callable[[bytes], NDArray[np.float32]]

    def monitored(self, tables: dict[str, pa.Table], measures: Sequence[str]) -> dict[str, Any]:
        """Return measures and embedding of held-out images as a service would take them, arrays [n]."""
        held, images = set(self._ids(tables, TEST)), tables[IMAGES]
        chosen = np.array([name in held for name in images["image_id"].to_pylist()])
        return {name: images[name].to_numpy()[chosen] for name in measures} | self.reference(tables)

    def projection(self, tables: dict[str, pa.Table]) -> Projection:
        """Fit on training images alone."""
        return Projection.fit(self.averages(self._contents(tables, TRAIN, FITTED_ON)))

    def reference(self, tables: dict[str, pa.Table]) -> dict[str, NDArray[np.float64]]:
        """Return what a profile keeps of held-out images, arrays [n] by name."""
        return columns(self.projection(tables)(self.averages(self._contents(tables, TEST, MOST_ROWS))))

    def averages(self, contents: Sequence[bytes]) -> NDArray[np.float32]:
        """Return what is projected, the early features of images averaged over their places, [n, 40]."""
        session = open_session(early(weights(), self.image), threads())
        batches = (contents[first : first + AT_ONCE] for first in range(0, len(contents), AT_ONCE))
        return np.concatenate([self._run(session, batch) for batch in batches])

    def _contents(self, tables: dict[str, pa.Table], part: str, most: int) -> list[bytes]:
        ids, images = self._ids(tables, part), tables[IMAGES]
        places = {name: place for place, name in enumerate(images["image_id"].to_pylist())}
        return [images[CONTENT][places[ids[at]]].as_py() for at in evenly(len(ids), most)]

    def _ids(self, tables: dict[str, pa.Table], part: str) -> list[str]:
        labels = tables[self.labels]
        ids: list[str] = labels.filter(np.array(labels[PART].to_pylist()) == part)["image_id"].to_pylist()
        return ids

    def _run(self, session: Any, contents: Sequence[bytes]) -> NDArray[np.float32]:
        pixels = np.stack([self.shown(each) for each in contents])
        found: NDArray[np.float32] = session.run(["averages"], {self.image[0]: pixels})[0]
        return found
