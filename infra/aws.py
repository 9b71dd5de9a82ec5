"""Clients of AWS for our own calls: they ask again where that helps, and what does not help is told.

Terraform and Pulumi have clients of their own; what those say is read by `infra.wrappers.aws_failure`.
"""

from __future__ import annotations

from typing import Any, Final

from infra.wrappers import aws_failure

# Throttling, errors of the service and broken connections; waits double, to about 15 s in all.
RETRIES: Final[Any] = {"mode": "standard", "total_max_attempts": 5}


def client(service: str, region: str | None, **given: Any) -> Any:
    """Return a client of a service, with the credentials of this shell unless others are given."""
    import boto3
    from botocore.config import Config

    make: Any = boto3.client
    return make(service, region_name=region, config=Config(retries=RETRIES), **given)


def bucket(name: str, region: str) -> Any:
    """Return a bucket, as boto3's resources have it."""
    import boto3
    from botocore.config import Config

    return boto3.resource("s3", region_name=region, config=Config(retries=RETRIES)).Bucket(name)


def told(error: Exception, otherwise: str) -> str:
    """Return what botocore's error means and what to do, ``otherwise`` where we know no better.

    Raises:
        CredentialsExpired: that is what it means.
    """
    if expired := aws_failure.expired(str(error)):
        raise expired from error
    found = aws_failure.read(str(error))
    return f"{found.sentence}. To do: {found.remedy}" if found else f"{error}. To do: {otherwise}"
