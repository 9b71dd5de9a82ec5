"""Turn Terraform's diagnostics into one of our errors, with what to do now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from infra.wrappers import aws_failure
from infra.wrappers.errors import (
    CredentialsExpired,
    InfraError,
    NotInitialised,
    StateLocked,
    StatePlanStale,
    TerraformFailed,
)
from infra.wrappers.process import Finished
from infra.wrappers.terraform_messages import Diagnostic, Message

KINDS: Final[tuple[tuple[str, type[TerraformFailed]], ...]] = (
    ("Error acquiring the state lock", StateLocked),
    ("Saved plan is stale", StatePlanStale),
    ("Backend initialization required", NotInitialised),
    ("Required plugins are not installed", NotInitialised),
    ("Module not installed", NotInitialised),
    ("Module source has changed", NotInitialised),
    ("Inconsistent dependency lock file", NotInitialised),
)

TAKE_OVER: Final = (
    "if it is this environment's (made by hand, or by a run whose answer was lost), take it over with "
    "`terraform import ADDRESS ID`; if it is another's, choose another name"
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
    (
        "NoSuchBucket",
        "run `millrace bootstrap ENVIRONMENT` once, which makes the bucket, or correct its name",
    ),
    ("lready exists", TAKE_OVER),
    ("AlreadyExists", TAKE_OVER),
)
GO_ON: Final = "run again: what was already made is kept, and the run goes on from there"
STATE_KEPT: Final = "the state could not be saved and is kept on this machine, for the next run to save"
LOCK_LEFT: Final = "the state's lock could not be released, and the next run does it"
# What follows from an API that is gone; `RootModule` mends it by itself.
CONSEQUENCES: Final = {
    "Failed to save state": STATE_KEPT,
    "Failed to persist state to backend": STATE_KEPT,
    "Error releasing the state lock": LOCK_LEFT,
}


def failure(command: str, messages: Sequence[Message], finished: Finished) -> InfraError:
    """Return the error that tells why ``command`` failed."""
    errors = [
        message.diagnostic
        for message in messages
        if message.diagnostic and message.diagnostic.severity == "error"
    ] or _plain(finished.stderr)
    kind, remedy = _kind(errors, finished)
    said = "; ".join(dict.fromkeys(_told(error) for error in errors)) or _last_words(finished)
    return kind(f"{command} failed ({_code(finished)}): {said.rstrip('. ')}. To do: {remedy}.")


def _kind(errors: Sequence[Diagnostic], finished: Finished) -> tuple[type[InfraError], str]:
    """Return which error it is, and what to do."""
    if found := aws_failure.read(" ".join(str(error) for error in errors)):
        return found.kind, f"{found.remedy}, and {GO_ON}"
    summaries = " ".join(error.summary for error in errors) or finished.stderr
    kind = next((kind for phrase, kind in KINDS if phrase in summaries), TerraformFailed)
    return kind, next(
        (what for phrase, what in REMEDIES if phrase in summaries), f"mend the cause and {GO_ON}"
    )


def _told(error: Diagnostic) -> str:
    """Return an error in one sentence, without its end; Terraform's own words where we have no better."""
    if consequence := CONSEQUENCES.get(error.summary):
        return consequence
    found = aws_failure.read(str(error))
    if found is None:
        return str(error)
    return found.sentence + (error.where if found.kind is not CredentialsExpired else "")


def _plain(text: str) -> list[Diagnostic]:
    """Return the errors of a subcommand that has no ``-json``."""
    parts = [part.partition("\n") for part in re.split(r"^Error: ", text, flags=re.MULTILINE)[1:]]
    return [Diagnostic(severity="error", summary=summary, detail=detail) for summary, _, detail in parts]


def _code(finished: Finished) -> str:
    code = finished.exit_code
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _last_words(finished: Finished) -> str:
    text = finished.stderr.strip() or finished.stdout.strip() or "it said nothing"
    return " ".join(line.strip(" │╷╵") for line in text.splitlines()[-8:] if line.strip(" │╷╵"))
