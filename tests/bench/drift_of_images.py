"""Drift of the inspector's images: how often it is told without any, and how surely a blur is found.

Windows are drawn from the shipped source's cells and held against the reference profile of the held-out ones
by the watcher's own check. Nothing need be up.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ml.data.images.contents import CONTENT
from ml.data.images.decode import decode
from ml.data.images.duplicates import perceptual_hash
from ml.data.images.quality import measure
from ml.data.images.store import image_id
from ml.data.split import TEST, TRAIN
from ml.drift.alarm import alarming
from ml.drift.live import Window
from ml.drift.profile import Profile, profile
from ml.drift.watch import compared
from ml.drift.windows import EMBEDDING, WindowRecord
from ml.embedding import named
from ml.system import load
from ml.systems.inspector import features
from ml.systems.inspector.source import source
from ml.systems.inspector.traffic import BLUR_SIGMA, shift
from tests.bench.figure import Figure
from tests.window_records import record_of

DECLARED = load("inspector").drift
ROWS, WINDOWS, OTHERS, TRIALS = 1000, 1000, 100, 40
# Shares of a window; with the second, 45 % of the cells are defective in place of 28 %.
BLURRED, MORE = 0.2, 0.24
Draw = Callable[[], list[str]]


def figures() -> Iterator[Figure]:
    """How surely a camera out of focus is found, then false alarms."""
    tables = dataset()
    known = profile(DECLARED.monitors, features.monitored(tables))
    seen = Logged(tables)
    random = np.random.default_rng(0)
    held, others = seen.of(TEST), seen.of(TRAIN)
    how = f"share of {TRIALS} trials, windows of {ROWS} held-out cells drawn with replacement"
    called = features.Cells.of(tables, TEST).defective
    defective = [each for each, true in zip(held, called, strict=True) if true]
    name = f"found in 3 windows: blur of {BLUR_SIGMA:g} in {BLURRED:.0%}"
    by_embedding, by_any = found(known, drawn(random, held, seen.blurred(TEST), BLURRED))
    yield Figure.at_least(f"{name}, by the embedding", by_embedding, "", 0.95, how)
    yield Figure.noted(f"{name}, by anything of the image", by_any, "", how)
    name = f"found in 3 windows: {MORE:.0%} made defective"
    by_embedding, by_any = found(known, drawn(random, held, defective, MORE))
    yield Figure.noted(f"{name}, by the embedding", by_embedding, "", how)
    yield Figure.noted(f"{name}, by anything of the image", by_any, "", how)
    yield from quiet(known, drawn(random, others), OTHERS, "training cells, none of the reference")
    yield from quiet(known, drawn(random, held), WINDOWS, "held-out cells")


def dataset() -> dict[str, Any]:
    """Return the tables of the dataset version that the shipped source makes, without a store."""
    import pyarrow as pa

    shipped = source({})
    contents = dict(sorted((image_id(content), content) for _, content in shipped.images()))
    grey = [decode(each) for each in contents.values()]
    judged = [measure(each) for each in grey]
    images = {name: [getattr(each, name) for each in judged] for name in features.MONITORED}
    hashes = [f"{perceptual_hash(each):016x}" for each in grey]
    images |= {"image_id": list(contents), "perceptual_hash": hashes}
    table = pa.table(images).append_column(CONTENT, pa.array(contents.values(), pa.large_binary()))
    cells = shipped.read()["cells"]
    place = cells.schema.get_field_index("defect_probability")
    cells = cells.set_column(place, "defect_probability", cells["defect_probability"].cast(pa.float64()))
    return features.features({"images": table, "cells": cells})


class Logged:
    """What a service would log of a dataset's images: JSON texts by part, each image embedded once."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._tables = tables
        self._project = features.EMBEDDING.projection(tables)

    def of(self, part: str) -> list[str]:
        """Return those of a part's images as they are."""
        return self._logged(features.Cells.of(self._tables, part).contents)

    def blurred(self, part: str) -> list[str]:
        """Return those of a part's images out of focus."""
        contents = features.Cells.of(self._tables, part).contents
        requests = ({"images": [base64.b64encode(each).decode()]} for each in contents)
        return self._logged([base64.b64decode(each["images"][0]) for each in shift(requests, 1.0, 0)])

    def _logged(self, contents: Any) -> list[str]:
        embedded = self._project(features.EMBEDDING.averages(contents))
        judged = [measure(decode(each)) for each in contents]
        measures = [{name: getattr(each, name) for name in features.MONITORED} for each in judged]
        return [json.dumps(a | named(b)) for a, b in zip(measures, embedded, strict=True)]


def drawn(
    random: np.random.Generator, usual: list[str], changed: Sequence[str] = (), share: float = 0.0
) -> Draw:
    """Return what draws a window's rows, a share of them of changed images."""

    def draw() -> list[str]:
        sources = [changed if each else usual for each in random.random(ROWS) < share]
        return [each[random.integers(len(each))] for each in sources]

    return draw


def quiet(known: Profile, draw: Draw, windows: int, of: str) -> Iterator[Figure]:
    """Yield how often anything is told, and the embedding, in windows without a shift."""
    seen: list[WindowRecord] = []
    alerts = by_embedding = 0
    for _ in range(windows):
        seen.append(window(known, draw()))
        told = alarming(seen, DECLARED.alert_windows, DECLARED.of_windows)
        alerts, by_embedding = alerts + bool(told), by_embedding + (EMBEDDING in told)
    how = f"{windows} windows of {ROWS} {of}, drawn with replacement"
    least = min(each.embedding or 0.0 for each in seen)
    yield Figure.at_most("alerts without drift, per 1,000 windows", 1000 * alerts / windows, "", 1, how)
    yield Figure.noted("of these by the embedding", 1000 * by_embedding / windows, "", how)
    yield Figure.noted("least p-value of the embedding", least, "", f"{how}; 0.001 is called drifted")


def found(known: Profile, draw: Draw) -> tuple[float, float]:
    """Return how often three windows after a shift raise an alert of the embedding, and of anything."""
    told = [followed(known, draw) for _ in range(TRIALS)]
    return sum(EMBEDDING in each for each in told) / TRIALS, sum(map(bool, told)) / TRIALS


def followed(known: Profile, draw: Draw) -> tuple[str, ...]:
    """Return what three windows after a shift raise an alert of, the embedding's being waited for."""
    seen: list[WindowRecord] = []
    told: tuple[str, ...] = ()
    while len(seen) < DECLARED.of_windows and EMBEDDING not in told:
        seen.append(window(known, draw()))
        told = alarming(seen, DECLARED.alert_windows, DECLARED.of_windows)
    return told


def window(known: Profile, rows: list[str]) -> WindowRecord:
    """Hold a window against the reference as the watcher does."""
    return record_of(compared(Window(rows, ["{}"] * len(rows)), DECLARED, known, None), len(rows))
