"""What a resource yields: outputs that may be seen, outputs that may not, and their placeholders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.provider.call import Call
from infra.provider.values import UNKNOWN, Secret, canonical
from infra.wrappers.terraform_plan import PlannedOutput


def yielded(
    call: Call, values: Any, *, placeholders: Path, sensitive: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Return the properties that every yielding resource has.

    ``values`` is `UNKNOWN` or maps names to values; those named ``sensitive`` and those that
    mention one of the call's secrets become secret. ``placeholders`` is a JSON file beside the
    code that declares the outputs.
    """
    plain, hidden = values, values
    if isinstance(values, Mapping):
        hidden = {n: v for n, v in values.items() if n in sensitive or mentions_secret(call, v)}
        plain = {n: v for n, v in values.items() if n not in hidden}
    return {
        "outputs": plain,
        "secret_outputs": Secret(hidden),
        "output_placeholders": dict(json.loads(placeholders.read_text())) if placeholders.exists() else {},
    }


def mentions_secret(call: Call, value: Any) -> bool:
    """Whether a secret of this call stands somewhere in the value."""
    text = canonical(value)
    return any(secret in text for secret in call.secrets)


def after(output: PlannedOutput) -> Any:
    """Return a Terraform output's planned value, with `UNKNOWN` where the plan does not know it."""
    return _overlay(output.after, output.after_unknown)


def _overlay(value: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping):
        of = value if isinstance(value, Mapping) else {}
        return {**of, **{name: _overlay(of.get(name), part) for name, part in unknown.items() if part}}
    if isinstance(unknown, list) and isinstance(value, list):
        return [_overlay(item, part) for item, part in zip(value, unknown, strict=False)]
    return value
