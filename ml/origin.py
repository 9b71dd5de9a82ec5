"""Where a promoted model or release comes from."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Origin(BaseModel):
    """A release of another environment, with what its model and dataset are called there."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    environment: str
    release: str
    model_version: int
    model_digest: str
    dataset: str

    def __str__(self) -> str:
        return f"{self.environment}'s {self.release}"
