"""What a service knows of itself: what was packed, and as which release it runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

VARIABLE: Final = "MILLRACE_SERVICE"
PACKAGE: Final = "package.json"
MODEL: Final = "model"
UNRELEASED: Final = "unreleased"


class Limits(BaseModel):
    """Bounds of one service process; part of every release record.

    ``answer_timeout_s`` holds for methods that run in a thread; one in the event loop cannot be stopped.
    ``memory_mib`` is what the process may hold while a rollout watches it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_body_bytes: PositiveInt = 256 * 1024
    body_timeout_s: PositiveFloat = 10.0
    answer_timeout_s: PositiveFloat = 30.0
    max_in_flight: PositiveInt = 512
    memory_mib: PositiveInt = 1024
    drain_s: PositiveInt = 25
    spool_segment_bytes: PositiveInt = 16 * 1024 * 1024
    spool_limit_bytes: PositiveInt = 512 * 1024 * 1024


class Package(BaseModel):
    """What a bento holds beside code and model files: written once, when it is packed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str
    model_version: int
    dataset_version: str
    thresholds: dict[str, float] = {}

    @classmethod
    def read(cls, folder: Path) -> Package:
        """Read the package file in a bento's source folder, in the names that the settings give."""
        packed = cls.model_validate_json((folder / PACKAGE).read_bytes())
        names = ServiceSettings.load().names
        return packed.model_copy(update=names.model_dump()) if names else packed


class Names(BaseModel):
    """What the environment calls the model and the dataset of a bento that another one packed."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    model_version: int
    dataset_version: str


class ServiceSettings(BaseModel):
    """How one release's process is to run; delivery writes it, the worker reads it.

    ``spool`` is the folder of the release's prediction log; without one nothing is logged. ``names`` are
    given where the bento was packed in another environment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str = UNRELEASED
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=1, le=65535)
    spool: Path | None = None
    names: Names | None = None
    limits: Limits = Limits()

    @classmethod
    def load(cls) -> ServiceSettings:
        """Read the file that ``MILLRACE_SERVICE`` names; without it the service runs unreleased."""
        name = os.environ.get(VARIABLE)
        return cls.model_validate_json(Path(name).read_bytes()) if name else cls()


class Identity(BaseModel):
    """What every answer says of the service that gave it."""

    model_config = ConfigDict(frozen=True)

    system: str
    release: str
    model_version: int


def package_folder() -> Path:
    """Return the folder that this code was packed into (or the repository)."""
    return Path(__file__).resolve().parents[2]
