"""Bytes of every kind become the right pixels, or are refused with the reason."""

import io
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from ml.data.images.decode import DecodeLimits, ImageRefused, decode

from .pictures import encoded, scene


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_formats_without_loss_give_the_very_pixels(kind):
    assert np.array_equal(decode(encoded(scene(), kind)), scene())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_formats_with_loss_come_close(kind):
    found = decode(encoded(Image.fromarray(scene()).convert("RGB"), kind, quality=95))
    assert np.abs(found.astype(int) - scene()).mean() < 3


def test_sixteen_bits_keep_their_whole_range():
    deep = np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16)
    found = decode(encoded(deep))
    assert (found.min(), found.max()) == (0, 255)
    assert np.array_equal(found, deep // 257)


def test_the_cameras_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the right when shown
    picture = scene()[:48]
    assert np.array_equal(decode(encoded(picture, "PNG", exif=exif)), np.rot90(picture, -1))


def test_what_is_transparent_shows_black():
    picture = np.dstack([scene(), scene(), scene(), np.full((96, 96), 255, np.uint8)])
    picture[:48, :, 3] = 0
    found = decode(encoded(picture))
    assert found[:48].max() == 0
    assert np.array_equal(found[48:], scene()[48:])


def test_cmyk_and_palettes_are_converted():
    colours = Image.fromarray(np.dstack([scene(1), scene(2), scene(3)]))
    from_cmyk = decode(encoded(colours.convert("CMYK"), "TIFF"), "RGB")
    assert np.abs(from_cmyk.astype(int) - np.asarray(colours)).max() <= 1
    palette = colours.quantize(64)
    assert np.array_equal(decode(encoded(palette), "RGB"), np.asarray(palette.convert("RGB")))


def png_that_claims(width, height):
    """Return a small PNG whose header promises so many pixels, and whose data are zeros."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_bomb_is_refused_before_it_is_unpacked(side):
    tracemalloc.start()
    with pytest.raises(ImageRefused, match=r"too many pixels|pixels, 40000000 are allowed") as refused:
        decode(png_that_claims(side, side))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert refused.value.reason == "too_many_pixels"


def animated():
    frames = [Image.fromarray(scene(seed)) for seed in range(3)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "TIFF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"hello, I am a text", "not_an_image"),
        (b"GIF89a" + bytes(100), "not_an_image"),
        (b"%PDF-1.7\n" + bytes(100), "not_an_image"),
        (encoded(scene())[:500], "damaged"),
        (encoded(Image.fromarray(scene()).convert("RGB"), "JPEG")[:900], "damaged"),
        (animated(), "many_frames"),
        (encoded(Image.fromarray(scene().astype(np.float32)), "TIFF"), "depth"),
    ],
    ids=["empty", "text", "gif", "pdf", "short png", "short jpeg", "many frames", "floats"],
)
def test_what_is_no_image_is_refused_with_its_reason(content, reason):
    with pytest.raises(ImageRefused) as refused:
        decode(content)
    assert refused.value.reason == reason
    assert "send" in str(refused.value)


def test_too_many_bytes_are_refused_unread():
    with pytest.raises(ImageRefused, match="100 are allowed") as refused:
        decode(encoded(scene()), limits=DecodeLimits(most_bytes=100))
    assert refused.value.reason == "too_many_bytes"


def test_bytes_changed_at_random_never_end_in_another_error():
    random = np.random.default_rng(5)
    for kind in ("PNG", "JPEG", "TIFF", "BMP", "WEBP"):
        content = bytearray(encoded(Image.fromarray(scene()).convert("RGB"), kind))
        for _ in range(60):
            changed = content.copy()
            for place in random.integers(0, len(changed), 8):
                changed[place] = random.integers(256)
            try:
                assert decode(bytes(changed)).ndim == 2
            except ImageRefused:
                continue
