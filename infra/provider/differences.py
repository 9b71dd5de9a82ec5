"""Where two values differ, by property path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from infra.provider.resource import Kind

PLAIN_NAME: Final = re.compile(r"[A-Za-z_]\w*")


def differences(old: Any, new: Any, path: str = "") -> dict[str, Kind]:
    """Return the paths at which two values differ, and how."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        names = dict.fromkeys([*old, *new])
        return _joined(_one(old, new, name, _named(path, str(name))) for name in names)
    if isinstance(old, list) and isinstance(new, list):
        was, now = dict(enumerate(old)), dict(enumerate(new))
        return _joined(_one(was, now, index, f"{path}[{index}]") for index in {**was, **now})
    return {} if old == new else {path: "update"}


def _one(old: Mapping[Any, Any], new: Mapping[Any, Any], name: Any, path: str) -> dict[str, Kind]:
    if name not in new:
        return {path: "delete"}
    if name not in old:
        return {path: "add"}
    return differences(old[name], new[name], path)


def _joined(parts: Iterable[dict[str, Kind]]) -> dict[str, Kind]:
    return {path: kind for part in parts for path, kind in part.items()}


def _named(path: str, name: str) -> str:
    if not PLAIN_NAME.fullmatch(name):
        return f"{path}[{json.dumps(name)}]"
    return f"{path}.{name}" if path else name
