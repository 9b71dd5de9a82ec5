"""What people say of images: classes and boxes, from and to COCO and Label Studio."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ml.errors import WrongInput

# Label Studio counts in percent of the image's sides.
PERCENT: Final = 100.0
CLASS_CONTROL: Final = "class"
IMAGE: Final = "image"


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels from the upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Annotation:
    """One statement: an image has a label, as a whole or within a box. ``size`` is width, height."""

    image: str
    label: str
    box: Box | None = None
    size: tuple[int, int] | None = None


def from_coco(file: Path) -> list[Annotation]:
    """Read a COCO detection file; an image without annotations has none here.

    Source: https://cocodataset.org/#format-data.

    Raises:
        WrongInput: it is not such a file, or an annotation names what is not in it.
    """
    content = _read(file, dict)
    try:
        images = {each["id"]: each for each in content["images"]}
        labels = {each["id"]: str(each["name"]) for each in content["categories"]}
        return [_coco_annotation(each, images, labels) for each in content["annotations"]]
    except (KeyError, TypeError, ValueError) as error:
        raise WrongInput(
            f"{file} is not COCO's format ({type(error).__name__}: {error}); it needs images, categories "
            "and annotations, each annotation with an image_id and a category_id that are there"
        ) from error


def to_coco(annotations: Iterable[Annotation]) -> dict[str, Any]:
    """Return annotations as a COCO document; a label of a whole image has the whole image's box.

    Raises:
        WrongInput: an annotation of a whole image lacks the image's size.
    """
    given = list(annotations)
    images = {name: number for number, name in enumerate(dict.fromkeys(each.image for each in given), 1)}
    labels = {name: number for number, name in enumerate(sorted({each.label for each in given}), 1)}
    sizes = {each.image: each.size for each in given if each.size}
    return {
        "images": [
            {"id": number, "file_name": name, **_coco_size(sizes.get(name))}
            for name, number in images.items()
        ],
        "categories": [{"id": number, "name": name} for name, number in labels.items()],
        "annotations": [
            _coco_entry(number, each, images[each.image], labels[each.label])
            for number, each in enumerate(given, 1)
        ],
    }


def from_label_studio(file: Path) -> list[Annotation]:
    """Read Label Studio's JSON export: choices for whole images, rectangles for boxes.

    A task with several annotations yields those of all; one that was skipped yields none.
    Source: https://labelstud.io/guide/export.

    Raises:
        WrongInput: it is not such a file.
    """
    tasks = _read(file, list)
    try:
        return [found for task in tasks for found in _task_annotations(task)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongInput(
            f"{file} is not Label Studio's JSON export ({type(error).__name__}: {error}); export with JSON, "
            "not JSON-MIN"
        ) from error


def to_label_studio(images: Iterable[str], predictions: dict[str, tuple[str, float]]) -> list[dict[str, Any]]:
    """Return tasks for people to answer, in the order given, with what a model thinks of each.

    ``predictions`` are a label and its probability, by image.
    """
    return [
        {"data": {IMAGE: image}, **_prediction(*predictions[image])}
        if image in predictions
        else {"data": {IMAGE: image}}
        for image in images
    ]


def _read(file: Path, kind: type[Any]) -> Any:
    try:
        content = json.loads(file.read_text())
    except OSError as error:
        raise WrongInput(f"{file} cannot be read ({error.strerror}); name another file") from error
    except ValueError as error:
        raise WrongInput(f"{file} is no JSON ({error}); export it again") from error
    if not isinstance(content, kind):
        raise WrongInput(f"{file} holds a {type(content).__name__}, not a {kind.__name__}; export it again")
    return content


def _coco_annotation(given: Any, images: dict[Any, Any], labels: dict[Any, str]) -> Annotation:
    image = images[given["image_id"]]
    size = (int(image["width"]), int(image["height"])) if "width" in image else None
    box = Box(*map(float, given["bbox"])) if given.get("bbox") else None
    if box and size and (box.left, box.top, box.width, box.height) == (0, 0, *size):
        box = None
    return Annotation(str(image["file_name"]), labels[given["category_id"]], box, size)


def _coco_size(size: tuple[int, int] | None) -> dict[str, int]:
    return {"width": size[0], "height": size[1]} if size else {}


def _coco_entry(number: int, each: Annotation, image: int, label: int) -> dict[str, Any]:
    if each.box is None and each.size is None:
        raise WrongInput(f"the annotation of {each.image} has neither a box nor the image's size; give one")
    box = each.box or Box(0, 0, *(each.size or (0, 0)))
    return {
        "id": number,
        "image_id": image,
        "category_id": label,
        "bbox": [box.left, box.top, box.width, box.height],
        "area": box.width * box.height,
        "iscrowd": 0,
    }


def _task_annotations(task: Any) -> Iterator[Annotation]:
    image = str(task["data"][IMAGE])
    for annotation in task.get("annotations", []):
        if annotation.get("was_cancelled"):
            continue
        for result in annotation["result"]:
            value = result["value"]
            if result["type"] == "choices":
                yield from (Annotation(image, str(label)) for label in value["choices"])
            elif result["type"] == "rectanglelabels":
                yield from _rectangles(image, result, value)


def _rectangles(image: str, result: Any, value: Any) -> Iterator[Annotation]:
    size = int(result["original_width"]), int(result["original_height"])
    across, down = size[0] / PERCENT, size[1] / PERCENT
    box = Box(value["x"] * across, value["y"] * down, value["width"] * across, value["height"] * down)
    yield from (Annotation(image, str(label), box, size) for label in value["rectanglelabels"])


def _prediction(label: str, probability: float) -> dict[str, Any]:
    result = {
        "from_name": CLASS_CONTROL,
        "to_name": IMAGE,
        "type": "choices",
        "value": {"choices": [label]},
    }
    return {"predictions": [{"score": probability, "result": [result]}]}
