"""What the declared behaviours look at in an answer, and what they change in a request of one image."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image, ImageOps

from ml.data.images.decode import decode
from ml.systems.inspector.pasting import pasted

if TYPE_CHECKING:
    from ml.evaluation.behaviour import Change, View
    from ml.systems.inspector.serving import Inspection

# EXIF's tag of how the camera was held, and "turned by 90 degrees" in it.
ORIENTATION: Final = 274
TURNED: Final = 6


def decision(answer: list[Inspection]) -> str:
    """Return what the first image is called."""
    return "defective" if answer[0].defective else "sound"


def probability(answer: list[Inspection]) -> float:
    """Return the probability that the first image shows a defect."""
    return answer[0].probability


def with_defect(grey: Image.Image) -> bytes:
    """Paste a defect; the same image always gets the same one."""
    pixels = np.asarray(grey)
    return _png(Image.fromarray(pasted(pixels, np.random.default_rng(zlib.crc32(pixels.tobytes())))[0]))


def turned_by_camera(grey: Image.Image) -> bytes:
    """Store the pixels turned, and say so in the file, as a camera does that is held upright."""
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED
    buffer = io.BytesIO()
    grey.transpose(Image.Transpose.ROTATE_90).save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


def _each(change: Callable[[Image.Image], bytes]) -> Change:
    def changed(request: dict[str, Any]) -> dict[str, Any]:
        images = (Image.fromarray(decode(base64.b64decode(one))) for one in request["images"])
        return {**request, "images": [base64.b64encode(change(one)).decode() for one in images]}

    return changed


def _png(grey: Image.Image) -> bytes:
    buffer = io.BytesIO()
    grey.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


VIEWS: Final[Mapping[str, View]] = {"decision": decision, "probability": probability}
CHANGES: Final[Mapping[str, Change]] = {
    "mirrored": _each(lambda grey: _png(ImageOps.mirror(grey))),
    "upside_down": _each(lambda grey: _png(ImageOps.flip(grey))),
    "turned_by_camera": _each(turned_by_camera),
    "with_defect": _each(with_defect),
}
