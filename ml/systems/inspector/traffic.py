"""Requests with held-out images, what people say of them, and a camera that is out of focus."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ml.data.split import TEST
from ml.systems.inspector.features import Cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa

BLUR_SIGMA: Final = 2.0


def requests(tables: dict[str, pa.Table], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yield ``count`` bodies of ``POST /inspect`` with one held-out image each, each as likely as any."""
    contents = Cells.of(tables, TEST).contents
    for place in np.random.default_rng(seed).integers(len(contents), size=count):
        yield {"images": [base64.b64encode(contents[place]).decode()]}


def shift(requests: Iterable[dict[str, Any]], strength: float, seed: int) -> Iterator[dict[str, Any]]:
    """Blur a share ``strength`` (0 to 1) of the images, as a camera does that is out of focus."""
    random = np.random.default_rng(seed)
    for request in requests:
        blurred = random.random() < strength
        yield {**request, "images": [_blurred(one) if blurred else one for one in request["images"]]}


def labels(tables: dict[str, pa.Table], requests: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what people say of each request's images: defective or not, None for one they have not seen."""
    cells = Cells.of(tables, TEST)
    said = dict(zip(cells.ids.tolist(), cells.defective.tolist(), strict=True))
    for request in requests:
        ids = (hashlib.sha256(base64.b64decode(one)).hexdigest() for one in request["images"])
        yield {"defective": [said.get(one) for one in ids]}


def _blurred(encoded: str) -> str:
    from PIL import Image, ImageFilter

    image = Image.open(io.BytesIO(base64.b64decode(encoded))).filter(ImageFilter.GaussianBlur(BLUR_SIGMA))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()
