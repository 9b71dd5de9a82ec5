"""What a step of the drill proves, or why it could not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from scripts.errors import CommandError

if TYPE_CHECKING:
    from scripts.drill.figure import Figure
    from scripts.drill.target import Target

Say = Callable[[str], None]


@dataclass(frozen=True)
class Proof:
    """One sentence that was proven, what it rests on, and the figures that were measured meanwhile."""

    sentence: str
    evidence: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = field(default=())


class Unproven(CommandError):
    """A step's assertion does not hold: what was seen, and what to look at."""

    def __init__(self, seen: str, look: str) -> None:
        super().__init__(f"{seen}; {look}")


class Step(Protocol):
    """One thing that the drill proves of a system."""

    @property
    def name(self) -> str:
        """What ``--steps`` calls it."""

    @property
    def asserts(self) -> str:
        """What it proves, as a sentence."""

    def prove(self, target: Target, say: Say) -> Proof:
        """Do it; ``say`` tells what goes on.

        Raises:
            Unproven: it does not hold; errors of the other packages mean the same.
        """
