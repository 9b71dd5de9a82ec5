"""A search whose trials run at once, each in a process of its own.

What crashes, runs out of memory or hangs is one failed trial. Trials are kept in the object store as
soon as they are done; a search of the same name goes on after them, whoever was killed.

What repeats. Trial n is drawn, and given up or not, by the seed, its number and the trials up to
n - ``behind``, and by no other, whenever those in between may end. So a seeded search tries the same
settings with the same results on any number of processes, in any order of finishing, and after any
kill, and no core waits unless one trial outlasts ``behind`` - 1 later ones. (Draws by generation would
repeat as well, and let every core wait for the slowest of each generation; draws from all that happens
to be finished would let none wait, and never repeat.) What does not repeat is what the clock decides:
how many trials a time limit allows, and which of them were ended as failed.
"""

from __future__ import annotations

import itertools
import logging
import selectors
from typing import TYPE_CHECKING, Final

from ml.child_process import cores
from ml.errors import WrongInput
from ml.objects import Objects
from ml.progress import Checkpoints
from ml.training.search import described
from ml.training.trial_process import Task
from ml.training.trial_worker import TrialWorker
from ml.training.trials import Searched, Trial, best_of, keep, kept
from ml.training.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ml.environment import Environment
    from ml.training.trial_process import Work
    from ml.training.trials import Budget

log = logging.getLogger(__name__)

POLL_S: Final = 0.5
# A trial hangs if it takes so many times as long as the longest that was done, and by default this share.
OUTLASTS: Final = 5.0
SHARE: Final = 0.25
LATE: Final = f"ended as it took {OUTLASTS:g} times as long as any other, or hung"
FAILURES: Final = 5


class ParallelSearch:
    """Tries settings on ``processes`` processes until the budget is used up; a higher score is better.

    ``name`` stands for everything that the scores depend on (data, code, space, seed): a digest.
    ``files`` are descriptors that each trial inherits.
    """

    def __init__(
        self,
        work: Work,
        environment: Environment,
        budget: Budget,
        name: str,
        *,
        seed: int = 0,
        processes: int = 1,
        files: Sequence[int] = (),
    ) -> None:
        self._work = work
        self._environment = environment
        self._objects = Objects(environment, environment.object_store.buckets.pipelines)
        self._budget = budget
        self._name = name
        self._seed = seed
        self._processes = processes
        self._files = files
        self._trials: dict[int, Trial] = {}
        self._running: dict[int, TrialWorker] = {}
        self._idle: list[TrialWorker] = []

    def run(self) -> Searched:
        """Search.

        Raises:
            WrongInput: no trial reached a score within the budget, or the first ones all failed.
            SearchUnderWay: another process works on it.
            EnvironmentUnavailable: the object store does not answer.
        """
        with Turn.taken(self._objects, f"{self._name}/runs") as turn:
            self._trials = kept(self._objects, self._place, self._budget.behind)
            if self._trials:
                log.info("going on after %d trials that are kept", len(self._trials))
            try:
                self._search(turn)
            except KeyboardInterrupt:
                log.info("%d trials are kept; the same command goes on with the next", len(self._trials))
                raise
            finally:
                self._end_all()
        if not self._trials:
            minutes = self._budget.time_limit_s / 60
            raise WrongInput(f"not one trial was done within {minutes:g} minutes; allow more")
        return Searched.of(self._trials, self._budget)

    @property
    def _place(self) -> str:
        return f"{self._name}/trials"

    def _search(self, turn: Turn) -> None:
        """Run trials until there is no next one, or no time; what runs then is for the next search."""
        while turn.spent_s < self._budget.time_limit_s:
            while len(self._running) < self._processes and (number := self._next()) is not None:
                self._start(number)
            if not self._running:
                return
            for trial in self._finished():
                self._take_in(trial.model_copy(update={"at_s": turn.spent_s}), turn)
            turn.renew()

    def _next(self) -> int | None:
        """Return the next trial's number, None while those that it must know are not done."""
        taken = self._trials.keys() | self._running.keys()
        number = next(number for number in itertools.count() if number not in taken)
        done = next(number for number in itertools.count() if number not in self._trials)
        allowed = number < self._budget.trials and done > number - self._budget.behind
        return number if allowed else None

    def _start(self, number: int) -> None:
        task = Task(
            kind=f"{type(self._work).__module__}:{type(self._work).__name__}",
            fields=self._work.model_dump(mode="json"),
            number=number,
            seed=self._seed,
            budget=self._budget,
            known=tuple(self._trials[known] for known in range(number - self._budget.behind + 1)),
            environment=self._environment,
            checkpoints=self._checkpoints(number),
        )
        threads = max(1, cores() // self._processes)
        worker = self._idle.pop() if self._idle else TrialWorker(threads, self._files)
        self._running[number] = worker
        worker.start(task)

    def _finished(self) -> list[Trial]:
        """Wait a moment, and return the trials that were done in it, or took too long."""
        for worker in self._speaking():
            worker.read()
        found = [worker.result() for worker in self._running.values() if worker.finished]
        found += [worker.failure(LATE) for worker in self._running.values() if self._is_late(worker)]
        for trial in found:
            worker = self._running.pop(trial.number)
            if worker.is_well and worker.finished:
                self._idle.append(worker)
            else:
                worker.end()
        return found

    def _speaking(self) -> list[TrialWorker]:
        with selectors.DefaultSelector() as selector:
            for worker in self._running.values():
                selector.register(worker, selectors.EVENT_READ, worker)
            return [key.data for key, _ in selector.select(POLL_S)]

    def _is_late(self, worker: TrialWorker) -> bool:
        return not worker.finished and worker.took_s > self._limit_s()

    def _limit_s(self) -> float:
        done = [trial.took_s for trial in self._trials.values() if not trial.failed]
        least = self._budget.hangs_after_s or SHARE * self._budget.time_limit_s
        return max(OUTLASTS * max(done), least) if done else float("inf")

    def _take_in(self, trial: Trial, turn: Turn) -> None:
        keep(self._objects, self._place, trial)
        Checkpoints(self._objects, self._checkpoints(trial.number)).forget()
        self._trials[trial.number] = trial
        best = best_of(tuple(self._trials.values()))
        so_far = f"best {best.score:.4f}, trial {best.number + 1}" if best else "no score yet"
        left = max(0.0, self._budget.time_limit_s - turn.spent_s) / 60
        said = described(trial)
        log.info("trial %d %s; %s; %.1f minutes left", trial.number + 1, said, so_far, left)
        if len(self._trials) >= FAILURES and all(each.failed for each in self._trials.values()):
            self._give_up(trial)

    def _give_up(self, last: Trial) -> None:
        """Forget trials that all failed, so that the next search begins anew, and say why."""
        for key in self._objects.keys(f"{self._place}/"):
            self._objects.delete(key)
        raise WrongInput(
            f"the first {len(self._trials)} trials all failed, the last because: {last.failed}; "
            "mend that and run again, they are not kept"
        )

    def _checkpoints(self, number: int) -> str:
        return f"{self._name}/checkpoints/{number:06d}"

    def _end_all(self) -> None:
        for worker in (*self._running.values(), *self._idle):
            worker.end()
        self._running.clear()
        self._idle.clear()
