"""Finished steps: each one's output under the digest of all that went into it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from ml.code_digest import code_digest
from ml.errors import StoreRefused
from ml.objects import Objects

if TYPE_CHECKING:
    from ml.environment import Environment
    from ml.job import Job, Output


class _Finished(BaseModel):
    """What is stored: the output, and what it was made from, for a person to read."""

    model_config = ConfigDict(extra="forbid")

    job: str
    made_from: dict[str, object]
    output: dict[str, object]


class FinishedSteps:
    """The step store in the pipelines bucket."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._objects = Objects(environment, environment.object_store.buckets.pipelines)

    def digest(self, job: Job) -> str:
        """Return the digest of a job's fields, code, and state outside."""
        return hashlib.sha256(json.dumps(self._made_from(job), sort_keys=True).encode()).hexdigest()

    def find(self, job: Job, digest: str) -> Output | None:
        """Return the output of a finished run of the same job, None if there is none that holds."""
        content = self._objects.get(_key(job, digest))
        if content is None:
            return None
        try:
            output = job.outcome.model_validate(_Finished.model_validate_json(content).output)
        except ValidationError as error:
            raise StoreRefused(
                f"s3://{self._objects.bucket}/{_key(job, digest)} is damaged ({error.errors()[0]['msg']}); "
                "run the pipeline with --fresh"
            ) from error
        return output if job.still_holds(self._environment, output) else None

    def has(self, job: Job, digest: str) -> bool:
        """Say whether anything is stored for a job, whether it still holds or not."""
        return self._objects.exists(_key(job, digest))

    def keep(self, job: Job, digest: str, output: Output, *, over: bool) -> Output:
        """Store an output and return the one that counts: of two runs at once, the first one's.

        With ``over`` one that is there, and holds no longer, is replaced.
        """
        finished = _Finished(
            job=type(job).__name__, made_from=self._made_from(job), output=output.model_dump(mode="json")
        )
        content = finished.model_dump_json(indent=1).encode()
        if over:
            self._objects.put(_key(job, digest), content)
        elif not self._objects.put_new(_key(job, digest), content):
            return self.find(job, digest) or output
        return output

    def _made_from(self, job: Job) -> dict[str, object]:
        modules = (type(job).__module__, *(f"ml.systems.{job.system}.{part}" for part in job.parts))
        return {
            "job": f"{type(job).__module__}:{type(job).__name__}",
            "fields": job.identity(),
            "code": code_digest(modules),
            "state": job.state(self._environment),
        }


def _key(job: Job, digest: str) -> str:
    return f"steps/{job.system}/{type(job).__name__.lower()}/{digest}.json"
