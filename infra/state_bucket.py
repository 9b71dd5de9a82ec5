"""The bucket that keeps Pulumi's and Terraform's state of an environment in AWS, and its key.

Made through boto3, once, before there is a state that could know of it; safe to repeat.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from infra import aws
from infra.wrappers.errors import InfraError

OLD_VERSIONS_DAYS: Final = 365
Say = Callable[[str], None]


class BootstrapFailed(InfraError):
    """The account refused something, or is another's."""


@dataclass(frozen=True)
class StateBucket:
    """Bucket and key: versioned, encrypted with the key, closed, and over TLS alone."""

    name: str
    key_alias: str
    account_id: str
    region: str
    tags: dict[str, str]
    require_tls: bool = True

    def ensure(self, say: Say) -> None:
        """Make what is not there, and set what may have been changed.

        Raises:
            BootstrapFailed: with what AWS refused, and what is needed.
            CredentialsExpired: before or while it was made.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._see_whose_account()
            key = self._key(say)
            self._bucket(say)
            self._settings(key)
        except (BotoCoreError, ClientError) as error:
            why = aws.told(error, f"use credentials of account {self.account_id} that manage S3 and KMS")
            raise BootstrapFailed(
                f"the state's bucket {self.name} was not finished: {why}, and run again; what was made stays"
            ) from error
        say(f"bucket {self.name}: versioned, encrypted with {self.key_alias}, closed to the public")

    def _see_whose_account(self) -> None:
        found = self._client("sts").get_caller_identity()["Account"]
        if found != self.account_id:
            raise BootstrapFailed(
                f"these credentials are account {found}'s, and the settings name {self.account_id}; "
                "use that account's, or correct account_id"
            )

    def _key(self, say: Say) -> str:
        kms = self._client("kms")
        for page in kms.get_paginator("list_aliases").paginate():
            for alias in page["Aliases"]:
                if alias["AliasName"] == self.key_alias and "TargetKeyId" in alias:
                    say(f"key {self.key_alias} is there")
                    return str(alias["TargetKeyId"])
        tags = [{"TagKey": name, "TagValue": value} for name, value in self.tags.items()]
        key = str(kms.create_key(Description=f"State in {self.name}", Tags=tags)["KeyMetadata"]["KeyId"])
        kms.create_alias(AliasName=self.key_alias, TargetKeyId=key)
        say(f"key {self.key_alias} made")
        return key

    def _bucket(self, say: Say) -> None:
        from botocore.exceptions import ClientError

        s3 = self._client("s3")
        try:
            s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self.account_id)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
                raise
        else:
            say(f"bucket {self.name} is there")
            return
        # The first region has no name of its own here.
        where = (
            {}
            if self.region == "us-east-1"
            else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        )
        s3.create_bucket(Bucket=self.name, **where)
        say(f"bucket {self.name} made")

    def _settings(self, key: str) -> None:
        s3, bucket = self._client("s3"), {"Bucket": self.name}
        self._client("kms").enable_key_rotation(KeyId=key)
        s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration=self._encryption(key))
        s3.put_public_access_block(
            **bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration=_old_versions())
        tags = [{"Key": name, "Value": value} for name, value in self.tags.items()]
        s3.put_bucket_tagging(**bucket, Tagging={"TagSet": tags})
        if self.require_tls:
            s3.put_bucket_policy(**bucket, Policy=json.dumps(self._tls_alone()))

    def _encryption(self, key: str) -> dict[str, Any]:
        arn = f"arn:aws:kms:{self.region}:{self.account_id}:key/{key}"
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
        return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}

    def _tls_alone(self) -> dict[str, Any]:
        arn = f"arn:aws:s3:::{self.name}"
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def _client(self, service: str) -> Any:
        return aws.client(service, self.region)


def _old_versions() -> dict[str, Any]:
    rule = {
        "ID": "old-versions",
        "Status": "Enabled",
        "Filter": {},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS, "NewerNoncurrentVersions": 20},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    return {"Rules": [rule]}
