"""A head on the frozen pretrained network: its features are columns, from which families of tables learn."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.child_process import threads
from ml.data.images.decode import decode
from ml.data.split import TRAIN, VALIDATION
from ml.images.efficientnet import WIDTH, headless
from ml.images.features import Labelled
from ml.images.pixels import shown
from ml.images.pretrained import weights
from ml.onnx_session import open_session
from ml.progress import UNWATCHED, Progress
from ml.tables import fitting as tables_fitting
from ml.tables.table import PART, ROW_ID, ROWS, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.tables.fitting import FittedTable

log = logging.getLogger(__name__)

AT_ONCE: Final = 16
TARGET: Final = "label"


def fit(
    classes: tuple[str, ...],
    tables: dict[str, pa.Table],
    settings: Mapping[str, Any],
    seed: int,
    progress: Progress = UNWATCHED,
) -> FittedTable:
    """Fit a head; the settings are those of tables, test images are not looked at.

    Raises:
        WrongInput: a setting is wrong.
        ContractBroken: a class has no training image.
    """
    import pyarrow as pa

    images = Labelled.of(classes, tables, TRAIN, VALIDATION)
    seen = embedded(images.contents)
    log.info("%d images became %d features each", *seen.shape)
    columns = {str(at): pa.array(seen[:, at].astype(np.float64)) for at in range(WIDTH)}
    names = {ROW_ID: images.ids.tolist(), PART: images.parts.tolist()}
    rows = pa.table(columns | names | {TARGET: [classes[at] for at in images.truth]})
    return tables_fitting.fit(table_of(classes), {ROWS: rows}, settings, seed, progress)


def table_of(classes: tuple[str, ...]) -> Table:
    """Return the table of features, a column for each."""
    columns = tuple(Column(name=str(at)) for at in range(WIDTH))
    return Table(columns=columns, target=TARGET, classes=classes, balanced=True)


def embedded(contents: Sequence[bytes]) -> NDArray[np.float32]:
    """Return what the network finds in images, float32 [n, 1280]."""
    session = open_session(headless(weights()), threads())
    found = np.empty((len(contents), WIDTH), np.float32)
    for first in range(0, len(contents), AT_ONCE):
        pixels = np.stack([shown(decode(each, "RGB")) for each in contents[first : first + AT_ONCE]])
        found[first : first + AT_ONCE] = session.run(["features"], {"pixels": pixels})[0]
    return found
