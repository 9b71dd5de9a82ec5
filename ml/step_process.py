"""A step in a process of its own, for jobs that ask for their own resources.

The job and the environment go in on standard input as JSON, the output comes back as the last line
of standard output. The process stays in the pipeline's process group, so a signal reaches both,
and the kernel ends it if its parent is killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from ml.child_process import end_with_parent, with_threads
from ml.environment import Environment
from ml.errors import MlError, StepFailed
from ml.logs import configure_json_logging

if TYPE_CHECKING:
    from ml.job import Job, Output


def run_apart(job: Job, environment: Environment) -> Output:
    """Run a job in a process of its own and return its output.

    Raises:
        StepFailed: it failed, with what it said and its exit code.
    """
    kind = f"{type(job).__module__}:{type(job).__name__}"
    task = json.dumps(
        {
            "job": kind,
            "fields": job.model_dump(mode="json"),
            "environment": environment.model_dump(mode="json"),
            "parent": os.getpid(),
        }
    )
    variables = with_threads(job.resources.cpu if job.resources else None)
    command = [sys.executable, "-m", "ml.step_process"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables
    ) as process:
        try:
            answer, _ = process.communicate(task)
        except BaseException:
            process.terminate()
            raise
    lines = answer.strip().splitlines()
    if process.returncode != 0:
        said = lines[-1] if lines else f"it said nothing; signal or status {process.returncode}"
        failure = StepFailed(f"the process of step {type(job).__name__.lower()} failed: {said}")
        failure.exit_code = process.returncode if process.returncode > 0 else 1
        raise failure
    return job.outcome.model_validate_json(lines[-1])


def main() -> int:
    """Run the job on standard input; exit codes are those of the errors."""
    task = json.loads(sys.stdin.read())
    end_with_parent(int(task["parent"]))
    configure_json_logging()
    from ml.pipeline import job_class

    job = job_class(task["job"]).model_validate(task["fields"])
    try:
        output = job.run(Environment.model_validate(task["environment"]))
    except MlError as error:
        sys.stdout.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(output.model_dump_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
