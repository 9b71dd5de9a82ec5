"""``millrace images``: images in, what people should label next, and labels back."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.annotations import commands as annotation_commands
from scripts.annotations import labelling
from scripts.console import say, step, table
from scripts.errors import WrongInput
from scripts.places import EnvironmentName, load
from scripts.train import System

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml.environment import Environment

images = typer.Typer(help="Images in, what to label next, and labels back.", no_args_is_help=True)
images.add_typer(annotation_commands, name="annotations")


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(images, name="images")


@images.command()
def ingest(
    system: System,
    source: Annotated[
        str, typer.Option("--from", help="A folder, s3://BUCKET/PREFIX, or a camera's address.")
    ],
    count: Annotated[int, typer.Option(min=1, help="Frames to take of a camera, at most.")] = 1000,
    env: EnvironmentName = "local",
) -> None:
    """Check images, store each once, and keep them in the system's inbox until they are labelled."""
    from ml.data.images.inbox import Inbox
    from ml.data.images.manifest import take_in
    from ml.data.images.store import ImageStore
    from ml.system import load as declaration

    environment, limits = load(env), declaration(system).data.images
    labelling(system)
    with step(f"take in images from {source}"):
        taken = take_in(_images(environment, source, count), ImageStore(environment, system), limits)
        fresh = Inbox(environment, system).add(taken, source)
    for each in taken.set_aside:
        say(f"   set aside {each.name}: {each.reason}")
    there = len(taken.rows) - fresh + taken.repeated
    say(f"{fresh} new image(s), {there} there already, {len(taken.set_aside)} set aside")


@images.command()
def queue(
    system: System,
    count: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    version: Annotated[int | None, typer.Option(help="The model version to ask; else the champion.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
    env: EnvironmentName = "local",
) -> None:
    """List images of the inbox to label next: those of which the model is least sure first."""
    from ml.data.images.queue import to_label
    from ml.model_registry import ModelRegistry
    from ml.system import implementation

    environment, meaning = load(env), labelling(system)
    registry = ModelRegistry(environment)
    newest = registry.champion(system) or registry.challenger(system)
    model = registry.version(system, version) if version else newest
    if model is None:
        raise WrongInput(f"{system} has no model yet to be unsure; run `millrace train {system}`")
    with tempfile.TemporaryDirectory() as temporary:
        predictor = implementation(system).predictor(registry.download(model, Path(temporary)))
        found = to_label(environment, system, meaning, predictor, count)
    if as_json:
        say(json.dumps([each.model_dump() for each in found]))
    elif found:
        table(("image", "name", "doubt"), [(one.image_id, one.name, f"{one.doubt:.3f}") for one in found])
    else:
        say(f"nothing waits: every image of {system}'s inbox is labelled")


@images.command()
def camera(
    folder: Annotated[Path, typer.Argument(help="The images to show.")],
    port: Annotated[int, typer.Option(help="A free one if not given.")] = 0,
    loop: Annotated[bool, typer.Option(help="Begin again after the last image.")] = False,
    blur: Annotated[float, typer.Option(min=0, help="Out of focus: radius in pixels.")] = 0.0,
    dim: Annotated[float, typer.Option(min=0, max=1, help="Share of the light that is lost.")] = 0.0,
) -> None:
    """Play a camera on loopback: each GET gets the folder's next image, until interrupted."""
    from ml.data.images.camera import serve

    try:
        serve(folder, port, loop=loop, blur=blur, dim=dim)
    except OSError as error:
        raise WrongInput(f"port {port} cannot be listened at ({error.strerror}); give another") from error
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _images(environment: Environment, source: str, count: int) -> Iterator[tuple[str, bytes]]:
    from ml.data.images.sources import from_camera, from_folder, from_objects
    from ml.objects import Objects

    if source.startswith("s3://"):
        bucket, _, prefix = source.removeprefix("s3://").partition("/")
        return from_objects(Objects(environment, bucket), prefix)
    if source.startswith(("http://", "https://")):
        return from_camera(source, count)
    return from_folder(Path(source))
