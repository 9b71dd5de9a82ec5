"""``millrace images annotations``: labels out to the tools of those who label, and back."""

from __future__ import annotations

import getpass
import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scripts.console import say
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, load
from scripts.train import System
from scripts.written import write_whole

if TYPE_CHECKING:
    from ml.data.images.labels import Labelling
    from ml.environment import Environment

commands = typer.Typer(help="Labels in the formats of labelling tools.", no_args_is_help=True)


class Format(StrEnum):
    """The formats that are read and written."""

    COCO = "coco"
    LABEL_STUDIO = "label-studio"


Written = Annotated[Format, typer.Option("--format", help="The tool's format.")]


@commands.command("import")
def take(system: System, file: Path, kind: Written, env: EnvironmentName = "local") -> None:
    """Take labels in; the next run of the pipeline makes a dataset version of them."""
    from ml.data.images.annotations import from_coco, from_label_studio
    from ml.data.images.labels import Labels, by_image

    environment, meaning = load(env), labelling(system)
    given = (from_coco if kind is Format.COCO else from_label_studio)(file)
    found = by_image(given, _ids(environment, system, meaning), meaning)
    done = Labels(environment, system).add(found, file.name, file.read_bytes(), getpass.getuser())
    say(f"{done.new} image(s) newly labelled, {done.changed} labelled otherwise, {done.same} as before")
    if done.new or done.changed:
        say(f"`millrace train {system}` makes a dataset version of them")


@commands.command("export")
def give(system: System, file: Path, kind: Written, env: EnvironmentName = "local") -> None:
    """Write the newest dataset version's labels; images are named by their ids."""
    from ml.data.images.annotations import Annotation, to_coco, to_label_studio
    from ml.data.images.inbox import Inbox

    environment, meaning = load(env), labelling(system)
    rows, sizes = _labelled(environment, system, meaning)
    said = {row["image_id"]: meaning.said(row) for row in rows}
    written = f"{len(said)} labelled image(s)"
    if kind is Format.COCO:
        document: Any = to_coco(
            Annotation(image, label, None, sizes[image]) for image, (label, _) in said.items()
        )
    else:
        named = dict.fromkeys([*said, *Inbox(environment, system).images()])
        written += f", {len(named) - len(said)} to label"
        document = to_label_studio(named, said)
    write_whole(file, json.dumps(document, indent=1).encode())
    say(f"wrote {file}: {written}")


def labelling(system: str) -> Labelling:
    """Return what a system's labels mean.

    Raises:
        WrongInput: its images are not labelled, or it has none.
    """
    from ml.system import implementation

    found = implementation(system).labelling()
    if found is None:
        raise WrongInput(
            f"{system} has no ml/systems/{system}/labelling.py, so it takes no images to label; name another"
        )
    return found


def _ids(environment: Environment, system: str, meaning: Labelling) -> dict[str, str | None]:
    """Return image ids by id, path and name; None for a name that two images go by."""
    from ml.data.images.inbox import Inbox

    pairs = [(each.image_id, each.name) for each in Inbox(environment, system).images().values()]
    pairs += [(row["image_id"], row["path"]) for row in _labelled(environment, system, meaning)[0]]
    found: dict[str, str | None] = {}
    for image, name in pairs:
        found[image] = image
        found[name] = image if found.get(name, image) == image else None
    return found


def _labelled(
    environment: Environment, system: str, meaning: Labelling
) -> tuple[list[dict[str, Any]], dict[str, tuple[int, int]]]:
    """Return the rows of the newest dataset version and its images' sizes, none where there is no version."""
    from ml.data.datasets import Datasets

    datasets = Datasets(environment)
    records = datasets.records(system)
    if not records:
        return [], {}
    tables = datasets.tables(records[-1].version)
    sizes = {row["image_id"]: (row["width"], row["height"]) for row in tables["images"].to_pylist()}
    return tables[meaning.table].to_pylist(), sizes
