"""One system under drill: what serves, its traffic, and what was acknowledged of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from itertools import count, pairwise
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any, Final

from scripts.drill.load import Load
from scripts.drill.proof import Unproven
from scripts.drill.questions import Questions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ml.declaration import SystemDeclaration
    from ml.environment import Environment
    from ml.operation import Rollout
    from scripts.drill.proof import Say
    from services.delivery.delivery import Delivery
    from services.delivery.release import Release

# How many callers' worth of requests: while a release starts beside another, as usual, and at the quickest.
GENTLE, USUAL, QUICK = 0.1, 0.8, 2.0
_MOST: Final = {GENTLE: 30.0, USUAL: 300.0, QUICK: 1200.0}
_CALIBRATED: Final = 40
_CALLERS: Final = 16


class Target:
    """A system of a running environment; ``document`` is that one's file, ``folder`` what the drill keeps.

    ``original`` is the release that served when the drill began, ``acknowledged`` collects the ids of all
    predictions that callers got through ``load``, ``drift_began`` is when the world was changed.
    """

    def __init__(
        self, environment: Environment, document: Path, system: str, folder: Path, *, short: bool
    ) -> None:
        self.environment, self.document, self.system = environment, document, system
        self.folder, self.short = folder / system, short
        self.original = ""
        self.began = datetime.now(UTC)
        self.acknowledged: set[str] = set()
        self.drift_began: datetime | None = None
        self._seeds = count(1000, 10)
        self._questions: dict[str, Questions] = {}

    @property
    def actor(self) -> str:
        """Who acts, for records."""
        from services.delivery.delivery import whoami

        return f"{whoami()} (drill)"

    @cached_property
    def declared(self) -> SystemDeclaration:
        """The system's declaration."""
        from ml.system import load

        return load(self.system)

    @property
    def look(self) -> str:
        """What to look at when requests fail."""
        return f"see `millrace logs {self.system}`, `millrace logs traefik` and `millrace status`"

    @property
    def url(self) -> str:
        """The system at the gateway."""
        return f"{self.environment.gateway.url}/{self.system}"

    @cached_property
    def route(self) -> str:
        """The method that answers with predictions, as the system's smoke test names it."""
        from services.delivery.smoke import question

        return question(self.system).route

    def delivery(
        self, *, root: Path | None = None, policy: Callable[[str], Rollout] | None = None
    ) -> Delivery:
        """Return delivery of this environment; ``root`` holds other code, ``policy`` is another plan."""
        from services.delivery.delivery import Delivery

        return Delivery(self.environment, root=root, policy=policy)

    def serving(self) -> Release:
        """Return the release that serves.

        Raises:
            Unproven: none does.
        """
        from services.delivery.releases import Releases

        releases = Releases(self.environment)
        pointer = releases.current(self.system)
        if pointer is None or pointer.release is None:
            raise Unproven(f"nothing of {self.system} serves", f"run `make up SYSTEMS={self.system}`")
        return releases.get(pointer.release)

    def answers(self) -> str | None:
        """Return the release that answers through the gateway at this moment."""
        from services.delivery.gateway import Traefik

        return Traefik(self.environment).serves(self.system)

    def questions(self) -> Questions:
        """Return requests out of the dataset version that what serves has learnt from."""
        dataset = self.serving().dataset_version
        if dataset not in self._questions:
            self._questions[dataset] = Questions.of(self.environment, self.system, dataset)
        return self._questions[dataset]

    @cached_property
    def answer_s(self) -> float:
        """The time of an answer to one caller (s): the lower quartile, as others use the machine too."""
        with self._load(1e6, 1, _CALIBRATED, 0.0, told=False) as load:
            load.wait()
        load.require_none_failed(self.look)
        moments = sorted(each for times in load.times.values() for each in times)
        return quantiles((late - early for early, late in pairwise(moments)), n=4)[0]

    def rate(self, pace: float) -> float:
        """Return how often to ask (1/s), so that a pace is kept."""
        return min(_MOST[pace], pace / self.answer_s)

    def quickening(self, load: Load, say: Say, pace: float) -> Say:
        """Return what tells of a rollout, and asks at a pace once both releases answer.

        A mirrored request is answered twice, and no caller waits for the copy: those are asked as usual.
        """
        from services.delivery.driver import MIRRORED, STEP

        def told(line: str) -> None:
            say(line)
            if line.startswith(STEP):
                load.pace(self.rate(min(pace, USUAL) if MIRRORED in line else pace))

        return told

    @contextmanager
    def load(
        self,
        pace: float = USUAL,
        *,
        requests: int | None = None,
        strength: float = 0.0,
        told: bool = True,
    ) -> Iterator[Load]:
        """Have callers ask while the block runs, at a pace that the system can keep.

        In the short form nobody says anything of the answers: labels would be a reason to retrain.
        """
        told = told and not self.short
        load = self._load(self.rate(pace), _CALLERS, requests, strength, told=told)
        try:
            with load:
                yield load
        finally:
            self.acknowledged.update(load.ids)

    def ask(self, requests: int, strength: float = 0.0) -> Load:
        """Ask so many times and return what came of it."""
        with self.load(requests=requests, strength=strength) as load:
            load.wait()
        return load

    def _load(self, rate: float, callers: int, requests: int | None, strength: float, *, told: bool) -> Load:
        from ml.system import implementation

        stream = self.questions().stream(next(self._seeds), strength, told=told)
        tell: Any = implementation(self.system).feedback
        return Load(self.url, self.route, stream, tell, rate=rate, callers=callers, count=requests)
