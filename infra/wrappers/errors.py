"""Errors of the infrastructure layer, one tree.

InfraError
├── InputInvalid            an input is wrong; names the property
├── ToolMissing             a program is not on PATH
├── ToolFailed              a program ended with a code that is not success
│   ├── TerraformFailed
│   │   ├── StateLocked     someone holds, or a dead process held, the state's lock
│   │   ├── StatePlanStale  the state changed after the plan was saved
│   │   ├── NotInitialised  the data folder does not fit the root module
│   │   ├── PermissionMissing  the API refuses what the credentials may not do
│   │   └── ApiUnreachable  an API that the run needs does not answer
│   └── PlaybookFailed
├── ToolTimedOut            a program ran past its time
├── Interrupted             a signal asked to stop
├── ProtectedAddress        a plan would delete or replace what is protected
├── CheckRefused            one of the environment's checks refused a plan
├── StateLost               the state is empty or another's, though resources were made
├── CredentialsExpired      the credentials of this shell have expired
├── EndpointStopped         the endpoint that Terraform talks to refuses connections
└── DocumentInvalid         the environment's document does not fit its schema

Every message says what was wrong, with which value, and what to do now.
"""

from __future__ import annotations


class InfraError(Exception):
    """Base of the tree; ``exit_code`` is what the command line ends with."""

    exit_code = 1


class InputInvalid(InfraError):
    """An input is wrong."""

    exit_code = 2

    def __init__(self, property_path: str, reason: str) -> None:
        super().__init__(f"{property_path}: {reason}")
        self.property_path = property_path
        self.reason = reason


class ToolMissing(InfraError):
    """A program is not on PATH."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not on PATH; run `make tools`, or name its path in the settings")


class ToolFailed(InfraError):
    """A program ended with a code that is not success; the message is the program's own."""


class TerraformFailed(ToolFailed):
    """Terraform reported errors."""


class StateLocked(TerraformFailed):
    """The state's lock is held."""


class StatePlanStale(TerraformFailed):
    """The state changed after the plan was saved."""


class NotInitialised(TerraformFailed):
    """The data folder does not fit the root module; ``init`` mends it."""


class PermissionMissing(TerraformFailed):
    """The API refuses what the credentials may not do."""


class ApiUnreachable(TerraformFailed):
    """An API that the run needs does not answer, though it was asked again and again."""


class PlaybookFailed(ToolFailed):
    """A playbook's task failed, or a host could not be reached."""


class ToolTimedOut(InfraError):
    """A program ran past its time and was stopped."""


class Interrupted(InfraError):
    """A signal asked to stop; the program was interrupted and has ended."""

    exit_code = 130


class ProtectedAddress(InfraError):
    """A plan would delete or replace a protected address."""


class CheckRefused(InfraError):
    """A check of the environment refused a plan."""


class StateLost(InfraError):
    """The state is empty or another's, though resources were made with it."""


class CredentialsExpired(InfraError):
    """The credentials of this shell have expired; nothing can be asked of AWS until they are renewed."""

    exit_code = 5


class EndpointStopped(InfraError):
    """The endpoint that Terraform talks to refuses connections."""

    exit_code = 4


class DocumentInvalid(InfraError):
    """The environment's document does not fit its schema."""
