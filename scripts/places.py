"""Where things are: the repository, its ignored state folder, an environment's document."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ml.environment import Environment

REPOSITORY = Path(__file__).resolve().parent.parent

EnvironmentName = Annotated[
    str,
    typer.Option("--env", "-e", envvar="MILLRACE_ENV", help="Environment (a Pulumi stack)."),
]
EnvironmentArgument = Annotated[
    str, typer.Argument(envvar="MILLRACE_ENV", help="Environment (a Pulumi stack).")
]


def home() -> Path:
    """Return the state folder: ``.millrace/``, or what ``MILLRACE_HOME`` names."""
    return Path(os.environ.get("MILLRACE_HOME", REPOSITORY / ".millrace")).resolve()


def document(name: str) -> Path:
    """Return the path of an environment's document."""
    return home() / name / "environment.json"


def address(name: str) -> str:
    """Return where an environment's document lies: on this machine, or where all machines see it."""
    path = document(name)
    return str(path) if path.exists() else _shared(name) or str(path)


def load(name: str) -> Environment:
    """Read an environment's document.

    Raises:
        EnvironmentUnreadable: it is missing or damaged.
        CredentialsExpired: it lies in AWS, and they have.
    """
    from infra.wrappers import aws_failure
    from ml.environment import Environment, EnvironmentUnreadable

    try:
        return Environment.load(address(name))
    except EnvironmentUnreadable as error:
        if expired := aws_failure.expired(str(error)):
            raise expired from error
        raise


def _shared(name: str) -> str | None:
    """Return where an environment that other machines know keeps its document."""
    from scripts.errors import WrongInput
    from scripts.program import AwsSettings, settings_of

    try:
        found = settings_of(name)
    except WrongInput:
        return None
    return found.document_address if isinstance(found, AwsSettings) else None
