"""Inputs of every resource, typed where they enter."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from infra.provider.call import Call
from infra.provider.values import UNKNOWN, known
from infra.wrappers.ansible import Play
from infra.wrappers.errors import InputInvalid

# Their values belong to Terraform and Ansible; what is unknown in them is kept as such.
FREE: Final = frozenset({"variables", "placeholders", "destroy_variables", "document"})


def _with_port(address: str) -> str:
    parts = urlsplit(address)
    if not parts.hostname or not parts.port:
        raise ValueError("must be an address with host and port, such as http://127.0.0.1:8333")
    return address


HerePath = Annotated[Path, AfterValidator(Path.absolute)]
Endpoint = Annotated[str, AfterValidator(_with_port)]
Seconds = Annotated[float, Field(gt=0)]
Command = Annotated[tuple[str, ...], Field(min_length=1)]


class Inputs(BaseModel):
    """Base: frozen, unknown names are refused; relative paths count from the program's folder."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class BackendInputs(Inputs):
    """Terraform's backend type, its arguments, and the workspace."""

    type: str = Field(min_length=1)
    config: dict[str, Any] = {}
    workspace: str | None = None


class PlaybookInputs(Inputs):
    """A playbook with what it is run with."""

    playbook: HerePath
    inventory: HerePath | dict[str, Any] | None = None
    variables: dict[str, Any] = {}
    environment: dict[str, str] = {}

    def play(self) -> Play:
        """Return it as the wrapper takes it."""
        return Play(self.playbook, self.inventory, self.variables, self.environment)


class TerraformRootInputs(Inputs):
    """Inputs of `TerraformRoot`; `resources.py` says what each is for."""

    root: HerePath
    variables: dict[str, Any] = {}
    backend: BackendInputs | None = None
    folder: HerePath | None = None
    environment: dict[str, str] = {}
    protected: tuple[str, ...] = ()
    placeholders: dict[str, Any] = {}
    checks: tuple[Command, ...] = ()
    endpoint: Endpoint | None = None
    start: PlaybookInputs | None = None
    destroy_variables: dict[str, Any] = {}
    binary: str = "terraform"
    timeout_s: Seconds = 3600.0


class AnsiblePlaybookInputs(PlaybookInputs):
    """Inputs of `AnsiblePlaybook`."""

    digest: str | None = None
    teardown: HerePath | None = None
    placeholders: dict[str, Any] = {}
    timeout_s: Seconds = 1800.0


class EnvironmentDocumentInputs(Inputs):
    """Inputs of `EnvironmentDocument`."""

    document: dict[str, Any]
    path: HerePath | None = None
    object_address: Annotated[str, Field(pattern=r"^s3://[^/]+/.+$")] | None = None
    environment: dict[str, str] = {}

    @model_validator(mode="after")
    def _lies_somewhere(self) -> Self:
        if self.path is None and self.object_address is None:
            raise ValueError("path or object_address must say where the document lies")
        return self


Model = TypeVar("Model", bound=Inputs)


def parse(model: type[Model], values: Mapping[str, Any]) -> Model:
    """Return the typed inputs; unknown values are left out, except where values are free.

    Raises:
        InputInvalid: the first thing that is wrong; the engine has seen all of them in `check`.
    """
    if wrong := invalid(model, values):
        raise wrong[0]
    return model.model_validate(_settled(values))


def invalid(model: type[Model], values: Mapping[str, Any]) -> list[InputInvalid]:
    """Return what is wrong with the inputs' form, by property path."""
    try:
        model.model_validate(_settled(values))
    except ValidationError as error:
        late = {name for name, value in values.items() if value is UNKNOWN}
        wrong = [(_path(one["loc"]), one["msg"].removeprefix("Value error, ")) for one in error.errors()]
        return [InputInvalid(path, reason) for path, reason in wrong if path not in late]
    return []


def home() -> Path:
    """Return the state folder: what ``MILLRACE_HOME`` names, else ``.millrace`` beside the program."""
    return Path(os.environ.get("MILLRACE_HOME", ".millrace")).absolute()


def state_folder(call: Call, kind: str) -> Path:
    """Return the private folder of a resource, below the state folder and the stack's name."""
    return home() / call.stack / kind / call.name


def _settled(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in values.items() if value is not UNKNOWN and value is not None}
    return {name: value if name in FREE else _settled_part(value) for name, value in given.items()}


def _settled_part(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _settled(value)
    return known(value)


def _path(location: tuple[int | str, ...]) -> str:
    names = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(names).lstrip(".")
