"""What a service loads, and how it answers: onnxruntime, numpy and our own steps alone.

A folder of serving files holds ``model.onnx`` (``features`` float32 [n, f] to ``probabilities`` [n, k]),
``preprocessing.json`` (from a row's columns to features) and ``manifest.json``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from ml.data.preprocessing.pipeline import FittedPreprocessing
from ml.errors import ModelDamaged
from ml.onnx_session import open_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

GRAPH: Final = "model.onnx"
STEPS: Final = "preprocessing.json"
MANIFEST: Final = "manifest.json"


class Manifest(BaseModel):
    """What a folder of serving files says of itself; ``files`` are SHA-256 by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    dataset: str
    classes: tuple[str, ...]
    files: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """The likeliest class of a row, and how likely each is."""

    label: str
    probabilities: dict[str, float]

    @property
    def probability(self) -> float:
        """How likely the answer is."""
        return self.probabilities[self.label]


class Classifier:
    """A loaded model version."""

    def __init__(self, manifest: Manifest, preprocessing: FittedPreprocessing, session: Any) -> None:
        self.manifest = manifest
        self._preprocessing = preprocessing
        self._names = tuple(preprocessing.kinds)
        self._session = session

    @classmethod
    def load(cls, folder: Path) -> Classifier:
        """Load a folder of serving files.

        Raises:
            ModelDamaged, PreprocessingDamaged: a file is gone, or is not what was written.
        """
        manifest = checked_manifest(folder)
        return cls(manifest, FittedPreprocessing.load(folder / STEPS), open_session(folder / GRAPH))

    def answer(self, row: Mapping[str, Any]) -> Answer:
        """Answer one row, a value for each column; what is missing is a gap.

        Raises:
            ContractBroken: a gap where the model has never seen one, or text where it needs a number.
        """
        said = self.probabilities({name: [row.get(name)] for name in self._names})[0]
        return answer_of(self.manifest.classes, said)

    def probabilities(self, columns: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return how likely each class is, float64 [n, k], for lists [n] by column."""
        return self.of_features(self.features(columns))

    def features(self, columns: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return what the graph is shown of lists [n] by column, float64 [n, f]."""
        return self._preprocessing.apply({name: columns[name] for name in self._names})

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the features [f]."""
        return self._preprocessing.outputs

    def of_features(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how likely each class is, float64 [n, k], for features [n, f]."""
        return infer(self._session, features.astype(np.float32))


def checked_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest, and hold every file to it.

    Raises:
        ModelDamaged: with the file's name.
    """
    try:
        manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelDamaged(f"{folder / MANIFEST} cannot be read ({error}); fetch the model again") from error
    for name, wanted in manifest.files.items():
        path = folder / name
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "none"
        if found != wanted:
            raise ModelDamaged(
                f"{path} has digest {found[:12]}, the manifest says {wanted[:12]}; fetch the model again"
            )
    return manifest


def answer_of(classes: tuple[str, ...], said: NDArray[np.float64]) -> Answer:
    """Return what probabilities [k] say."""
    likely = dict(zip(classes, said.tolist(), strict=True))
    return Answer(max(likely, key=likely.__getitem__), likely)


def infer(session: Any, features: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what a session says of features [n, f], float64 [n, k]."""
    return normalised(session.run(["probabilities"], {"features": features})[0])


def normalised(said: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return probabilities [n, k] whose rows sum to 1 in 64 bits too; what rounding left below 0 is 0."""
    wide = np.maximum(said.astype(np.float64), 0.0)
    found: NDArray[np.float64] = wide / wide.sum(axis=1, keepdims=True)
    return found
