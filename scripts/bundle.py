"""``millrace bundle``: a model version as a signed archive for devices."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from scripts.console import say, step
from scripts.errors import WrongInput
from scripts.places import REPOSITORY, EnvironmentName, home, load
from scripts.train import System, version_or_champion
from scripts.written import write_whole


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("bundle")(bundle)


def bundle(
    system: System,
    version: Annotated[int | None, typer.Option(help="A model version; else the champion.")] = None,
    to: Annotated[Path | None, typer.Option(help="The file to write; else SYSTEM-vN.bundle.")] = None,
    key: Annotated[
        Path | None,
        typer.Option(
            help="Ed25519 private key (PEM) to sign with; else the environment's, made if there is none."
        ),
    ] = None,
    env: EnvironmentName = "local",
) -> None:
    """Write a model version, with all a device needs to run and test it, into one signed archive."""
    from ml.model_registry import ModelRegistry
    from services.edge.bundle import make, public_hex, signing_key

    registry = ModelRegistry(load(env))
    chosen = version_or_champion(registry, system, version)
    signer = signing_key(key or home() / env / "bundle-key.pem")
    file = to or Path(f"{system}-v{chosen.version}.bundle")
    with step(f"bundle {system} version {chosen.version}"), tempfile.TemporaryDirectory() as temporary:
        model = registry.download(chosen, Path(temporary) / "model")
        content = make(chosen, _files(system, model), REPOSITORY, signer)
        write_whole(file, content)
    say(f"wrote {file} ({len(content) / 2**20:.1f} MiB), signed by {public_hex(signer)}")
    say(f"on the device: python launcher.py {file.name} --trust {public_hex(signer)} IMAGE ...")


def _files(system: str, model: Path) -> dict[str, bytes]:
    try:
        module = importlib.import_module(f"ml.systems.{system}.archive")
    except ModuleNotFoundError as error:
        raise WrongInput(
            f"{system} has no ml/systems/{system}/archive.py, so it has no self-test and is not for devices"
        ) from error
    found: dict[str, bytes] = module.files(model)
    return found
