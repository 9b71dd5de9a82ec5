"""Turn Terraform's diagnostics into one of our errors, with what to do now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from infra.wrappers.errors import NotInitialised, StateLocked, StatePlanStale, TerraformFailed
from infra.wrappers.process import Finished
from infra.wrappers.terraform_messages import Message

KINDS: Final[tuple[tuple[str, type[TerraformFailed]], ...]] = (
    ("Error acquiring the state lock", StateLocked),
    ("Saved plan is stale", StatePlanStale),
    ("Backend initialization required", NotInitialised),
    ("Required plugins are not installed", NotInitialised),
    ("Module not installed", NotInitialised),
    ("Module source has changed", NotInitialised),
    ("Inconsistent dependency lock file", NotInitialised),
)

REMEDIES: Final[tuple[tuple[str, str], ...]] = (
    (
        "Provider dependency changes detected",
        "run `terraform init` in the root module's folder and commit its .terraform.lock.hcl",
    ),
    ("No value for required variable", "give the variable in `variables`"),
    ("Value for undeclared variable", "remove it from `variables`, or declare it"),
    (
        "Failed to query available provider packages",
        "install the provider, or name a mirror in TF_CLI_CONFIG_FILE",
    ),
    ("Invalid value for variable", "correct the variable"),
    ("Unsupported attribute", "correct the root module"),
)
GO_ON: Final = "mend the cause and run again: what was already made is kept, and the run goes on from there"


def failure(command: str, messages: Sequence[Message], finished: Finished) -> TerraformFailed:
    """Return the error that tells why ``command`` failed."""
    errors = [
        message.diagnostic
        for message in messages
        if message.diagnostic and message.diagnostic.severity == "error"
    ]
    summaries = " ".join(error.summary for error in errors) or finished.stderr
    kind = next((kind for phrase, kind in KINDS if phrase in summaries), TerraformFailed)
    said = "; ".join(dict.fromkeys(str(error) for error in errors)) or _last_words(finished)
    return kind(f"{command} failed ({_code(finished)}): {said.rstrip('. ')}. To do: {_remedy(summaries)}.")


def _remedy(summaries: str) -> str:
    return next((remedy for phrase, remedy in REMEDIES if phrase in summaries), GO_ON)


def _code(finished: Finished) -> str:
    code = finished.exit_code
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _last_words(finished: Finished) -> str:
    text = finished.stderr.strip() or finished.stdout.strip() or "it said nothing"
    return " ".join(line.strip(" │╷╵") for line in text.splitlines()[-8:] if line.strip(" │╷╵"))
