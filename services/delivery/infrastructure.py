"""Whether an environment is still at, or past, the infrastructure revision that a release was made on."""

from __future__ import annotations

from datetime import UTC, datetime

from services.delivery.release import Release
from services.delivery.releases import Releases
from services.errors import InfrastructureBehind


class Infrastructure:
    """The revisions that an environment has been at, in the order in which releases were made on them.

    A revision is a digest and says nothing of which came first; the records do. One that no release was made
    on yet is newer than all of them. Infrastructure that went forward runs what ran before.
    """

    def __init__(self, environment: str, revision: str, releases: Releases) -> None:
        self._environment = environment
        self._revision = revision
        self._releases = releases

    def refuse_if_behind(self, release: Release) -> None:
        """Raise if the environment was taken back to before the release.

        Raises:
            InfrastructureBehind: it was; the message says what to provision.
        """
        needed = release.infrastructure_revision
        began = self._began(release.system)
        newest = datetime.max.replace(tzinfo=UTC)
        if began.get(self._revision, newest) < began.get(needed, newest):
            raise InfrastructureBehind(
                f"{release.id} needs infrastructure revision {needed}, and {self._environment} was taken "
                f"back to {self._revision}; run `millrace provision {self._environment}` (a `pulumi up`) "
                f"with the code of commit {release.commit[:12]}, then roll back again"
            )

    def _began(self, system: str) -> dict[str, datetime]:
        """Return when the first release of a system was made on each revision."""
        newest_first = self._releases.list(system)
        return {each.infrastructure_revision: each.created_at for each in newest_first}
