"""From a fitted model to the folder that a service loads (layout in ``serving.py``)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ml.data.split import TEST, TRAIN, VALIDATION
from ml.errors import ExportDiffers
from ml.evenly import evenly
from ml.onnx_session import open_session
from ml.systems.recommender.features import Events
from ml.systems.recommender.histories import Histories, recency_weights
from ml.systems.recommender.serving import (
    FILES,
    MANIFEST,
    Catalogue,
    Item,
    Manifest,
    StoredFile,
    top,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from ml.systems.recommender.fitting import FittedRecommender
    from ml.systems.recommender.models.family import Model

TOLERANCE = 1e-4
CHECKED_ROWS = 200
TOP = 10
SYSTEM = "recommender"


def export(folder: Path, fitted: FittedRecommender, tables: dict[str, pa.Table], dataset: str) -> Manifest:
    """Write the serving files and return their manifest.

    The ONNX file must answer on the histories that the model learnt from as the model does. The
    histories to serve with are those of all events, the newest included.

    Raises:
        ExportDiffers: the ONNX file's scores or ranking are not the model's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model, exponent = fitted.model, fitted.recency_exponent
    graph = model.graph().SerializeToString(deterministic=True)
    check_equal(graph, model, fitted.learnt_from, exponent)
    (folder / "model.onnx").write_bytes(graph)
    known = Events.of(tables).histories(TRAIN, VALIDATION, TEST)
    _write_histories(folder, known, model.n_items)
    (folder / "catalogue.json").write_text(catalogue(tables["items"]).model_dump_json())
    manifest = Manifest(
        system=SYSTEM,
        family=fitted.family,
        settings={name: float(value) for name, value in fitted.settings.items()},
        recency_exponent=exponent,
        dataset=dataset,
        n_users=len(known),
        n_items=model.n_items,
        n_events=len(known.items),
        files={name: stored(folder / name) for name in FILES},
    )
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=1))
    return manifest


def catalogue(items: pa.Table) -> Catalogue:
    """Return the films in index order."""
    columns = (items[name].to_pylist() for name in ("item_id", "movie_title", "release_year", "class"))
    return Catalogue(
        items=tuple(
            Item(id=identity, title=title, year=year, genres=tuple((genres or "").split()))
            for identity, title, year, genres in zip(*columns, strict=True)
        )
    )


def _write_histories(folder: Path, known: Histories, n_items: int) -> None:
    counts = known.counts(n_items)
    ranking = np.argsort(-counts, kind="stable").astype(np.int32)
    share = (counts[ranking] / max(1, len(known))).astype(np.float32)
    np.savez(folder / "histories.npz", users=known.users, indptr=known.indptr, items=known.items)
    np.savez(folder / "popular.npz", items=ranking, share=share)


def stored(path: Path) -> StoredFile:
    """Digest and size of a file."""
    content = path.read_bytes()
    return StoredFile(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))


def check_equal(graph: bytes, model: Model, histories: Histories, exponent: float) -> None:
    """Run the ONNX file on real rows, the longest and shortest among them, against the model.

    Raises:
        ExportDiffers: with the row and by how much.
    """
    session = open_session(graph)
    by_length = np.argsort(histories.lengths(), kind="stable")
    spread = by_length[evenly(len(by_length), CHECKED_ROWS)]
    chosen = _rows(histories, spread)
    wanted = model.scores(chosen, exponent)
    for row in range(len(chosen)):
        taken = chosen.of(row).astype(np.int64)
        feed = {"items": taken, "weights": recency_weights(len(taken), exponent)}
        _compare(session.run(None, feed)[0], wanted[row], str(chosen.users[row]))


def _compare(got: NDArray[np.float32], wanted: NDArray[np.float32], user: str) -> None:
    scale = max(float(np.abs(wanted).max()), 1e-12)
    difference = float(np.abs(got - wanted).max()) / scale
    last_of_top = float(np.sort(wanted)[-TOP:][0])
    misordered = (last_of_top - float(wanted[top(got, TOP)].min())) / scale
    if not (difference <= TOLERANCE and misordered <= TOLERANCE):
        raise ExportDiffers(
            f"the ONNX file differs from the trained model by {difference:.1e} of the largest score for user "
            f"{user}, allowed is {TOLERANCE:.0e}; it is not registered: check the graph of this family"
        )


def _rows(histories: Histories, rows: NDArray[np.int64]) -> Histories:
    lengths = histories.lengths()[rows]
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    items = np.concatenate([histories.of(int(row)) for row in rows]) if len(rows) else histories.items[:0]
    return Histories(histories.users[rows], indptr, items)
