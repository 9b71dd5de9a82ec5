"""The network of an environment in AWS: made from a range, or made outside."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from common_settings import Part

Letter = Annotated[str, StringConstraints(pattern=r"^[a-z]$")]
VpcId = Annotated[str, StringConstraints(pattern=r"^vpc-[0-9a-f]+$")]
SubnetId = Annotated[str, StringConstraints(pattern=r"^subnet-[0-9a-f]+$")]
GroupId = Annotated[str, StringConstraints(pattern=r"^sg-[0-9a-f]+$")]


def private_range(text: str) -> IPv4Network:
    """Return a range of private addresses.

    Raises:
        ValueError: with what is wrong, and what would be right.
    """
    try:
        found = IPv4Network(text)
    except ValueError as error:
        raise ValueError(f"{error}; write a range with its host bits zero, such as 10.20.0.0/16") from error
    if not found.is_private and not found.subnet_of(IPv4Network("100.64.0.0/10")):
        raise ValueError("it must be private (10/8, 172.16/12, 192.168/16 or 100.64/10)")
    return found


class ExistingNetwork(Part):
    """A network made outside: looked up and checked, never changed."""

    vpc_id: VpcId
    private_subnet_ids: tuple[SubnetId, ...] = Field(min_length=2)
    public_subnet_ids: tuple[SubnetId, ...] = ()
    clients_security_group_id: GroupId | None = None


class Network(Part):
    """A range with its zones and its way out, or the ids of a network made outside."""

    cidr: str | None = None
    zones: tuple[Letter, ...] = ("a", "b", "c")
    nat: Literal["none", "single", "per_zone"] = "single"
    reserved_cidrs: tuple[str, ...] = ()
    existing: ExistingNetwork | None = None

    @field_validator("cidr")
    @classmethod
    def _fits(cls, text: str | None) -> str | None:
        if text is not None and not 16 <= private_range(text).prefixlen <= 20:
            raise ValueError(
                "it must be between a /16 (the largest a VPC takes) and a /20 (below, pods use up a zone's "
                "addresses)"
            )
        return text

    @field_validator("zones")
    @classmethod
    def _three(cls, zones: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(zones)) != 3 or len(zones) != 3:
            raise ValueError("it must name three different zones of the region by their letters: [a, b, c]")
        return zones

    @model_validator(mode="after")
    def _one_of_two(self) -> Network:
        if (self.cidr is None) == (self.existing is None):
            raise ValueError("give either cidr, to make a network, or existing, to use one made outside")
        for each in self.reserved_cidrs:
            if self.range and self.range.overlaps(private_range(each)):
                raise ValueError(f"cidr {self.cidr} overlaps {each} of reserved_cidrs; choose another range")
        return self

    @property
    def range(self) -> IPv4Network | None:
        """The range, of a network that is made here."""
        return IPv4Network(self.cidr) if self.cidr else None
