"""Everything that services can refuse or fail with.

ServiceError
├── ModelNotAvailable         no model version to release
├── PackagingFailed           the bento could not be built, or is not what was recorded
├── ReleaseInProgress         someone else is releasing the same system
├── ReleaseNotFound           no record of that release, or none to go back to
├── RolloutOpen               a rollout of the system has to end first
├── RolloutAborted            the canary was found worse; the champion serves all requests
├── NoRollout                 there is no rollout to continue or to abort
├── ReleaseUnhealthy          the new process never became ready; the old one serves on
├── GatewayUnconfirmed        the gateway does not serve the new release
├── NoFreePort                every port of the runtime's range is taken
├── AliasPending              the release serves, but the registry could not be told
├── FolderUnwritable          the state folder cannot be written: full, or read-only
├── InfrastructureBehind      the environment was taken back to before the release
├── RuntimeUnreachable        supervisord does not answer
├── RecordsUnreachable        the object store with the release records does not answer
├── SmokeTestFailed           the gateway's answer is not the one expected
├── RecorderMisconfigured     the recorder cannot begin with what it was given
├── WatcherMisconfigured      the watcher cannot begin with what it was given
├── StewardMisconfigured      the steward cannot begin with what it was given
├── StewardUnreachable        the steward does not answer
└── StewardRefused            the steward answered no, with its reason
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "AliasPending",
    "FolderUnwritable",
    "GatewayUnconfirmed",
    "InfrastructureBehind",
    "ModelNotAvailable",
    "NoFreePort",
    "NoRollout",
    "PackagingFailed",
    "RecorderMisconfigured",
    "RecordsUnreachable",
    "ReleaseInProgress",
    "ReleaseNotFound",
    "ReleaseUnhealthy",
    "RolloutAborted",
    "RolloutOpen",
    "RuntimeUnreachable",
    "ServiceError",
    "SmokeTestFailed",
    "StewardMisconfigured",
    "StewardRefused",
    "StewardUnreachable",
    "WatcherMisconfigured",
]


class ServiceError(Exception):
    """Base of the tree; its text is a whole sentence that ends with what to do."""

    exit_code: ClassVar[int] = 1


class ModelNotAvailable(ServiceError):
    """There is no model version to release."""


class PackagingFailed(ServiceError):
    """The bento could not be built."""


class ReleaseInProgress(ServiceError):
    """Someone else is releasing the same system at this moment."""


class ReleaseNotFound(ServiceError):
    """There is no record of that release."""

    exit_code: ClassVar[int] = 2


class RolloutOpen(ServiceError):
    """A rollout of the system is open, and what was asked for does not go beside it."""


class RolloutAborted(ServiceError):
    """A rollout ended with all requests back at the champion; the verdict says why."""

    exit_code: ClassVar[int] = 3


class NoRollout(ServiceError):
    """There is no rollout to continue or to abort."""

    exit_code: ClassVar[int] = 2


class ReleaseUnhealthy(ServiceError):
    """The new process never became ready; it was removed and the old one serves on."""


class GatewayUnconfirmed(ServiceError):
    """The gateway did not take up the new route in time."""


class NoFreePort(ServiceError):
    """Every port that the runtime may give to a release is taken."""


class AliasPending(ServiceError):
    """The release serves, but the registry's alias still names another version."""


class FolderUnwritable(ServiceError):
    """A file of the environment could not be written."""


class InfrastructureBehind(ServiceError):
    """The environment was taken back to before the infrastructure that a release was made on."""

    exit_code: ClassVar[int] = 4


class RuntimeUnreachable(ServiceError):
    """The supervisor of the runtime does not answer."""

    exit_code: ClassVar[int] = 4


class RecordsUnreachable(ServiceError):
    """The object store with the release records does not answer."""

    exit_code: ClassVar[int] = 4


class SmokeTestFailed(ServiceError):
    """The answer that came through the gateway is not the expected one."""


class RecorderMisconfigured(ServiceError):
    """The recorder cannot begin with the environment it was given."""

    exit_code: ClassVar[int] = 4


class WatcherMisconfigured(ServiceError):
    """The watcher cannot begin with the environment it was given."""

    exit_code: ClassVar[int] = 4


class StewardMisconfigured(ServiceError):
    """The steward cannot begin with the environment or the database it was given."""

    exit_code: ClassVar[int] = 4


class StewardUnreachable(ServiceError):
    """The steward does not answer."""

    exit_code: ClassVar[int] = 4


class StewardRefused(ServiceError):
    """The steward answered no."""

    exit_code: ClassVar[int] = 2
