"""What the settings of every environment have in common, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from layout import REPOSITORY

NAME: Final = r"^[a-z][a-z0-9-]{0,30}$"
SystemName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
PURPOSES: Final = ("datasets", "pipelines", "models", "releases", "predictions")


class SettingsInvalid(ValueError):
    """A setting is missing or wrong; the message names file, key, value and what is allowed."""


class Part(BaseModel):
    """A part of the settings: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CommonSettings(Part):
    """What makes one environment differ from another, in the cloud or not."""

    environment: str = Field(pattern=NAME)
    file: Path
    systems: tuple[SystemName, ...] = Field(min_length=1)
    buckets: dict[str, BucketName] = {}
    retention_days: int = Field(default=30, ge=1, le=3650)
    approval: bool = False
    protect: bool = False

    @field_validator("systems")
    @classmethod
    def _systems_exist(cls, systems: tuple[str, ...]) -> tuple[str, ...]:
        folder = REPOSITORY / "ml" / "systems"
        known = sorted(path.parent.name for path in folder.glob("*/system.yaml"))
        for name in systems:
            if name not in known:
                raise ValueError(f"there is no system {name}; ml/systems has {', '.join(known) or 'none'}")
        return systems

    @field_validator("buckets")
    @classmethod
    def _purposes_are_known(cls, buckets: dict[str, str]) -> dict[str, str]:
        for purpose in buckets:
            if purpose not in PURPOSES:
                raise ValueError(f"{purpose} is no bucket's purpose; these are: {', '.join(PURPOSES)}")
        return buckets

    @property
    def prefix(self) -> str:
        """What the names of this environment's buckets begin with."""
        return self.environment

    @property
    def bucket_names(self) -> dict[str, str]:
        """Name of the bucket for each purpose."""
        return {purpose: self.buckets.get(purpose, f"{self.prefix}-{purpose}") for purpose in PURPOSES}

    @property
    def shown_file(self) -> str:
        """The settings file as messages name it."""
        inside = self.file.is_relative_to(REPOSITORY)
        return str(self.file.relative_to(REPOSITORY) if inside else self.file)
