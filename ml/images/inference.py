"""The classes of a folder of images, and whether a system can be made of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ml.data.images.decode import ImageRefused, decode
from ml.data.images.quality import measure, problems
from ml.data.images.sources import from_folder
from ml.data.images.store import image_id
from ml.declaration import ImageLimits
from ml.errors import WrongInput
from ml.images.source import class_of

LEAST_OF_CLASS: Final = 12
MOST_CLASSES: Final = 100
# So many may be no images, or unfit to be judged; the run sets them aside.
MOST_REFUSED: Final = 0.02


@dataclass(frozen=True)
class ImagesFound:
    """``counts`` of usable images by class, those that are set aside and why, and the smallest image."""

    counts: dict[str, int]
    refused: tuple[str, ...]
    example: bytes

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, by name."""
        return tuple(sorted(self.counts))


def looked_at(folder: Path) -> ImagesFound:
    """Look at every image once.

    Raises:
        WrongInput: no system can be made of them; the message says why and what to do.
        SourceUnavailable, SourceEmpty, SourceCorrupted: the folder cannot be read, or has another form.
    """
    counts, refused = Counter[str](), []
    known: dict[str, str] = {}
    example = b""
    for name, content in from_folder(folder):
        label, digest = class_of(name), image_id(content)
        if known.setdefault(digest, label) != label:
            raise WrongInput(f"{name} is an image of {known[digest]} too; leave it in one folder")
        if why := _fault(content):
            refused.append(f"{name}: {why}")
            continue
        counts[label] += 1
        example = min((each for each in (example, content) if each), key=len)
    _check(counts, refused)
    return ImagesFound(dict(counts), tuple(refused), example)


def _fault(content: bytes) -> str:
    """Return why an image is set aside, nothing if it is not."""
    try:
        return "; ".join(problems(measure(decode(content)), ImageLimits()))
    except ImageRefused as error:
        return str(error)


def _check(counts: Counter[str], refused: list[str]) -> None:
    total = sum(counts.values()) + len(refused)
    if len(refused) > MOST_REFUSED * total:
        raise WrongInput(
            f"{len(refused)} of {total} files cannot be used, such as {refused[0]}; mend or remove them"
        )
    if not 2 <= len(counts) <= MOST_CLASSES:
        raise WrongInput(
            f"there are images of {len(counts)} class(es) ({', '.join(sorted(counts)[:5])}); bring a folder "
            f"for each of 2 to {MOST_CLASSES} classes"
        )
    name, least = counts.most_common()[-1]
    if least < LEAST_OF_CLASS:
        raise WrongInput(
            f"class {name} has {least} image(s), at least {LEAST_OF_CLASS} are needed to hold some out; "
            "bring more of it"
        )
