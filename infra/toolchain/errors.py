"""What can go wrong while tools are installed.

InfraError
└── ToolchainError
    ├── CatalogueInvalid    tools.toml cannot be read or contradicts itself
    ├── UnknownTool         a name that the list does not have
    ├── FolderUnusable      the tools folder cannot be written
    ├── ToolMissing         asked for a program that is not installed yet
    ├── ToolUnavailable     no source could serve a tool; the message names each and why
    └── SourceFailed        one source could not serve; the next one is tried
        └── ChecksumWrong   what was downloaded is not what was pinned
"""

from __future__ import annotations

from infra.wrappers.errors import InfraError


class ToolchainError(InfraError):
    """Base of everything the toolchain raises."""


class CatalogueInvalid(ToolchainError):
    """The pinned list cannot be read; the message names the tool and the key."""

    exit_code = 2


class UnknownTool(ToolchainError):
    """The pinned list has no such tool or program."""

    exit_code = 2


class FolderUnusable(ToolchainError):
    """The tools folder cannot be written; the message names the path."""


class ToolMissing(ToolchainError):
    """A program of the pinned list is not installed."""


class ToolUnavailable(ToolchainError):
    """Every source of a tool failed."""


class SourceFailed(ToolchainError):
    """One source could not serve; the message is a clause, without the source's name."""


class ChecksumWrong(SourceFailed):
    """The bytes differ from the pinned or published SHA-256."""
