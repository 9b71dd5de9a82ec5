"""Fitted steps as one versioned thing: applied, saved as JSON, and read back the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ml.data.preprocessing.columns import Kind, arrays
from ml.data.preprocessing.fitted import FittedStep, stacked
from ml.data.preprocessing.steps import Preprocessing
from ml.errors import PreprocessingDamaged

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class FittedPreprocessing(BaseModel):
    """What was learnt from ``rows`` training rows; ``outputs`` name the features, in order.

    ``digest`` is its version: the SHA-256 of the description and of the training rows, so the same
    description fitted on the same rows has the same one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_number: int = 1
    description: Preprocessing
    digest: str
    rows: int
    kinds: dict[str, Kind]
    fitted: tuple[FittedStep, ...]
    outputs: tuple[str, ...]

    def apply(self, columns: Mapping[str, Any]) -> NDArray[np.float64]:
        """Return the features of a table, or of lists by name, float64 [n, len(outputs)].

        Raises:
            ContractBroken: a column is missing or of another kind, a category is refused, or a gap is left.
        """
        found = arrays({name: columns[name] for name in _names(columns)}, self.kinds)
        for step in self.fitted:
            found = step.apply(found)
        return stacked(found, self.outputs, "the end")

    def save(self, path: Path) -> None:
        """Write one JSON file: the fitted steps, and the SHA-256 of their text."""
        text = self.model_dump_json(indent=1)
        path.write_text(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}\n")

    @classmethod
    def load(cls, path: Path) -> FittedPreprocessing:
        """Read what ``save`` wrote; nothing in the file is executed.

        Raises:
            PreprocessingDamaged: the text is not what was written.
        """
        digest, _, text = path.read_text().rstrip("\n").partition("\n")
        if hashlib.sha256(text.encode()).hexdigest() != digest:
            raise PreprocessingDamaged(
                f"{path} was changed after it was written; fetch it again, or fit again"
            )
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise PreprocessingDamaged(
                f"{path} is of another version of this code ({error.errors()[0]['msg']}); fit again"
            ) from error


def _names(columns: Mapping[str, Any]) -> list[str]:
    """Return the column names of a table or of a mapping."""
    return list(getattr(columns, "column_names", columns))
