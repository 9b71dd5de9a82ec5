"""What labels of images mean: each is a class, and of several people most decide."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

from ml.data.images.labels import Labelling
from ml.images.source import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.images.serving import Seen


def labelling(classes: tuple[str, ...]) -> Labelling:
    """Return what the system of these classes does with labels."""
    return Labelling(
        table=EXAMPLES,
        labels=frozenset(classes),
        needed=frozenset({"label"}),
        columns=partial(_columns, classes),
        said=_said,
        request=_request,
        probabilities=partial(_probabilities, classes),
    )


def _columns(classes: tuple[str, ...], labels: Sequence[str]) -> dict[str, str]:
    """Return the class that most people named, of equals the first."""
    named = [label for label in labels if label in classes]
    return {"label": max(classes, key=named.count)} if named else {}


def _said(row: dict[str, Any]) -> tuple[str, float]:
    """Return a row's class; a folder is as sure as one can be."""
    return str(row["label"]), 1.0


def _request(content: bytes) -> dict[str, Any]:
    return {"image": base64.b64encode(content).decode()}


def _probabilities(classes: tuple[str, ...], seen: Seen) -> tuple[float, ...]:
    return tuple(seen.answer.probabilities.get(name, 0.0) for name in classes)
