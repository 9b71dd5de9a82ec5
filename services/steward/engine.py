"""Runs as durable workflows: DBOS over SQLite or PostgreSQL, one run per system at a time.

A workflow's id is its trigger's, so a trigger that comes again changes nothing. A process that was killed
goes on, when it is started again, with the step it was in.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID, StepOptions
from pydantic import BaseModel, ConfigDict

from services.errors import RecordsUnreachable
from services.steward.hands import Hands, Unreachable
from services.steward.history import LAST, Event, History
from services.steward.run import HELD, Answer, Care, Run
from services.steward.trigger import Trigger, scheduled

if TYPE_CHECKING:
    from dbos import WorkflowStatus

    from ml.operation import Retrain
    from services.steward.run import Model

QUEUE: Final = "care"
TOPIC: Final = "answer"
# The version of stored workflows: to be raised when the order of a run's steps changes.
VERSION: Final = "1"
# An environment that does not answer is asked again for about a quarter of an hour.
TRIES: Final = 9
# Each look at the queue costs some 8 ms of processor time, all day.
POLLED_EVERY_S: Final = 0.5


class RunState(BaseModel):
    """A run as it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    system: str
    state: str
    since: datetime


class _Steps:
    """DBOS's checkpoints; results are kept as JSON."""

    def do(self, name: str, work: Callable[[], Model], kind: type[Model]) -> Model:
        options: StepOptions = {
            "name": name,
            "retries_allowed": True,
            "max_attempts": TRIES,
            "interval_seconds": 2.0,
            "backoff_rate": 2.0,
            "should_retry": lambda error: isinstance(error, (Unreachable, RecordsUnreachable)),
        }
        kept: str = DBOS.run_step(options, lambda: work().model_dump_json())
        return kind.model_validate_json(kept)

    def answer(self, timeout_s: float) -> str | None:
        found: str | None = DBOS.recv(TOPIC, timeout_seconds=timeout_s)
        return found


class Engine:
    """All runs of one environment; one process has one engine."""

    def __init__(
        self,
        database_url: str,
        hands: Hands,
        history: History,
        policies: Mapping[str, Callable[[], Retrain]],
        care: Care,
    ) -> None:
        self._hands, self._history, self._policies, self._care = hands, history, policies, care
        # Two that are dequeued at the same moment were seen to pass the queue's limit together.
        self._alone = {system: threading.Lock() for system in policies}
        config: DBOSConfig = {
            "name": "millrace-steward",
            "system_database_url": database_url,
            "application_version": VERSION,
            "executor_id": "steward",
            "log_level": "WARNING",
            "enable_otlp": False,
            "max_executor_threads": 16,
        }
        DBOS(config=config)
        self._workflow = DBOS.workflow(name="care")(self._care_for())
        self._tick = DBOS.workflow(name="tick")(self._ticking())

    def start(self) -> None:
        """Begin, and go on with every run that was cut short."""
        DBOS.launch()
        DBOS.register_queue(QUEUE, partition_concurrency=1, polling_interval_sec=POLLED_EVERY_S)
        DBOS.apply_schedules(
            [
                {"schedule_name": system, "workflow_fn": self._tick, "schedule": cron, "context": system}
                for system, policy in self._policies.items()
                if (cron := policy().schedule)
            ]
        )

    def stop(self) -> None:
        """End; what runs goes on at the next start."""
        DBOS.destroy()

    def submit(self, trigger: Trigger) -> str:
        """Queue a run and return its id; a trigger that was submitted before is the same run.

        An alert that was held back and is still repeated is decided anew: the reason to wait may have passed.
        """
        if trigger.kind == "alert":
            trigger = trigger.model_copy(update={"id": _in_turn(trigger.id)})
        with SetWorkflowID(trigger.id), SetEnqueueOptions(queue_partition_key=trigger.system):
            DBOS.enqueue_workflow(QUEUE, self._workflow, trigger.model_dump_json())
        return trigger.id

    def answer(self, run: str, answer: Answer) -> None:
        """Hand a person's answer to a run that waits for it; a second answer changes nothing."""
        DBOS.send(run, answer.model_dump_json(), TOPIC, idempotency_key=f"{run}-answer")

    def waiting(self, name: str) -> str | None:
        """Return the run whose challenger has this name and waits for a person, None without."""
        for state in self.active():
            asked = self._history.of_run(state.system, state.run)
            if asked and asked[-1].kind == "asks approval":
                version = f"{state.system}-v{asked[-1].evidence['version']}"
                if name == version or name.startswith(f"{version}-"):
                    return state.run
        return None

    def cancel(self, run: str, actor: str) -> RunState | None:
        """End a run now and say so in the history; None if it is not active."""
        state = next((each for each in self.active() if each.run == run), None)
        if state is None:
            return None
        DBOS.cancel_workflow(run)
        self._hands.cancel(run)
        events = self._history.of_run(state.system, run)
        began = events[0].began if events else state.since
        self._history.note(
            Event(
                system=state.system, run=run, began=began, number=LAST, at=datetime.now(UTC),
                kind="cancelled", text=f"cancelled by {actor}", outcome="cancelled",
            )
        )  # fmt: skip
        return state

    def active(self) -> list[RunState]:
        """Return the runs that are queued or running."""
        found = DBOS.list_workflows(name="care", status=["ENQUEUED", "PENDING", "DELAYED"])
        return [_state(status) for status in found]

    def _care_for(self) -> Callable[[str], str]:
        def care(trigger: str) -> str:
            asked = Trigger.model_validate_json(trigger)
            run = Run(
                asked,
                _Steps(),
                self._hands,
                self._history,
                lambda system: self._policies[system](),
                self._care,
            )
            with self._alone[asked.system]:
                return run.go()

        return care

    def _ticking(self) -> Callable[[datetime, Any], None]:
        def tick(moment: datetime, system: Any) -> None:
            self.submit(scheduled(str(system), moment))

        return tick


def _in_turn(trigger: str) -> str:
    """Return the id of a trigger's newest run, or of the next one if that was held back."""
    runs = DBOS.list_workflows(name="care", workflow_id_prefix=trigger, load_input=False)
    if runs and runs[-1].output == HELD:
        return f"{trigger}-{len(runs) + 1}"
    return runs[-1].workflow_id if runs else trigger


def _state(status: WorkflowStatus) -> RunState:
    trigger = Trigger.model_validate_json(status.input["args"][0]) if status.input else None
    return RunState(
        run=status.workflow_id,
        system=trigger.system if trigger else "",
        state="queued" if status.status in {"ENQUEUED", "DELAYED"} else "running",
        since=datetime.fromtimestamp((status.created_at or 0) / 1000, UTC),
    )
