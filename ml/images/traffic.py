"""Requests with held-out images, their true classes, and a camera that is out of focus."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.split import TEST
from ml.images.features import Labelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

BLUR_SIGMA: Final = 2.0


def requests(
    classes: tuple[str, ...], tables: dict[str, pa.Table], count: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Yield ``count`` bodies of ``POST /predict`` with one held-out image each, each as likely as any."""
    contents = Labelled.of(classes, tables, TEST).contents
    for place in np.random.default_rng(seed).integers(len(contents), size=count):
        yield {"image": base64.b64encode(contents[place]).decode()}


def shift(requests: Iterable[dict[str, Any]], strength: float, seed: int) -> Iterator[dict[str, Any]]:
    """Blur a share ``strength`` (0 to 1) of the images."""
    random = np.random.default_rng(seed)
    for request in requests:
        yield {"image": _blurred(request["image"])} if random.random() < strength else request


def labels(
    classes: tuple[str, ...], tables: dict[str, pa.Table], requests: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield the true class of each request's image, None for one that is not among those held out."""
    held = Labelled.of(classes, tables, TEST)
    truth = {name: classes[at] for name, at in zip(held.ids.tolist(), held.truth, strict=True)}
    for request in requests:
        yield {"label": truth.get(hashlib.sha256(base64.b64decode(request["image"])).hexdigest())}


def _blurred(encoded: str) -> str:
    from PIL import Image, ImageFilter

    image = Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB")
    buffer = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(BLUR_SIGMA)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
