"""Which of checkov's checks do not run, and why: the typed form of ``checks.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from infra.policy.errors import ChecksInvalid

CHECKS: Final = Path(__file__).with_name("checks.yaml")
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class LeftOut(BaseModel):
    """One check, and the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: Text
    reason: Text


class Checks(BaseModel):
    """What does not run on plans, and what does not on modules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plans: tuple[LeftOut, ...] = ()
    modules: tuple[LeftOut, ...] = ()

    @classmethod
    def load(cls, path: Path = CHECKS) -> Checks:
        """Read the file.

        Raises:
            ChecksInvalid: the message names the entry.
        """
        try:
            return cls.model_validate(yaml.safe_load(path.read_text()) or {})
        except (OSError, yaml.YAMLError) as error:
            raise ChecksInvalid(f"{path} cannot be read: {error}; restore it from git") from error
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise ChecksInvalid(f"{path}: {where}: {first['msg']}; correct this entry") from error
