"""Exceptions from the policy: each with a reason and a day on which it ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from infra.policy.errors import WaiverInvalid

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
LONGEST_DAYS: Final = 731
WAIVERS: Final = Path(__file__).with_name("waivers.yaml")
REHEARSAL: Final = Path(__file__).with_name("rehearsal.yaml")


class Waiver(BaseModel):
    """Lets one check pass on the addresses that fit ``resource``, in which ``*`` stands for anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: Text
    resource: Text
    reason: Text
    expires: date

    def covers(self, check: str, address: str) -> bool:
        """Tell whether this waiver is about a check's finding at an address."""
        return check == self.check and self.fits(address)

    def fits(self, address: str) -> bool:
        """Tell whether an address fits the pattern; brackets mean themselves, as addresses have them."""
        pattern = ".*".join(re.escape(part) for part in self.resource.split("*"))
        return re.fullmatch(pattern, address) is not None

    def __str__(self) -> str:
        return f"{self.check} on {self.resource}"


def load(path: Path, today: date) -> tuple[Waiver, ...]:
    """Read a waiver file, a list of {check, resource, reason, expires}; an empty file has none.

    Raises:
        WaiverInvalid: it cannot be read, or an entry is incomplete, expired, or without end.
    """
    try:
        entries = yaml.safe_load(path.read_text()) or []
    except (OSError, yaml.YAMLError) as error:
        raise WaiverInvalid(f"{path} cannot be read: {error}; restore it, or name another file") from error
    if not isinstance(entries, list):
        raise WaiverInvalid(f"{path} holds no list; each waiver is an item with {_fields()}")
    return tuple(_waiver(path, number, entry, today) for number, entry in enumerate(entries, 1))


def load_all(paths: Iterable[Path], today: date) -> tuple[Waiver, ...]:
    """Read several waiver files as one; see ``load``."""
    return tuple(waiver for path in paths for waiver in load(path, today))


def _waiver(path: Path, number: int, entry: Any, today: date) -> Waiver:
    try:
        waiver = Waiver.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "the entry"
        raise WaiverInvalid(
            f"{path}: waiver {number} ({_named(entry)}): {key}: {first['msg']}; each waiver needs {_fields()}"
        ) from error
    if waiver.expires < today:
        raise WaiverInvalid(
            f"{path}: waiver {number} ({waiver}) expired on {waiver.expires}; mend what it excuses and "
            "remove it, or give it a later day and a reason that still holds"
        )
    if (waiver.expires - today).days > LONGEST_DAYS:
        raise WaiverInvalid(
            f"{path}: waiver {number} ({waiver}) ends only on {waiver.expires}; "
            "give it a day within two years"
        )
    return waiver


def _named(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "not a mapping"
    return f"{entry.get('check', 'no check')} on {entry.get('resource', 'no resource')}"


def _fields() -> str:
    return "check, resource, reason and expires (YYYY-MM-DD)"
