"""The windows that were looked at, each one record in the pipelines bucket, written once.

    watch/<system>/v<model version>/<number>.json     a window's record
    watch/<system>/v<model version>/predictions.json  what the answers of the first window looked like

A record says where its window ends, so the newest one is all that the next look needs: whoever is killed
leaves nothing undone, and of two who look at the same window at once one writes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ml.drift.comparison import WindowDrift
from ml.drift.live import FeatureQuality
from ml.drift.profile import Profile
from ml.objects import Objects

if TYPE_CHECKING:
    from ml.environment import Environment

KEPT = 1000
TOGETHER = "all features together"
EMBEDDING = "embedding"


class WindowRecord(BaseModel):
    """One window: which requests, how far what was watched had moved, and whether it can be trusted.

    ``predictions`` is None where nothing of the answers is watched and in a version's first window, which is
    the reference of the later ones. ``together`` is the p-value of all numeric features at once, None
    where the dataset version keeps no rows; ``embedding`` that of the embedding of images, None where the
    dataset version or the model has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    schema_number: Literal[1] = 1
    system: str
    release: str
    model_version: int
    dataset: str
    number: int
    first: AwareDatetime
    last: AwareDatetime
    last_id: str
    count: int
    features: WindowDrift
    predictions: WindowDrift | None
    together: float | None
    together_drifted: bool
    embedding: float | None = None
    embedding_drifted: bool = False
    quality: tuple[FeatureQuality, ...]

    @property
    def drifted(self) -> tuple[str, ...]:
        """What drifted, of requests first."""
        of_answers = self.predictions.drifted if self.predictions else ()
        joint = {TOGETHER: self.together_drifted, EMBEDDING: self.embedding_drifted}
        return (*self.features.drifted, *of_answers, *(name for name, drifted in joint.items() if drifted))


class Windows:
    """The records of one model version of a system."""

    def __init__(self, environment: Environment, system: str, model_version: int) -> None:
        self._objects = Objects(environment, environment.object_store.buckets.pipelines)
        self._prefix = f"watch/{system}/v{model_version}/"
        self._known: dict[int, WindowRecord] = {}

    def recent(self, count: int) -> list[WindowRecord]:
        """Return the newest records, at most ``count``, oldest first."""
        return [self._get(number) for number in self._numbers()[-count:]]

    def add(self, record: WindowRecord) -> bool:
        """Write a record unless its number is taken, and forget the one that is a thousand older."""
        made = self._objects.put_new(self._key(record.number), record.model_dump_json(indent=1).encode())
        if record.number > KEPT:
            self._objects.delete(self._key(record.number - KEPT))
        return made

    def reference(self) -> Profile | None:
        """Return what the answers of the first window looked like, None before there was one."""
        content = self._objects.get(f"{self._prefix}predictions.json")
        return None if content is None else Profile.model_validate_json(content)

    def refer(self, profile: Profile) -> None:
        """Keep what the answers of the first window look like."""
        self._objects.put_new(f"{self._prefix}predictions.json", profile.model_dump_json().encode())

    def _numbers(self) -> list[int]:
        names = (key.removeprefix(self._prefix) for key in self._objects.keys(self._prefix))
        return sorted(int(name.removesuffix(".json")) for name in names if name[:1].isdigit())

    def _get(self, number: int) -> WindowRecord:
        if number not in self._known:
            content = self._objects.get(self._key(number)) or b""
            self._known = {n: each for n, each in self._known.items() if n > number - KEPT}
            self._known[number] = WindowRecord.model_validate_json(content)
        return self._known[number]

    def _key(self, number: int) -> str:
        return f"{self._prefix}{number:08d}.json"
