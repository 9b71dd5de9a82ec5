"""Recommendations from a model version's files, with NumPy and ONNX Runtime alone.

The folder (written by ``ml.systems.recommender.export``):

    model.onnx       items int64 [n], weights float32 [n] -> scores float32 [n_items]
    histories.npz    users str, indptr int64, items int32: every user's events, newest first
    popular.npz      items int32, share float32: all items, most taken first
    catalogue.json   items in index order: id, title, year, genres
    manifest.json    family, settings, sizes, dataset version, SHA-256 of each other file
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from ml.errors import ModelDamaged
from ml.onnx_session import open_session
from ml.systems.recommender.histories import Histories, recency_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANIFEST = "manifest.json"
FILES = ("model.onnx", "histories.npz", "popular.npz", "catalogue.json")
RECENT = 10


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StoredFile(_Document):
    """Digest and size of one file."""

    sha256: str
    size_bytes: int


class Manifest(_Document):
    """What the folder holds and where it comes from."""

    schema_number: Literal[1] = 1
    system: str
    family: str
    settings: dict[str, float]
    recency_exponent: float
    dataset: str
    n_users: int
    n_items: int
    n_events: int
    files: dict[str, StoredFile]


class Item(_Document):
    """One film of the catalogue."""

    id: str
    title: str
    year: int | None
    genres: tuple[str, ...]


class Catalogue(_Document):
    """All films, in index order."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Recommended:
    """One recommended film; ``score`` has no unit and compares within one answer only."""

    item_id: str
    title: str
    score: float


@dataclass(frozen=True)
class Recommendation:
    """An answer: ``kind`` says whether it is personal or, for a user without history, popular."""

    user_id: str
    kind: Literal["personal", "popular"]
    items: tuple[Recommended, ...]
    features: dict[str, float]


class Recommender:
    """Answers for one loaded model version; safe to call from several threads."""

    def __init__(
        self,
        manifest: Manifest,
        session: Any,
        histories: Histories,
        catalogue: Catalogue,
        popular: NDArray[np.int32],
        share: NDArray[np.float32],
    ) -> None:
        self.manifest = manifest
        self.catalogue = catalogue
        self.histories = histories
        self._session = session
        self._popular = popular
        self._share = share
        longest = int(histories.lengths().max(initial=1))
        self._weights = recency_weights(longest, manifest.recency_exponent)
        self._item_share = np.empty(len(share), np.float32)
        self._item_share[popular] = share

    @classmethod
    def load(cls, folder: Path) -> Recommender:
        """Check the files against the manifest and open them; one thread, no spinning.

        Raises:
            ModelDamaged: a file is missing, or is not the one that was registered.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        with np.load(folder / "histories.npz") as stored:
            histories = Histories(stored["users"], stored["indptr"], stored["items"])
        with np.load(folder / "popular.npz") as stored:
            popular, share = stored["items"], stored["share"]
        catalogue = Catalogue.model_validate_json((folder / "catalogue.json").read_bytes())
        return cls(manifest, open_session(folder / "model.onnx"), histories, catalogue, popular, share)

    def recommend(self, user_id: str, k: int = 10) -> Recommendation:
        """Return the ``k`` best items that the user has not taken, best first.

        A user without history gets the most popular items, and the answer says so. ``k`` is at
        least 1; fewer items come back only when fewer are left.
        """
        row = self.histories.rows.get(user_id)
        taken = self.histories.of(row) if row is not None else np.empty(0, np.int32)
        features = self.features(taken)
        if not len(taken):
            return self._answer(user_id, "popular", self._popular[:k], self._share[:k], features)
        scores = self.scores(taken)
        scores[taken] = -np.inf
        best = top(scores, min(k, len(scores) - len(taken)))
        return self._answer(user_id, "personal", best, scores[best], features)

    def scores(
        self, taken: NDArray[np.integer[Any]], weights: NDArray[np.float32] | None = None
    ) -> NDArray[np.float32]:
        """Return float32 [n_items] for a history, newest first; weights default to recency."""
        if weights is None:
            weights = self._weights[: len(taken)]
            if len(weights) < len(taken):
                weights = recency_weights(len(taken), self.manifest.recency_exponent)
        feed = {"items": taken.astype(np.int64), "weights": weights}
        return np.array(self._session.run(None, feed)[0])

    def features(self, taken: NDArray[np.int32]) -> dict[str, float]:
        """Return what is watched for drift, of a history newest first."""
        return history_features(taken, self._item_share)

    def _answer(
        self,
        user_id: str,
        kind: Literal["personal", "popular"],
        best: NDArray[Any],
        scores: NDArray[np.float32],
        features: dict[str, float],
    ) -> Recommendation:
        films = self.catalogue.items
        items = tuple(
            Recommended(films[index].id, films[index].title, score)
            for index, score in zip(best.tolist(), scores.tolist(), strict=True)
        )
        return Recommendation(user_id, kind, items, features)


def history_features(taken: NDArray[np.int32], share: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Return how long and how mainstream a history is.

    ``taken`` int [n], newest first; ``share`` [n_items] is the part of users who took each item.
    ``history_length`` is in events, ``recent_share`` the mean share of the ten newest, 0 for none.
    """
    recent = share[taken[:RECENT]]
    return {
        "history_length": float(len(taken)),
        "recent_share": float(recent.mean()) if len(recent) else 0.0,
    }


def top(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Return int64 [k]: indexes of the ``k`` greatest scores, greatest first."""
    if k <= 0:
        return np.empty(0, np.int64)
    if k >= len(scores):
        return np.argsort(-scores, kind="stable")
    best = np.argpartition(scores, -k)[-k:]
    best.sort()
    return best[np.argsort(-scores[best], kind="stable")]


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest and check every file against it.

    Raises:
        ModelDamaged: with the file's name.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError, json.JSONDecodeError) as error:
        raise ModelDamaged(
            f"{folder / MANIFEST} cannot be read ({error}); download the model version again"
        ) from error
    for name in FILES:
        path = folder / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        wanted = manifest.files[name].sha256 if name in manifest.files else None
        if found is None or found != wanted:
            raise ModelDamaged(
                f"{path} has digest {found}, the manifest says {wanted}; download the model version again"
            )
    return manifest
