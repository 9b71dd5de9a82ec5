"""Where images come from: a folder, a bucket, a camera. Each yields names and bytes, in a stable order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ml.errors import SourceEmpty, SourceUnavailable

if TYPE_CHECKING:
    from ml.objects import Objects

# What a camera calls a frame, so that one that is sent twice is known.
FRAME: Final = "X-Frame"
NO_FRAME: Final = 204


def from_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file below a folder, by its path from there; hidden ones are left out.

    Raises:
        SourceUnavailable: the folder is not there, or a file cannot be read.
        SourceEmpty: it holds no file.
    """
    if not folder.is_dir():
        raise SourceUnavailable(f"{folder} is no folder; name the one that holds the images")
    names = sorted(_relative(folder))
    if not names:
        raise SourceEmpty(f"{folder} holds no file; nothing was taken in")
    for name in names:
        try:
            yield name, (folder / name).read_bytes()
        except OSError as error:
            raise SourceUnavailable(
                f"{folder / name} cannot be read ({error.strerror}); mend that"
            ) from error


def from_objects(objects: Objects, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield every object under a prefix, by its key.

    Raises:
        SourceEmpty: there is none.
    """
    keys = objects.keys(prefix)
    if not keys:
        raise SourceEmpty(f"s3://{objects.bucket}/{prefix} holds no object; nothing was taken in")
    for key in keys:
        content = objects.get(key)
        if content is not None:
            yield key, content


def from_camera(url: str, count: int, timeout_s: float = 10.0) -> Iterator[tuple[str, bytes]]:
    """Yield up to ``count`` frames of a camera that answers GET with one image at a time.

    A frame is named by the header ``X-Frame``, or by its number here; status 204 says that there
    are no more.

    Raises:
        SourceUnavailable: it does not answer, or answers something else.
    """
    import httpx

    with httpx.Client(timeout=timeout_s, trust_env=False) as client:
        for number in range(count):
            try:
                answer = client.get(url).raise_for_status()
            except httpx.HTTPError as error:
                raise SourceUnavailable(
                    f"the camera at {url} gave no frame ({error}); see that it runs, and its address"
                ) from error
            if answer.status_code == NO_FRAME:
                return
            yield answer.headers.get(FRAME, f"frame-{number:06d}"), answer.content


def _relative(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            yield name.as_posix()
