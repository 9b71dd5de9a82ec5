"""The one place for ports: each component's is the environment's first port plus a fixed offset."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

BLOCK: Final = 100
RELEASES: Final = range(60, 100)

# From 32768 on Linux hands ports to outgoing connections, so a listener there may find its port taken.
LOWEST, HIGHEST = 1024, 32768 - BLOCK

OFFSETS: Final[dict[str, int]] = {
    "gateway": 0,
    "traefik_admin": 1,
    "seaweedfs_admin": 8,
    "seaweedfs_admin_grpc": 9,
    "seaweedfs_s3": 10,
    "seaweedfs_s3_grpc": 11,
    "seaweedfs_master": 12,
    "seaweedfs_master_grpc": 13,
    "seaweedfs_volume": 14,
    "seaweedfs_volume_grpc": 15,
    "seaweedfs_filer": 16,
    "seaweedfs_filer_grpc": 17,
    "seaweedfs_metrics": 18,
    "mlflow": 20,
    "nats": 30,
    "nats_monitoring": 31,
    "prometheus": 40,
    "alertmanager": 41,
    "blackbox": 42,
    "recorder": 43,
    "steward": 44,
    "watcher": 45,
}


class Ports(BaseModel):
    """A block of 100 ports, and the components that have theirs elsewhere."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: int = Field(ge=LOWEST, le=HIGHEST)
    overrides: dict[str, int] = {}

    @field_validator("overrides")
    @classmethod
    def _known_and_allowed(cls, overrides: dict[str, int]) -> dict[str, int]:
        for name, port in overrides.items():
            if name not in OFFSETS:
                raise ValueError(f"{name} is no component with a port; these are: {', '.join(OFFSETS)}")
            if not LOWEST <= port <= 65535:
                raise ValueError(f"{name}: {port} must be between {LOWEST} and 65535; lower ports need root")
        return overrides

    @model_validator(mode="after")
    def _each_its_own(self) -> Ports:
        seen = dict.fromkeys(self.releases, "releases")
        for name, port in self.all.items():
            if port in seen:
                raise ValueError(f"{name} and {seen[port]} would both listen on {port}; move one of them")
            seen[port] = name
        return self

    @property
    def all(self) -> dict[str, int]:
        """Each component's port."""
        return {name: self.first + offset for name, offset in OFFSETS.items()} | self.overrides

    @property
    def releases(self) -> range:
        """The ports that releases may take."""
        return range(self.first + RELEASES.start, self.first + RELEASES.stop)

    @property
    def taken(self) -> set[int]:
        """Every port that this environment may listen on."""
        return {*self.all.values(), *self.releases}
