"""What differs between two releases."""

from __future__ import annotations

from typing import NamedTuple

from services.delivery.release import Release

# What an id and a time say of a release is not what it is made of.
_OF_THE_RECORD = ("id", "created_by", "created_at", "bento_tag")


class Difference(NamedTuple):
    """One thing that two releases do not have in common."""

    name: str
    one: str
    other: str


def differences(one: Release, other: Release) -> list[Difference]:
    """Return what the releases are made of, where it differs: model, dataset, code, bento, settings..."""
    first, second = _flat(one), _flat(other)
    return [Difference(name, first[name], second[name]) for name in first if first[name] != second[name]]


def _flat(release: Release) -> dict[str, str]:
    """Return every field by its name, settings one by one."""
    record = release.model_dump(mode="json", exclude=set(_OF_THE_RECORD))
    settings = record.pop("settings")
    record["promoted_from"] = release.promoted_from or "nowhere"
    return {name: str(value) for name, value in record.items()} | {
        f"settings.{name}": str(value) for name, value in settings.items()
    }
