"""What a fit says and keeps on its way: scores that a search watches, checkpoints that outlive a kill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from ml.objects import Objects


class Progress(Protocol):
    """What ``fit`` is given to tell how far it is.

    Of a fit that ``only_scores`` nothing but the score on the validation rows is wanted, no model.
    """

    only_scores: bool

    def report(self, step: int, score: float) -> None:
        """Say what the model scores on the validation rows after a step, such as an epoch; higher is better.

        A search may end the fit here, by an exception that the fit lets pass.
        """

    def keep(self, name: str, content: bytes) -> None:
        """Keep a checkpoint, over the last one of that name."""

    def kept(self, name: str) -> bytes | None:
        """Return the checkpoint that a run of the very same fit kept before it was killed, None without."""


class Unwatched:
    """Nobody listens, and nothing is kept."""

    only_scores: bool = False

    def report(self, step: int, score: float) -> None:
        """Say nothing."""

    def keep(self, name: str, content: bytes) -> None:
        """Keep nothing."""

    def kept(self, name: str) -> bytes | None:
        """Return None."""


UNWATCHED: Final = Unwatched()


class Checkpoints(Unwatched):
    """Keeps checkpoints as objects under a prefix that stands for all the fit depends on: a digest."""

    def __init__(self, objects: Objects, prefix: str) -> None:
        self._objects = objects
        self._prefix = prefix

    def keep(self, name: str, content: bytes) -> None:
        """Write the object; it is there whole or not at all."""
        self._objects.put(f"{self._prefix}/{name}", content)

    def kept(self, name: str) -> bytes | None:
        """Read the object."""
        return self._objects.get(f"{self._prefix}/{name}")

    def forget(self) -> None:
        """Delete what was kept: the fit is done."""
        for key in self._objects.keys(f"{self._prefix}/"):
            self._objects.delete(key)
