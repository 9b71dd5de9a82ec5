"""Property values of the engine as plain Python, keeping what is unknown and what is secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.struct_pb2 import ListValue, Struct, Value

SHORTEST_SECRET: Final = 4

# How the protocol writes what plain JSON cannot say; the numbers are Pulumi's own
# (sdk/go/common/resource/properties.go, sdk/go/common/resource/plugin/rpc.go).
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker
UNKNOWNS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
UNKNOWN_TEXT: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown:
    """A value that is known only once something else was made."""

    def __repr__(self) -> str:
        return "unknown"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Secret:
    """A value that is never shown."""

    value: Any

    def __repr__(self) -> str:
        return "secret"


@dataclass(frozen=True)
class Properties:
    """A resource's inputs or outputs; values may be, and may hold, `Secret` and `UNKNOWN`."""

    values: Mapping[str, Any]

    @classmethod
    def read(cls, message: Struct) -> Properties:
        """Take them out of the protocol's message."""
        return cls({name: _read(value) for name, value in message.fields.items()})

    def marshal(self) -> Struct:
        """Return the protocol's message."""
        return Struct(fields={name: _write(value) for name, value in self.values.items()})

    def plain(self) -> dict[str, Any]:
        """Return plain values, secrets in clear, with `UNKNOWN` where a value is not known."""
        return {name: plain(value) for name, value in self.values.items()}

    def secrets(self) -> set[str]:
        """Return every text that a secret value holds."""
        return set(_secret_texts(self.values, within=False))

    def __or__(self, more: Mapping[str, Any]) -> Properties:
        return Properties({**self.values, **more})


def plain(value: Any) -> Any:
    """Return the value with its secrets in clear."""
    if isinstance(value, Secret):
        return plain(value.value)
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def holds_secret(value: Any) -> bool:
    """Whether the value is, or holds, a secret."""
    if isinstance(value, Mapping):
        return any(holds_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_secret(item) for item in value)
    return isinstance(value, Secret)


def unknown_paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of each unknown value."""
    if value is UNKNOWN:
        yield path
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from unknown_paths(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown_paths(item, f"{path}[{index}]")


def fill(value: Any, placeholder: Any) -> Any:
    """Return the value with its unknown parts taken from ``placeholder`` where that has them."""
    if value is UNKNOWN:
        return UNKNOWN if placeholder is None else placeholder
    if isinstance(value, Mapping):
        of = placeholder if isinstance(placeholder, Mapping) else {}
        return {name: fill(item, of.get(name)) for name, item in value.items()}
    if isinstance(value, list):
        items = placeholder if isinstance(placeholder, list) else []
        padded = [*items, *([None] * len(value))]
        return [fill(item, padded[index]) for index, item in enumerate(value)]
    return value


def known(value: Any) -> Any:
    """Return the value without its unknown parts."""
    if isinstance(value, Mapping):
        return {name: known(item) for name, item in value.items() if item is not UNKNOWN}
    if isinstance(value, list):
        return [known(item) for item in value if item is not UNKNOWN]
    return value


def canonical(value: Any) -> str:
    """Return a text that is the same for equal values."""
    return json.dumps(value, sort_keys=True, default=repr)


def _read(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _read_struct(value.struct_value)
    if kind == "list_value":
        return [_read(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _read_struct(struct: Struct) -> Any:
    if SIGNATURE not in struct.fields:
        return {name: _read(item) for name, item in struct.fields.items()}
    if struct.fields[SIGNATURE].string_value == SECRET:
        return Secret(_read(struct.fields["value"]))
    raise TypeError("assets and archives are not values that Terraform or Ansible could take")


def _write(value: Any) -> Value:
    if isinstance(value, Secret):
        fields = {SIGNATURE: Value(string_value=SECRET), "value": _write(value.value)}
        return Value(struct_value=Struct(fields=fields))
    if isinstance(value, Mapping):
        return Value(struct_value=Struct(fields={str(name): _write(item) for name, item in value.items()}))
    if isinstance(value, (list, tuple)):
        return Value(list_value=ListValue(values=[_write(item) for item in value]))
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=float(value))
    if value is None:
        return Value(null_value=0)
    return Value(string_value=UNKNOWN_TEXT if value is UNKNOWN else str(value))


def _secret_texts(value: Any, *, within: bool) -> Iterator[str]:
    if isinstance(value, Secret):
        yield from _secret_texts(value.value, within=True)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _secret_texts(item, within=within)
    elif isinstance(value, list):
        for item in value:
            yield from _secret_texts(item, within=within)
    elif within and isinstance(value, str) and len(value) >= SHORTEST_SECRET:
        yield value
