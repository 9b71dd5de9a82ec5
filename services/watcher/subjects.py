"""What serves now, as the drift check is told of it."""

from __future__ import annotations

from ml.drift.watch import Subject
from ml.environment import Environment
from services.delivery.releases import Releases


class Subjects:
    """The serving releases of an environment."""

    def __init__(self, env: Environment) -> None:
        self._releases = Releases(env)

    def of(self, system: str) -> Subject | None:
        """Return what serves of a system, None if nothing does.

        Raises:
            RecordsUnreachable: the object store does not answer.
            ReleaseNotFound: the record of what serves is gone.
        """
        pointer = self._releases.current(system)
        if pointer is None or pointer.release is None:
            return None
        release = self._releases.get(pointer.release)
        return Subject(
            system=system,
            release=release.id,
            model_version=release.model_version,
            dataset=release.dataset_version,
            since=release.created_at,
        )
