"""What Terraform says with ``-json``, one typed message a line.

The format is Terraform's machine-readable UI, version 1
(https://developer.hashicorp.com/terraform/internals/machine-readable-ui); OpenTofu's is the same.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

VARIABLES_FILE: Final = "variables.tfvars.json"


class Part(BaseModel):
    """Base: read what is known, leave the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Position(Part):
    """A place in a file."""

    line: int


class Range(Part):
    """Where in the module's files."""

    filename: str
    start: Position


class Snippet(Part):
    """The line that a diagnostic is about."""

    code: str = ""


class Diagnostic(Part):
    """An error or a warning."""

    severity: Literal["error", "warning"]
    summary: str
    detail: str = ""
    address: str | None = None
    range: Range | None = None
    snippet: Snippet | None = None

    def __str__(self) -> str:
        return f"{self.summary}{self.where}" + (f": {self.detail.strip()}" if self.detail.strip() else "")

    @property
    def where(self) -> str:
        """The address and the place in the module's files, in brackets, as far as they are known."""
        where = [name for name in (self.address, self._place()) if name]
        return f" ({', '.join(where)})" if where else ""

    def _place(self) -> str | None:
        if not self.range:
            return None
        # Our file of variables has one on each line; which one says more than where.
        if self.range.filename.endswith(VARIABLES_FILE) and self.snippet:
            return f"variables.{self.snippet.code.strip().partition(':')[0].strip(chr(34))}"
        return f"{self.range.filename} line {self.range.start.line}"


class Resource(Part):
    """A resource's address."""

    addr: str


class Change(Part):
    """What will be, or was, done to an address."""

    resource: Resource
    action: str
    reason: str | None = None
    importing: dict[str, Any] | None = None


class Hook(Part):
    """What is being done, or was done, to an address."""

    resource: Resource
    action: str = ""
    id_key: str | None = None
    id_value: str | None = None
    elapsed_seconds: float = 0.0


class OutputChange(Part):
    """An output; plans give the action, applies give the value."""

    sensitive: bool = False
    action: str | None = None
    value: Any = None


class Message(Part):
    """One line of the stream."""

    type: str
    message: str = Field(default="", alias="@message")
    change: Change | None = None
    hook: Hook | None = None
    diagnostic: Diagnostic | None = None
    outputs: dict[str, OutputChange] = {}


def parse(line: str) -> Message | None:
    """Return the line's message, or nothing for a line that is not one (``init`` mixes in plain text)."""
    if not line.startswith("{"):
        return None
    try:
        return Message.model_validate_json(line)
    except ValidationError:
        return None
