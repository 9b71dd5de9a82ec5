"""The Pulumi program's own files (settings, rehearsal), as seen from the command."""

from __future__ import annotations

import sys

from scripts.errors import WrongInput
from scripts.places import REPOSITORY

if (folder := str(REPOSITORY / "pulumi")) not in sys.path:
    # Last: the folder above is called pulumi too, and must not hide the library.
    sys.path.append(folder)

import rehearsal
import settings
from rehearsal import MODULES
from settings import AwsSettings, Settings

__all__ = [
    "MODULES",
    "AwsSettings",
    "Settings",
    "aws_settings_of",
    "rehearsal_switches",
    "rehearsed",
    "settings_of",
]


def settings_of(name: str) -> Settings:
    """Return an environment's settings.

    Raises:
        WrongInput: there are none, or one of them is wrong.
    """
    try:
        return settings.load(name)
    except settings.SettingsInvalid as error:
        raise WrongInput(str(error)) from error


def aws_settings_of(name: str) -> AwsSettings:
    """Return the settings of an environment in AWS.

    Raises:
        WrongInput: as `settings_of`, or the environment is not in AWS.
    """
    found = settings_of(name)
    if not isinstance(found, AwsSettings):
        raise WrongInput(f"{name} is not in AWS (its settings say cloud: {found.cloud}); name another")
    return found


def rehearsed() -> bool:
    """Whether this process rehearses."""
    return rehearsal.rehearsed()


def rehearsal_switches() -> dict[str, dict[str, bool]]:
    """Return what a rehearsal turns off, by root module."""
    return rehearsal.switches()
