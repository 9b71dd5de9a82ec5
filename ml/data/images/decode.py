"""Bytes of unknown origin to pixels, or one sentence on why not.

Only Pillow and numpy are needed, so that services and devices decode as training did.
"""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mode = Literal["L", "RGB"]
Reason = Literal[
    "empty", "too_many_bytes", "not_an_image", "too_many_pixels", "many_frames", "damaged", "depth"
]

FORMATS: Final = ("PNG", "JPEG", "TIFF", "BMP", "WEBP")
DEEP: Final = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
# 65535 / 255: the whole range of 16 bits becomes the whole range of 8.
TO_8_BITS: Final = 257
# What Pillow's readers raise for bytes that are not what their format says.
DAMAGED: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, struct.error)


class ImageRefused(ValueError):
    """The bytes are not an image that is taken; ``reason`` is a word for programs."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class DecodeLimits:
    """How large an image may be, before and after it is unpacked."""

    most_bytes: int = 20 * 2**20
    most_pixels: int = 40_000_000


def decode(content: bytes, mode: Mode = "L", limits: DecodeLimits | None = None) -> NDArray[np.uint8]:
    """Return pixels, ``(height, width)`` for mode L and ``(height, width, 3)`` for RGB, 0 to 255.

    The camera's orientation (EXIF) is applied, 16 bits are scaled to 8, CMYK and palettes are
    converted, and what is transparent shows black. The size is read before anything is unpacked,
    so that a small file that unpacks to a huge image costs nothing.

    Raises:
        ImageRefused: the message says why and what is taken.
    """
    limits = limits or DecodeLimits()
    if not content:
        raise ImageRefused("empty", "the image has no bytes; send the file's content")
    if len(content) > limits.most_bytes:
        raise ImageRefused(
            "too_many_bytes",
            f"the image has {len(content)} bytes, {limits.most_bytes} are allowed; send a smaller one",
        )
    with warnings.catch_warnings():
        # The size is held to our own limit, and what is damaged is refused or read as far as it goes.
        warnings.simplefilter("ignore")
        with _opened(content) as image:
            _check_size(image, limits)
            return _pixels(image, mode)


def _opened(content: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageRefused(
            "not_an_image", f"the bytes are no image of a known format; send one of {', '.join(FORMATS)}"
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageRefused(
            "too_many_pixels", f"the image would unpack to too many pixels ({error}); send a smaller one"
        ) from error
    except DAMAGED as error:
        raise _damaged(error) from error


def _check_size(image: Image.Image, limits: DecodeLimits) -> None:
    width, height = image.size
    if width * height > limits.most_pixels:
        raise ImageRefused(
            "too_many_pixels",
            f"the image has {width} x {height} pixels, {limits.most_pixels} are allowed; send a smaller one",
        )
    if getattr(image, "n_frames", 1) > 1:
        raise ImageRefused("many_frames", "the file holds several images; send one at a time")


def _pixels(image: Image.Image, mode: Mode) -> NDArray[np.uint8]:
    try:
        ImageOps.exif_transpose(image, in_place=True)
        seen = _in_8_bits(image)
        found = np.asarray(seen if seen.mode == mode else seen.convert(mode))
    except ImageRefused:
        raise
    except DAMAGED as error:
        raise _damaged(error) from error
    return np.ascontiguousarray(found, dtype=np.uint8)


def _in_8_bits(image: Image.Image) -> Image.Image:
    if image.mode in DEEP:
        return Image.fromarray((np.asarray(image) // TO_8_BITS).astype(np.uint8))
    if image.mode in {"I", "F"}:
        raise ImageRefused(
            "depth", f"its pixels have mode {image.mode}, whose range is not known; send 8 or 16 bits"
        )
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", seen.size, (0, 0, 0, 255)), seen).convert("RGB")
    return image


def _damaged(error: Exception) -> ImageRefused:
    return ImageRefused("damaged", f"the image cannot be read to its end ({error}); send it again")
