"""Release records and pointers, as they lie in the releases bucket.

<system>/releases/<release id>.json   a record; created once
<system>/current                      the pointer; moved by compare-and-set
<system>/bentos/<version>.tar         the bento of a record
"""

from __future__ import annotations

from ml.environment import Environment
from services.delivery.record_store import Changed, RecordStore
from services.delivery.release import Pointer, Release
from services.errors import ReleaseInProgress, ReleaseNotFound


class Releases:
    """The releases of one environment."""

    def __init__(self, env: Environment, store: RecordStore | None = None) -> None:
        self.store = store or RecordStore(env)

    def list(self, system: str) -> list[Release]:
        """Return the records of a system, newest first."""
        keys = self.store.keys(f"{system}/releases/")
        found = [stored for key in keys if (stored := self.store.get(key))]
        return sorted(
            (Release.model_validate_json(each.body) for each in found),
            key=lambda release: release.created_at,
            reverse=True,
        )

    def get(self, release_id: str) -> Release:
        """Return one record.

        Raises:
            ReleaseNotFound: there is none with this id.
        """
        release = self.find(release_id)
        if release is None:
            raise ReleaseNotFound(
                f"there is no release {release_id!r}; `millrace releases SYSTEM` lists them"
            )
        return release

    def find(self, release_id: str) -> Release | None:
        """Return one record, or None."""
        stored = self.store.get(_record_key(release_id))
        return Release.model_validate_json(stored.body) if stored else None

    def matching(self, system: str, prefix: str) -> Release:
        """Return the one release of a system whose id begins with the prefix.

        Raises:
            ReleaseNotFound: none does, or several do.
        """
        found = [release for release in self.list(system) if release.id.startswith(prefix)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(release.id for release in found or self.list(system)) or "none"
        what = "no release" if not found else "more than one release"
        raise ReleaseNotFound(f"{what} of {system} begins with {prefix!r}; choose one of: {known}")

    def record(self, release: Release) -> Release:
        """Write a record, or return the one that has its id already."""
        try:
            self.store.create(_record_key(release.id), release.model_dump_json(indent=2).encode())
        except Changed:
            return self.get(release.id)
        return release

    def current(self, system: str) -> Pointer | None:
        """Return the pointer of a system, or None if nothing of it serves."""
        pointer, _ = self.pointer(system)
        return pointer if pointer and pointer.release else None

    def pointer(self, system: str) -> tuple[Pointer | None, str]:
        """Return the pointer and the tag with which it may be moved."""
        stored = self.store.get(f"{system}/current")
        return (Pointer.model_validate_json(stored.body), stored.etag) if stored else (None, "")

    def point(self, system: str, pointer: Pointer, etag: str) -> None:
        """Move the pointer that was read with this tag.

        Raises:
            ReleaseInProgress: someone moved it in the meantime.
        """
        key, body = f"{system}/current", pointer.model_dump_json(indent=2).encode()
        try:
            self.store.replace(key, body, etag) if etag else self.store.create(key, body)
        except Changed as error:
            other = self.current(system)
            who, what = (other.by, other.release) if other else ("someone", "nothing")
            raise ReleaseInProgress(
                f"{who} moved {system} to {what} in the meantime; "
                "look at `millrace status`, and release again if that is not what you want"
            ) from error

    def set_aside(self, release: Release) -> None:
        """Note that this release's model version is not to be taken up again unasked."""
        pointer, etag = self.pointer(release.system)
        if pointer is None or pointer.release is None:
            return
        if self.get(pointer.release).model_version != release.model_version:
            aside = pointer.model_copy(update={"set_aside": release.model_version})
            self.point(release.system, aside, etag)


def _record_key(release_id: str) -> str:
    return f"{release_id.rpartition('-v')[0]}/releases/{release_id}.json"
