"""The reference profile: what each watched feature looked like in a dataset version.

Numeric features keep the edges of equally filled bins and the share in each; categorical ones the
share of each value. It is stored with the dataset version and small: of rows it keeps the numeric
features of a few hundred, for tests of all features together, and so of the embedding of images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from ml.embedding import EMBEDDED
from ml.evenly import evenly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml.operation import Monitor

MOST_VALUES = 50
MOST_ROWS = 500


class FeatureProfile(BaseModel):
    """One feature: ``count`` values of which the share ``missing`` is absent.

    ``numeric``: ``edges`` [n_bins + 1] and ``shares`` [n_bins] of the values present.
    ``categorical``: ``values`` [n] and their ``shares`` [n], the rest under ``""``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["numeric", "categorical"]
    count: int
    missing: float
    shares: tuple[float, ...]
    edges: tuple[float, ...] = ()
    values: tuple[str, ...] = ()
    mean: float | None = None
    standard_deviation: float | None = None


class Profile(BaseModel):
    """All watched features by name; ``rows`` are aligned values [at most 500] of the numeric ones.

    ``embedding`` are such values of the embedding; empty where a system has none, or had none yet.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    features: dict[str, FeatureProfile]
    rows: dict[str, tuple[float, ...]] = {}
    embedding: dict[str, tuple[float, ...]] = {}


def profile(monitors: Sequence[Monitor], observed: Mapping[str, Any]) -> Profile:
    """Return the profile of ``observed``, one array [n] for each monitor's feature and of an embedding."""
    return Profile(
        features={
            monitor.feature: _numeric(observed[monitor.feature], monitor.bins)
            if monitor.kind == "numeric"
            else _categorical(observed[monitor.feature])
            for monitor in monitors
        },
        rows=sample([monitor.feature for monitor in monitors if monitor.kind == "numeric"], observed),
        embedding=sample([name for name in observed if name.startswith(EMBEDDED)], observed),
    )


def sample(features: Sequence[str], observed: Mapping[str, Any]) -> dict[str, tuple[float, ...]]:
    """Return the same at most 500 rows of each feature, taken at even distances; none that lacks a value."""
    if not features:
        return {}
    table = np.column_stack([np.asarray(observed[name], np.float64) for name in features])
    whole = table[np.isfinite(table).all(axis=1)]
    chosen = whole[evenly(len(whole), MOST_ROWS)]
    return {name: tuple(chosen[:, place].tolist()) for place, name in enumerate(features)}


def _numeric(observed: Any, bins: int) -> FeatureProfile:
    values = np.asarray(observed, np.float64)
    present = values[np.isfinite(values)]
    if not len(present):
        return FeatureProfile(kind="numeric", count=len(values), missing=1.0, shares=())
    edges = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1)))
    if len(edges) == 1:
        edges = np.array([edges[0], np.nextafter(edges[0], np.inf)])
    counts = np.histogram(present, edges)[0]
    return FeatureProfile(
        kind="numeric",
        count=len(values),
        missing=1 - len(present) / len(values),
        shares=tuple(counts / len(present)),
        edges=tuple(edges),
        mean=float(present.mean()),
        standard_deviation=float(present.std()),
    )


def _categorical(observed: Any) -> FeatureProfile:
    values = np.array(["" if value is None else str(value) for value in observed])
    present = values[values != ""]
    found, counts = np.unique(present, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:MOST_VALUES]
    total = max(1, len(present))
    rest = 1 - counts[most].sum() / total if len(present) else 0.0
    return FeatureProfile(
        kind="categorical",
        count=len(values),
        missing=1 - len(present) / max(1, len(values)),
        values=(*(str(value) for value in found[most]), ""),
        shares=(*(float(count) / total for count in counts[most]), float(max(0.0, rest))),
    )
