"""What an API of AWS refused or did not answer, as Terraform, Pulumi and boto3 tell it.

The forms read here are those of the AWS SDKs for Go (https://aws.github.io/aws-sdk-go-v2) and Python.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from infra.wrappers.errors import ApiUnreachable, CredentialsExpired, InfraError, PermissionMissing

EXPIRED_SENTENCE: Final = "the credentials of this shell have expired"
RENEW: Final = "renew them (`aws sso login`, or a new session in this shell)"
ALLOW: Final = (
    "have the policies of that user or role allow it, permissions boundary and service control policies "
    "among them (docs/aws.md, When AWS refuses)"
)
REACH: Final = "see that this machine reaches it, and that it runs"

EXPIRED: Final = re.compile(
    rf"ExpiredToken|\bRequestExpired\b|[Tt]oken (?:included in the request )?(?:is|has) expired|"
    rf"SSO session [^.]*expired|{EXPIRED_SENTENCE}"
)
DENIED: Final = re.compile(
    r"\bAccessDenied|\bUnauthorizedOperation\b|\bAuthorizationError\b|not authorized to perform|"
    r"api error Forbidden|\((?:403|Forbidden)\) when calling"
)
UNREACHABLE: Final = re.compile(r'(?:request send failed, \w+|endpoint URL:) "(https?://[^/"]+)')
# As policies name it, else the call as the SDK for Go, or for Python, names it.
ACTIONS: Final = (
    re.compile(r"not authorized to perform: ([\w-]+:\w+)"),
    re.compile(r"operation error ([\w ]+: \w+)"),
    re.compile(r"calling the (\w+) operation"),
)
WHO: Final = re.compile(r"User: (arn:\S+)")
ON: Final = re.compile(r"on resource: (arn:\S+[^\s.,])")
WHY_DENIED: Final = re.compile(
    r"because no [\w-]+ policy allows|with an explicit deny in an? [\w -]*polic\w+"
)
WHY_UNREACHABLE: Final = re.compile(r"connection refused|connection reset|EOF|no such host|timeout|closed")


@dataclass(frozen=True)
class AwsFailure:
    """A sentence without its end, what to do, and the error that it is."""

    kind: type[InfraError]
    sentence: str
    remedy: str


def read(text: str) -> AwsFailure | None:
    """Return what failed, if the text tells of credentials, a permission or an API that is gone."""
    flat = " ".join(text.split())
    if EXPIRED.search(flat):
        return AwsFailure(CredentialsExpired, EXPIRED_SENTENCE, RENEW)
    if DENIED.search(flat):
        return AwsFailure(PermissionMissing, _denied(flat), ALLOW)
    if found := UNREACHABLE.search(flat):
        why = WHY_UNREACHABLE.search(flat)
        sentence = f"{found[1]} does not answer {_action(flat)}" + (f" ({why[0]})" if why else "")
        return AwsFailure(ApiUnreachable, sentence, REACH)
    return None


def expired(text: str) -> CredentialsExpired | None:
    """Return the error that a text tells of, if it tells of credentials that expired."""
    if not EXPIRED.search(" ".join(text.split())):
        return None
    return CredentialsExpired(
        f"{EXPIRED_SENTENCE}. To do: {RENEW}, and run again: what was already made is kept, and the run goes "
        "on from there"
    )


def _denied(flat: str) -> str:
    who, on, why = WHO.search(flat), ON.search(flat), WHY_DENIED.search(flat)
    sentence = f"AWS refused {_action(flat)} to {who[1] if who else 'the credentials of this shell'}"
    return sentence + (f" on {on[1]}" if on else "") + (f", {why[0]}" if why else "")


def _action(flat: str) -> str:
    found = next((found for pattern in ACTIONS if (found := pattern.search(flat))), None)
    return found[1] if found else "a call"
