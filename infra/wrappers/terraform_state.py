"""What Terraform's state holds, as ``state pull`` prints it (format 4); values of resources are left."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StateOutput(_Part):
    """An output's value in the state."""

    value: Any = None
    sensitive: bool = False


class StateInstance(_Part):
    """One instance of a resource; ``index_key`` tells instances apart."""

    index_key: str | int | None = None
    deposed: str | None = None


class StateResource(_Part):
    """A resource of the state, with its instances."""

    mode: str
    type: str
    name: str
    module: str | None = None
    instances: tuple[StateInstance, ...] = ()

    def addresses(self) -> list[str]:
        """Return the addresses of its instances."""
        path = f"{self.module}." if self.module else ""
        path += f"data.{self.type}.{self.name}" if self.mode == "data" else f"{self.type}.{self.name}"
        return [path + _index(instance.index_key) for instance in self.instances]


class State(_Part):
    """The state: who it is (``lineage``), its outputs, its addresses."""

    lineage: str = ""
    serial: int = 0
    outputs: dict[str, StateOutput] = {}
    resources: tuple[StateResource, ...] = ()

    @property
    def addresses(self) -> list[str]:
        """Addresses of what Terraform manages, without data sources, sorted."""
        managed = [resource for resource in self.resources if resource.mode == "managed"]
        return sorted({address for resource in managed for address in resource.addresses()})


def _index(key: str | int | None) -> str:
    if key is None:
        return ""
    if isinstance(key, int):
        return f"[{key}]"
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'["{quoted}"]'
