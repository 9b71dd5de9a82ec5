"""A release on its way to another environment: the same model and bento, judged and rolled out there."""

from __future__ import annotations

from ml.environment import Environment
from ml.origin import Origin
from services.delivery.delivery import Delivery, silent
from services.delivery.preparation import Progress
from services.delivery.release import Release
from services.delivery.releases import Releases
from services.errors import ReleaseNotFound


class Promotion:
    """From ``there`` to ``here``; ``delivery`` is that of ``here``.

    Raises (all methods):
        RecordsUnreachable, RuntimeUnreachable: an environment does not answer.
    """

    def __init__(self, there: Environment, here: Environment, delivery: Delivery | None = None) -> None:
        self._there = there
        self._here = here
        self._theirs = Releases(there)
        self._delivery = delivery or Delivery(here)

    def chosen(self, system: str, prefix: str | None = None) -> Release:
        """Return the release that begins with the prefix; without one, the release that serves there.

        Raises:
            ReleaseNotFound: there is none.
        """
        if prefix is not None:
            return self._theirs.matching(system, prefix)
        pointer = self._theirs.current(system)
        if pointer is None or pointer.release is None:
            raise ReleaseNotFound(
                f"{self._there.name} serves no release of {system}; name one with --release, or make one "
                f"with `millrace release {system} --env {self._there.name}`"
            )
        return self._theirs.get(pointer.release)

    def origin(self, theirs: Release) -> Origin:
        """Return what the copy will say of where it comes from."""
        return Origin(
            environment=self._there.name,
            release=theirs.id,
            model_version=theirs.model_version,
            model_digest=theirs.model_digest,
            dataset=theirs.dataset_version,
        )

    def arrived(self, theirs: Release) -> Release | None:
        """Return what serves here, if it is made of the same model, code and settings."""
        pointer = self._delivery.releases.current(theirs.system)
        ours = self._delivery.releases.find(pointer.release or "") if pointer else None
        return ours if ours and ours.made_as(theirs) and self._delivery.serves(ours) else None

    def under_way(self, theirs: Release) -> bool:
        """Say whether its rollout is open here.

        Raises:
            RolloutOpen: that of another release is.
        """
        opened = self._delivery.rollouts.opened(theirs.system)
        if opened is None:
            return False
        if self._delivery.releases.get(opened.canary).made_as(theirs):
            return True
        self._delivery.rollouts.refuse_if_open(theirs.system, f"to promote {theirs.id}")
        return False

    def bring(self, theirs: Release) -> None:
        """Fetch its bento, held to its digest.

        Raises:
            ReleaseNotFound, PackagingFailed: the bento is gone, or not whole; nothing is left of it.
        """
        self._delivery.bring(self._theirs, theirs)

    def roll_out(self, theirs: Release, version: int, progress: Progress = silent) -> Release:
        """Roll it out as this model version, which the gate here let pass; errors as `Delivery.roll_out`."""
        return self._delivery.adopt(self.origin(theirs), theirs, version, progress=progress)

    def go_on(self, theirs: Release, progress: Progress = silent) -> Release:
        """Go on with its rollout that is open; errors as `Delivery.go_on`."""
        return self._delivery.go_on(theirs.system, progress=progress)
