"""What each step learnt, and how it is applied: numbers and numpy alone, as a service loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ml.errors import ContractBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.data.preprocessing.columns import Arrays

SHOWN = 5


class Fitted(BaseModel):
    """Base: the columns that a step takes, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...]

    def apply(self, arrays: Arrays) -> Arrays:
        """Return the columns after the step; those it does not name stay as they are."""
        raise NotImplementedError


class Imputed(Fitted):
    """``values`` fill the gaps of the columns."""

    kind: Literal["impute"] = "impute"
    values: tuple[float | str, ...]
    mark: bool

    def apply(self, arrays: Arrays) -> Arrays:
        """Fill, and mark if asked."""
        found = dict(arrays)
        for name, value in zip(self.columns, self.values, strict=True):
            gaps = missing(arrays[name])
            found[name] = np.where(gaps, np.array(value, arrays[name].dtype), arrays[name])
            if self.mark:
                found[f"{name} missing"] = gaps.astype(np.float64)
        return found


class Bounded(Fitted):
    """Values below ``low`` and above ``high`` are clipped, or marked; gaps stay."""

    kind: Literal["outliers"] = "outliers"
    low: tuple[float, ...]
    high: tuple[float, ...]
    do: Literal["clip", "mark"]

    def apply(self, arrays: Arrays) -> Arrays:
        """Clip or mark."""
        found = dict(arrays)
        for name, low, high in zip(self.columns, self.low, self.high, strict=True):
            values = arrays[name]
            if self.do == "clip":
                found[name] = np.clip(values, low, high)
            else:
                found[f"{name} outlying"] = ((values < low) | (values > high)).astype(np.float64)
        return found


class Scaled(Fitted):
    """(x - ``centre``) / ``spread``; a constant column has spread 1. Gaps stay."""

    kind: Literal["scale"] = "scale"
    centre: tuple[float, ...]
    spread: tuple[float, ...]

    def apply(self, arrays: Arrays) -> Arrays:
        """Scale."""
        of = zip(self.columns, self.centre, self.spread, strict=True)
        return arrays | {name: (arrays[name] - centre) / spread for name, centre, spread in of}


class Encoded(Fitted):
    """``categories`` of each column, in order."""

    kind: Literal["encode"] = "encode"
    method: Literal["one_hot", "ordinal"]
    unknown: Literal["ignore", "error"]
    categories: tuple[tuple[str, ...], ...]

    def apply(self, arrays: Arrays) -> Arrays:
        """Replace each column by its codes: ``<name>=<category>``, or one column of places."""
        found: Arrays = {}
        for name, values in arrays.items():
            if name not in self.columns:
                found[name] = values
                continue
            categories = self.categories[self.columns.index(name)]
            codes = self._codes(name, values, categories)
            if self.method == "ordinal":
                found[name] = codes.astype(np.float64)
            else:
                found |= {
                    f"{name}={one}": (codes == at).astype(np.float64) for at, one in enumerate(categories)
                }
        return found

    def _codes(self, name: str, values: NDArray[Any], categories: tuple[str, ...]) -> NDArray[np.int64]:
        places = {category: at for at, category in enumerate(categories)}
        codes = np.array([places.get(value, -1) for value in values.tolist()], np.int64)
        if self.unknown == "error" and (codes < 0).any():
            strange = list(dict.fromkeys(map(repr, values[codes < 0].tolist())))
            raise ContractBroken(
                f"column {name} has values that were not among the fitted rows: "
                f"{', '.join(strange[:SHOWN])}; mend them, fit on rows with them, or set unknown: ignore"
            )
        return codes


class Components(Fitted):
    """(x - ``mean``) times the rows of ``components`` [c][f]; ``explained`` [c] are shares of variance."""

    kind: Literal["principal_components"] = "principal_components"
    mean: tuple[float, ...]
    components: tuple[tuple[float, ...], ...]
    explained: tuple[float, ...]

    def apply(self, arrays: Arrays) -> Arrays:
        """Replace the columns by ``component 1``, ``component 2``, ..."""
        matrix = stacked(arrays, self.columns, "principal_components")
        projected = (matrix - np.array(self.mean)) @ np.array(self.components).T
        kept = {name: values for name, values in arrays.items() if name not in self.columns}
        return kept | {f"component {at + 1}": values for at, values in enumerate(projected.T)}


class Selected(Fitted):
    """Of the columns only ``kept`` stay; ``scores`` [f] are what they were chosen by."""

    kind: Literal["select"] = "select"
    kept: tuple[str, ...]
    scores: tuple[float, ...]

    def apply(self, arrays: Arrays) -> Arrays:
        """Drop the others."""
        gone = set(self.columns) - set(self.kept)
        return {name: values for name, values in arrays.items() if name not in gone}


FittedStep = Annotated[
    Imputed | Bounded | Scaled | Encoded | Components | Selected, Field(discriminator="kind")
]


def missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where a column has gaps, bool [n]."""
    if values.dtype == object:
        return np.array([value is None for value in values.tolist()], bool)
    gaps: NDArray[np.bool_] = np.isnan(values)
    return gaps


def stacked(arrays: Arrays, names: tuple[str, ...], step: str) -> NDArray[np.float64]:
    """Return the named columns as float64 [n, f].

    Raises:
        ContractBroken: one holds text or a gap; the message says which step to put before.
    """
    for name in names:
        if arrays[name].dtype == object:
            raise ContractBroken(f"column {name} is still text at {step}: put an encode step for it before")
        gaps = int(missing(arrays[name]).sum())
        if gaps:
            raise ContractBroken(
                f"column {name} has {gaps} gap(s) at {step}: put an impute step for it before, "
                "or mend the rows"
            )
    return np.column_stack([arrays[name] for name in names])
