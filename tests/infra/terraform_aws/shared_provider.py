"""One process of AWS's provider for many runs of Terraform.

A mock asks the provider for nothing but its schemas, and building those is most of what such a run takes.
Terraform speaks to a process that is there already when TF_REATTACH_PROVIDERS names it, as one does to debug
a provider (Terraform's documentation, "Debugging providers").
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "TF_REATTACH_PROVIDERS"


@contextmanager
def shared_provider(program: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run the provider, and yield what has Terraform speak to it."""
    with subprocess.Popen(
        [program, "-debug"], env=environment, stdout=subprocess.PIPE, text=True
    ) as provider:
        try:
            assert provider.stdout is not None
            said = next((line for line in provider.stdout if VARIABLE in line and "=" in line), None)
            assert said, "the provider ended and told no address"
            yield {VARIABLE: said.split("=", 1)[1].strip().strip("'")}
        finally:
            provider.kill()
