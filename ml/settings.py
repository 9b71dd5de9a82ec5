"""What is said of a pipeline's settings that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.errors import WrongInput

if TYPE_CHECKING:
    from pydantic import ValidationError


def wrong_setting(error: ValidationError, where: str, see: str = "") -> WrongInput:
    """Return an error that names the first wrong setting under ``where``, and the page that lists them."""
    problem = error.errors()[0]
    named = f"{where}.{'.'.join(map(str, problem['loc']))}: {problem['msg']}"
    return WrongInput(f"{named}; see {see}" if see else named)
