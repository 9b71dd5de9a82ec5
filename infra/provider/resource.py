"""What a resource of the provider answers, without the protocol around it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Literal

from infra.provider.call import Call
from infra.provider.values import Properties
from infra.wrappers.errors import InfraError, InputInvalid

Kind = Literal["add", "delete", "update"]


class Unfinished(InfraError):
    """Something was made, and then something failed: the resource stays, and the next run goes on."""

    def __init__(self, resource_id: str, state: Properties, cause: InfraError) -> None:
        super().__init__(str(cause))
        self.resource_id = resource_id
        self.state = state


@dataclass(frozen=True)
class Difference:
    """Whether an update is needed, and what of: property paths, as the display shows them."""

    changes: bool
    details: dict[str, Kind] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """What `ResourceType.read` found."""

    resource_id: str
    inputs: Properties
    state: Properties


class ResourceType(ABC):
    """One type of resource. Methods run in threads of their own and may take long.

    They raise `InfraError`; `create` and `update` raise `Unfinished` when something was made.
    """

    @abstractmethod
    def check(self, call: Call, inputs: Properties) -> tuple[Properties, list[InputInvalid]]:
        """Return the inputs with their defaults, and what is wrong; some may be unknown yet."""

    @abstractmethod
    def diff(self, call: Call, old: Properties, state: Properties, new: Properties) -> Difference:
        """Compare what is there with what the new inputs ask for; change nothing."""

    @abstractmethod
    def preview(
        self, call: Call, old: Properties | None, state: Properties | None, new: Properties
    ) -> Properties:
        """Return the state as `create` (nothing old) or `update` would leave it, with unknowns."""

    @abstractmethod
    def create(self, call: Call, new: Properties) -> tuple[str, Properties]:
        """Make it; return its id and state."""

    @abstractmethod
    def update(
        self, call: Call, resource_id: str, old: Properties, state: Properties, new: Properties
    ) -> Properties:
        """Bring what is there to what the new inputs ask for; return its state."""

    @abstractmethod
    def read(self, call: Call, resource_id: str, inputs: Properties, state: Properties) -> Found | None:
        """Look at what is there; nothing if it is gone. Without inputs, adopt what the id names."""

    @abstractmethod
    def delete(self, call: Call, inputs: Properties, state: Properties) -> None:
        """Remove it."""
