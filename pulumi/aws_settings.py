"""Settings of an environment in AWS: sizes, zones, retention, protection, and what was made outside."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from aws_network import Network, private_range
from common_settings import CommonSettings, Part

# What CloudWatch knows.
RETENTIONS: Final = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
InstanceType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*\.[0-9a-z-]+$")]
DatabaseClass = Annotated[str, StringConstraints(pattern=r"^db\.[a-z0-9]+\.[0-9a-z]+$")]
CacheType = Annotated[str, StringConstraints(pattern=r"^cache\.[a-z0-9]+\.[0-9a-z]+$")]
BrokerType = Annotated[str, StringConstraints(pattern=r"^kafka\.[a-z0-9]+\.[0-9a-z]+$")]
Principal = Annotated[str, StringConstraints(pattern=r"^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+$")]
DomainName = Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$")]
Subscriber = Annotated[str, StringConstraints(pattern=r"^(https://.+|[^@\s]+@[^@\s]+)$")]


class Nodes(Part):
    """A group of nodes; ``accelerator`` for those that train or infer on one."""

    instance_types: tuple[InstanceType, ...] = Field(min_length=1)
    accelerator: Literal["nvidia", "neuron"] | None = None
    spot: bool = False
    min: int = Field(ge=0, le=450)
    max: int = Field(ge=1, le=450)
    disk_gib: int | None = Field(default=None, ge=20, le=16384)

    @model_validator(mode="after")
    def _ordered(self) -> Nodes:
        if self.min > self.max:
            raise ValueError(f"min is {self.min} and max {self.max}: min must not be above max")
        return self


class Cluster(Part):
    """The Kubernetes cluster, or the name of one made outside (``existing``)."""

    existing: str | None = None
    kubernetes_version: str | None = Field(default=None, pattern=r"^1\.[0-9]{2}$")
    operators: dict[str, Principal] = Field(default_factory=dict)
    nodes: dict[str, Nodes] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Cluster:
        if self.existing is None and not (self.operators and self.nodes):
            raise ValueError(
                "operators and nodes must name at least one each, or existing a cluster: "
                "otherwise nobody could administer it and nothing could run in it"
            )
        return self


class Database(Part):
    """The tracking server's PostgreSQL, or the identifier of one made outside."""

    existing: str | None = None
    instance_class: DatabaseClass = "db.t4g.medium"
    multi_zone: bool = True
    backup_days: int = Field(default=14, ge=1, le=35)
    final_snapshot: bool = True


class Events(Part):
    """The event bus, or the name of one made outside."""

    existing: str | None = None
    broker: BrokerType = "kafka.m7g.large"
    disk_gib: int = Field(default=100, ge=10, le=16384)


class Cache(Part):
    """The cache, or the id of one made outside."""

    existing: str | None = None
    node_type: CacheType = "cache.t4g.small"
    replicas: int = Field(default=1, ge=1, le=5)


class Ingress(Part):
    """The way in: the DNS zone, and from where."""

    zone: DomainName
    internet_facing: bool = False
    allowed_cidrs: tuple[str, ...] = Field(min_length=1)
    firewall: bool = True

    @field_validator("allowed_cidrs")
    @classmethod
    def _ranges(cls, ranges: tuple[str, ...]) -> tuple[str, ...]:
        for each in ranges:
            try:
                IPv4Network(each)
            except ValueError as error:
                raise ValueError(f"{each} is no IPv4 range ({error}); write such as 10.0.0.0/8") from error
        return ranges


class ContinuousIntegration(Part):
    """CI that publishes images: the OIDC issuer of its jobs, and the subjects that may."""

    issuer_url: str = Field(pattern=r"^https://")
    subjects: tuple[str, ...] = Field(min_length=1)


class Budget(Part):
    """What the environment may cost in a month."""

    monthly_limit_usd: float = Field(gt=0)


class AwsSettings(CommonSettings):
    """An environment in an AWS account. Names of buckets begin with the organisation's."""

    cloud: Literal["aws"]
    environment: str = Field(pattern=r"^[a-z][a-z0-9-]{0,13}[a-z0-9]$")
    account_id: AccountId
    region: Region
    organisation: str = Field(pattern=r"^[a-z][a-z0-9]{1,15}$")
    network: Network
    cluster: Cluster
    database: Database = Database()
    events: Events | None = Events()
    cache: Cache | None = Cache()
    edge: bool = True
    ingress: Ingress | None = None
    ci: ContinuousIntegration | None = None
    subscribers: dict[str, Subscriber] = Field(default_factory=dict)
    log_retention_days: int = 365
    budget: Budget
    secret_recovery_days: int = 30
    ttl_hours: int | None = Field(default=None, ge=1)
    protect: bool = True
    tags: dict[str, str] = Field(default_factory=dict)
    existing_keys: dict[str, str] = Field(default_factory=dict)
    existing_buckets: tuple[str, ...] = ()

    @field_validator("account_id", mode="before")
    @classmethod
    def _quoted(cls, value: object) -> object:
        if isinstance(value, int):
            raise ValueError('write it in quotes, such as "012345678901": YAML drops the leading zeros')
        return value

    @field_validator("log_retention_days")
    @classmethod
    def _known(cls, days: int) -> int:
        if days not in RETENTIONS:
            raise ValueError(f"CloudWatch knows {', '.join(map(str, sorted(RETENTIONS)))}; choose one")
        return days

    @field_validator("secret_recovery_days")
    @classmethod
    def _allowed(cls, days: int) -> int:
        if days != 0 and not 7 <= days <= 30:
            raise ValueError("it must be 0 (a destroyed secret is gone at once) or between 7 and 30")
        return days

    @model_validator(mode="after")
    def _apart_from_services(self) -> AwsSettings:
        inside = private_range("172.20.0.0/16")
        if self.network.range and self.network.range.overlaps(inside):
            raise ValueError(
                f"network.cidr {self.network.range} overlaps {inside}, the range of the cluster's Services; "
                "choose another"
            )
        return self

    @property
    def prefix(self) -> str:
        """What the names of this environment's buckets begin with."""
        return f"{self.organisation}-{self.environment}"

    @property
    def state_bucket(self) -> str:
        """Bucket of Pulumi's and Terraform's state; `millrace bootstrap` makes it."""
        return f"{self.prefix}-millrace-state"

    @property
    def state_key_alias(self) -> str:
        """Alias of the KMS key that encrypts the state and its secrets."""
        return f"alias/{self.prefix}-millrace-state"

    @property
    def document_address(self) -> str:
        """Where the environment's document lies for every machine."""
        return f"s3://{self.state_bucket}/environments/{self.environment}.json"

    @property
    def zones(self) -> list[str]:
        """Names of the zones."""
        return [f"{self.region}{letter}" for letter in self.network.zones]
