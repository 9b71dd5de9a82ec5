"""Settings of an environment: ``environments/<name>.yaml``, checked before anything is made.

The file's name is the environment's name. ``MILLRACE_ENVIRONMENTS`` names another folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Discriminator, Field, Tag, TypeAdapter, ValidationError

from alert_settings import Alerts
from aws_settings import AwsSettings
from common_settings import CommonSettings, SettingsInvalid
from layout import REPOSITORY
from ports import Ports

__all__ = ["AwsSettings", "LocalSettings", "Settings", "SettingsInvalid", "folder", "load"]


class LocalSettings(CommonSettings):
    """An environment on this machine."""

    cloud: Literal["none"] = "none"
    ports: Ports
    alerts: Alerts = Alerts()
    log_days: int = Field(default=90, ge=1, le=3650)


def _cloud(values: Any) -> str:
    return str(values.get("cloud", "none"))


Settings = LocalSettings | AwsSettings
_CHOICE: TypeAdapter[Settings] = TypeAdapter(
    Annotated[
        Annotated[LocalSettings, Tag("none")] | Annotated[AwsSettings, Tag("aws")], Discriminator(_cloud)
    ]
)


def folder() -> Path:
    """Return the folder of settings files."""
    return Path(os.environ.get("MILLRACE_ENVIRONMENTS", REPOSITORY / "pulumi" / "environments")).resolve()


def load(environment: str) -> Settings:
    """Read and check one environment's settings, also against the other environments' of its folder.

    Raises:
        SettingsInvalid: the file is missing, is no YAML, or says something that is not allowed.
    """
    settings = _read(folder() / f"{environment}.yaml")
    for other in sorted(folder().glob("*.yaml")):
        if other.stem != environment:
            _keep_apart(settings, other)
    return settings


def _read(path: Path) -> Settings:
    try:
        values: Any = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.yaml"))) or "none"
        raise SettingsInvalid(
            f"there is no {path}; the environments are: {known}. Name one of them, or write the file"
        ) from None
    except yaml.YAMLError as error:
        raise SettingsInvalid(f"{path} is no YAML: {error}") from error
    if not isinstance(values, dict):
        raise SettingsInvalid(f"{path} must hold settings by name (systems, ports, ...)")
    try:
        return _CHOICE.validate_python({**values, "environment": path.stem, "file": path})
    except ValidationError as error:
        raise SettingsInvalid(_explain(path, error)) from error


def _explain(path: Path, error: ValidationError) -> str:
    """Name each wrong setting with its value and what is allowed."""
    lines = []
    for problem in error.errors():
        if problem["type"] == "union_tag_invalid":
            lines.append(f"{path}: cloud is {problem['ctx']['tag']!r}: must be none (this machine) or aws")
            continue
        # The first part is the kind of environment, which `cloud` chose.
        key = ".".join(str(part) for part in problem["loc"][1:]) or "settings"
        value = "" if problem["type"] == "missing" else f" is {problem['input']!r}"
        lines.append(f"{path}: {key}{value}: {problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


def _keep_apart(settings: Settings, other: Path) -> None:
    """Two environments of one folder may run side by side, so they share no port and no network range."""
    try:
        others = _read(other)
    except SettingsInvalid:
        return
    if isinstance(settings, LocalSettings) and isinstance(others, LocalSettings):
        shared = settings.ports.taken & others.ports.taken
        if shared:
            raise SettingsInvalid(
                f"{settings.file}: ports.first is {settings.ports.first}: port {min(shared)} also belongs "
                f"to {other.name}; choose a block of 100 that no other environment has"
            )
    if isinstance(settings, AwsSettings) and isinstance(others, AwsSettings):
        _keep_ranges_apart(settings, others, other.name)


def _keep_ranges_apart(settings: AwsSettings, others: AwsSettings, name: str) -> None:
    ours, theirs = settings.network.range, others.network.range
    if ours and theirs and ours.overlaps(theirs):
        raise SettingsInvalid(
            f"{settings.file}: network.cidr is {ours}: it overlaps {theirs} of {name}, and networks that "
            "overlap cannot be peered; choose a range that no other environment has"
        )
