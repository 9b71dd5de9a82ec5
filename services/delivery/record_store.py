"""Small documents in the releases bucket, written by compare-and-set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ml.environment import Environment
from services.errors import RecordsUnreachable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFLICTS: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_MISSING: Final = frozenset({"NoSuchKey", "404", "NotFound"})


class Changed(Exception):
    """The object is no longer (or already) what the writer took it for."""


class Stored(NamedTuple):
    """An object's content and the tag that a later write must name."""

    body: bytes
    etag: str


class RecordStore:
    """The releases bucket, with the key of the principal ``delivery``."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._bucket = env.object_store.buckets.releases

    def get(self, key: str) -> Stored | None:
        """Return an object, or None if there is none."""
        with self._explained(key, missing_ok=True):
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
            return Stored(answer["Body"].read(), answer["ETag"])
        return None

    def create(self, key: str, body: bytes) -> str:
        """Write an object that must not exist yet and return its tag.

        Raises:
            Changed: it exists.
        """
        with self._explained(key):
            return self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")["ETag"]
        raise AssertionError

    def replace(self, key: str, body: bytes, etag: str) -> str:
        """Write an object that must still have this tag and return its new one.

        Raises:
            Changed: someone else wrote it.
        """
        with self._explained(key):
            return self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfMatch=etag)["ETag"]
        raise AssertionError

    def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with the prefix."""
        with self._explained(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        raise AssertionError

    @cached_property
    def _client(self) -> S3Client:
        import boto3
        from botocore.config import Config

        store = self._env.object_store
        secret = store.credentials.get("delivery")
        key: dict[str, Any] = json.loads(secret.read()) if secret else {}
        return boto3.client(
            "s3",
            endpoint_url=store.endpoint_url,
            region_name=store.region,
            aws_access_key_id=key.get("access_key_id"),
            aws_secret_access_key=key.get("secret_access_key"),
            config=Config(
                connect_timeout=3,
                read_timeout=30,
                retries={"max_attempts": 3, "mode": "standard"},
                s3={"addressing_style": "path"} if store.endpoint_url else {},
                # Not every S3 takes checksums in trailers; TCP and the ETag are enough here.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    @contextmanager
    def _explained(self, key: str, *, missing_ok: bool = False) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if missing_ok and code in _MISSING:
                return
            if code in _CONFLICTS:
                raise Changed(key) from error
            raise self._unreachable(key, error) from error
        except BotoCoreError as error:
            raise self._unreachable(key, error) from error

    def _unreachable(self, key: str, error: Exception) -> RecordsUnreachable:
        return RecordsUnreachable(
            f"the release records at {self._env.object_store.endpoint_url or 's3'}/{self._bucket}/{key} "
            f"cannot be reached ({error}); see `millrace status`, and run `make up` if the store is down"
        )
