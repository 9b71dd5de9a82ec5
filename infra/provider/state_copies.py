"""A preview on copies of Terraform's states: the account is not read for it, and nothing may be changed.

``MILLRACE_STATE_COPIES`` names a folder with one ``NAME.tfstate`` for each root module.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from infra.wrappers.errors import InfraError

VARIABLE: Final = "MILLRACE_STATE_COPIES"


class OnlyCopies(InfraError):
    """A change was asked for while only copies of the states are looked at."""


def state_copies() -> Path | None:
    """Return the folder of the copies, if this run looks at copies."""
    found = os.environ.get(VARIABLE)
    return Path(found) if found else None


def refuse_changes() -> None:
    """Refuse to change anything in a run that looks at copies.

    Raises:
        OnlyCopies: it is such a run.
    """
    if state_copies():
        raise OnlyCopies(f"{VARIABLE} is set, so this run may only preview; unset it to change anything")
