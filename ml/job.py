"""A job is data plus ``run``: a frozen model whose fields are all that it needs."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    StringConstraints,
)

if TYPE_CHECKING:
    from ml.environment import Environment

SystemName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Resources(BaseModel):
    """What a step asks for beyond its share of the pipeline's own process."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: PositiveFloat | None = Field(None, description="cores")
    memory_mib: PositiveInt | None = None
    accelerator: str | None = Field(None, description="kind of accelerator, for example nvidia-l4")
    spot: bool = False


class Output(BaseModel):
    """What a job hands to the next.

    ``identity`` is the part that makes a later step's work different; figures that vary from run
    to run (seconds, run ids) are named in ``incidental`` and left out of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    incidental: ClassVar[frozenset[str]] = frozenset()

    def identity(self) -> dict[str, object]:
        """Return what a later step depends on."""
        return _identities(self, self.incidental)


class Job(BaseModel):
    """One step of a pipeline.

    ``parts`` names the modules of the system's folder that the job calls, so that a change of code
    in one of them, and of nothing else, makes the job run again. ``outcome`` is the class of what
    ``run`` returns.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: ClassVar[tuple[str, ...]] = ()
    outcome: ClassVar[type[Output]] = Output

    system: SystemName
    seed: NonNegativeInt = 0
    resources: Resources | None = None

    def state(self, environment: Environment) -> dict[str, str]:
        """Return what the result depends on besides fields and code, such as the champion's version."""
        del environment
        return {}

    def still_holds(self, environment: Environment, output: Output) -> bool:
        """Say whether what a finished run of this job left outside the step store is still there."""
        del environment, output
        return True

    @abstractmethod
    def run(self, environment: Environment) -> Output:
        """Do the work.

        Raises:
            MlError: with what was wrong and what to do.
        """

    def identity(self) -> dict[str, object]:
        """Return the fields, an earlier step's output by its own identity."""
        return _identities(self, frozenset({"resources"}))


def _identities(model: BaseModel, without: frozenset[str]) -> dict[str, object]:
    plain = model.model_dump(mode="json", exclude=set(without))
    for name in plain:
        value = getattr(model, name)
        if isinstance(value, Output):
            plain[name] = value.identity()
    return plain
