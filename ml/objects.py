"""The environment's object store, as one principal sees one bucket."""

from __future__ import annotations

import json
import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ml.environment import SecretUnreadable
from ml.errors import EnvironmentUnavailable, StoreRefused, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ml.environment import Environment, ObjectStore, Principal

log = logging.getLogger(__name__)

PATIENCE_S = 60.0
ABSENT = {"NoSuchKey", "404", "NotFound"}
TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
BUSY = {"ServiceUnavailable", "SlowDown", "InternalError", "500", "502", "503"}


class Objects:
    """Objects of one bucket.

    Every method waits up to ``patience_s`` for a store that is stopped or still starting.

    Raises:
        StoreUnavailable: it did not answer in that time.
        StoreRefused: it answered no; the message has its reason.
    """

    def __init__(
        self,
        environment: Environment,
        bucket: str,
        principal: Principal = "jobs",
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.bucket = bucket
        self._store = environment.object_store
        self._principal = principal
        self._patience_s = patience_s
        self._client: Any = None

    def get(self, key: str) -> bytes | None:
        """Return an object's bytes, None if there is none."""
        found = self._try("read", key, lambda s3: s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        return None if found is None else bytes(found)

    def put(self, key: str, content: bytes) -> None:
        """Write an object, over one that is there."""
        self._try("write", key, lambda s3: s3.put_object(Bucket=self.bucket, Key=key, Body=content))

    def put_new(self, key: str, content: bytes) -> bool:
        """Write an object unless one is there; of several writers at once exactly one gets True.

        A writer whose answer was lost finds its own bytes there and gets True as well.
        """
        made = self._try(
            "write",
            key,
            lambda s3: s3.put_object(Bucket=self.bucket, Key=key, Body=content, IfNoneMatch="*"),
        )
        return made is not None or self.get(key) == content

    def delete(self, key: str) -> None:
        """Delete an object, if it is there."""
        self._try("delete", key, lambda s3: s3.delete_object(Bucket=self.bucket, Key=key))

    def exists(self, key: str) -> bool:
        """Say whether an object is there."""
        return self._try("read", key, lambda s3: s3.head_object(Bucket=self.bucket, Key=key)) is not None

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix, sorted."""

        def listed(s3: Any) -> list[str]:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return sorted(found["Key"] for page in pages for found in page.get("Contents", []))

        return list(self._try("list", prefix, listed) or [])

    def upload(self, path: Path, key: str) -> None:
        """Write a local file."""
        self._try("write", key, lambda s3: s3.upload_file(str(path), self.bucket, key))

    def download(self, key: str, path: Path) -> None:
        """Read an object into a local file.

        Raises:
            StoreRefused: there is none.
        """
        content = self.get(key)
        if content is None:
            raise StoreRefused(f"s3://{self.bucket}/{key} is gone; run the pipeline again with --fresh")
        path.write_bytes(content)

    def _try(self, verb: str, key: str, call: Any) -> Any:
        """Call with patience; None for an absent object or a condition that did not hold."""
        from botocore.exceptions import BotoCoreError, ClientError

        deadline = time.monotonic() + self._patience_s
        pause = 0.2
        while True:
            try:
                if self._client is None:
                    self._client = connect(self._store, self._principal)
                return call(self._client)
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", ""))
                if code in ABSENT | TAKEN and code != "NoSuchBucket":
                    return None
                if code not in BUSY or time.monotonic() >= deadline:
                    raise self._refused(verb, key, code, error) from error
                problem = str(error)
            except BotoCoreError as error:
                problem = str(error)
            if time.monotonic() >= deadline:
                raise self._unavailable(problem)
            log.info("waiting for the object store: %s", problem)
            time.sleep(pause)
            pause = min(2.0, pause * 2)

    def _unavailable(self, problem: str) -> EnvironmentUnavailable:
        where = self._store.endpoint_url or "AWS"
        return StoreUnavailable(
            f"the object store at {where} did not answer within {self._patience_s:g} s ({problem}); "
            "see `millrace status`, then start the environment with `make up`"
        )

    def _refused(self, verb: str, key: str, code: str, error: Exception) -> StoreRefused:
        return StoreRefused(
            f"the object store refused to {verb} s3://{self.bucket}/{key} as {self._principal} "
            f"({code or error}); check that the bucket exists, that its disk has room and that the "
            f"principal may use it: `millrace status`, then `make up`"
        )


def connect(store: ObjectStore, principal: Principal) -> Any:
    """Return a boto3 S3 client of the principal."""
    import boto3
    from botocore.config import Config

    keys = credentials(store, principal)
    return boto3.client(
        "s3",
        endpoint_url=store.endpoint_url,
        region_name=store.region,
        aws_access_key_id=keys.get("access_key_id"),
        aws_secret_access_key=keys.get("secret_access_key"),
        config=Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 2},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"} if store.endpoint_url else {},
        ),
    )


def credentials(store: ObjectStore, principal: Principal) -> dict[str, str]:
    """Return the principal's key pair, empty where the machine's own chain serves.

    Raises:
        StoreUnavailable: the reference points at nothing.
    """
    reference = store.credentials.get(principal)
    if reference is None:
        return {}
    try:
        pair = json.loads(reference.read())
        return {"access_key_id": pair["access_key_id"], "secret_access_key": pair["secret_access_key"]}
    except SecretUnreadable as error:
        raise StoreUnavailable(str(error)) from error
    except (ValueError, KeyError, TypeError) as error:
        raise StoreUnavailable(
            f"the credential of {principal} at {reference.kind} {reference.name} is not a JSON key pair; "
            "run `millrace provision` for this environment again"
        ) from error


def delta_options(store: ObjectStore, principal: Principal) -> dict[str, str]:
    """Return deltalake's storage options; a commit is a conditional write, so that one of two wins."""
    keys = credentials(store, principal)
    options = {"AWS_REGION": store.region, "aws_conditional_put": "etag"}
    if store.endpoint_url:
        options |= {
            "AWS_ENDPOINT_URL": store.endpoint_url,
            "AWS_ALLOW_HTTP": str(store.endpoint_url.startswith("http://")).lower(),
        }
    if keys:
        options |= {
            "AWS_ACCESS_KEY_ID": keys["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": keys["secret_access_key"],
        }
    return options


@contextmanager
def delta_errors(store: ObjectStore, table: str) -> Iterator[None]:
    """Turn deltalake's and the store's failures into this package's errors."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(
            f"{table} cannot be reached ({error}); see `millrace status`, then `make up`"
        ) from error
    except Exception as error:
        named = type(error).__name__ in {"CommitFailedError", "TableNotFoundError"}
        if named or type(error).__module__.split(".")[0] not in {"deltalake", "_internal"}:
            raise
        if "error sending request" in str(error) or "Connection refused" in str(error):
            where = store.endpoint_url or "AWS"
            raise StoreUnavailable(
                f"the object store at {where} stopped answering over {table} ({error}); "
                "see `millrace status`, then `make up`"
            ) from error
        raise StoreRefused(f"{table}: {error}; run the pipeline again, what is finished is kept") from error
