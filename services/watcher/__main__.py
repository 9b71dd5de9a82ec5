"""Run the watcher: `python -m services.watcher --environment ADDRESS --port PORT`."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from typing import Final

from ml.drift.watch import Watch
from ml.environment import Environment, EnvironmentUnreadable, SecretUnreadable
from ml.errors import MlError
from ml.logs import configure_json_logging
from ml.system import load
from services.errors import ServiceError, WatcherMisconfigured
from services.watcher.monitor import Monitor
from services.watcher.subjects import Subjects

logger = logging.getLogger("millrace.watcher")

_STOPS: Final = (signal.SIGTERM, signal.SIGINT)


def main() -> int:
    """Watch until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m services.watcher", description=__doc__)
    parser.add_argument(
        "--environment", required=True, help="the environment's document: a path or s3:// address"
    )
    parser.add_argument(
        "--port", type=int, required=True, help="loopback port of /livez, /readyz and /metrics"
    )
    parser.add_argument("--interval", type=float, default=10.0, help="time between looks, in seconds")
    arguments = parser.parse_args()
    configure_json_logging()
    try:
        watch(Environment.load(arguments.environment), arguments.port, arguments.interval)
    except (EnvironmentUnreadable, WatcherMisconfigured) as error:
        logger.error("%s", error)
        return error.exit_code
    return 0


def watch(env: Environment, port: int, interval_s: float) -> None:
    """Look at every system again and again until a signal comes.

    Raises:
        WatcherMisconfigured: the port is taken.
    """
    stop, monitor = threading.Event(), Monitor()
    for each in _STOPS:
        signal.signal(each, lambda *_: stop.set())
    try:
        server = monitor.serve(port)
    except OSError as error:
        raise WatcherMisconfigured(
            f"port {port} cannot be listened on ({error.strerror}); give another with --port"
        ) from error
    turns = Turns(env, monitor)
    logger.info("watching %s", ", ".join(env.systems))
    while not stop.is_set():
        for system in env.systems:
            turns.look(system)
        stop.wait(interval_s)
    server.shutdown()


class Turns:
    """Looks at one system at a time; what goes wrong with one keeps none of the others from its turn."""

    def __init__(self, env: Environment, monitor: Monitor) -> None:
        self._subjects, self._watch, self._monitor = Subjects(env), Watch(env), monitor

    def look(self, system: str) -> None:
        """Look at a system and tell what was found, or note why it could not be looked at."""
        try:
            declared, subject = load(system).drift, self._subjects.of(system)
            self._monitor.failures.labels(system)
            self._monitor.declare(system, declared)
            if subject is not None:
                self._monitor.tell(self._watch.look(subject), declared)
        except (MlError, ServiceError, SecretUnreadable, OSError) as error:
            self._note(system, str(error))
        except Exception as error:  # a bug over one system must not blind the others
            logger.debug("looking at %s failed", system, exc_info=True)
            self._note(system, f"{type(error).__name__}: {error}")
        else:
            self._monitor.looked.labels(system).set_to_current_time()
            if self._monitor.problems.pop(system, None):
                logger.info("%s can be looked at again", system)

    def _note(self, system: str, problem: str) -> None:
        self._monitor.failures.labels(system).inc()
        # The same trouble is logged once, not at every turn.
        if self._monitor.problems.get(system) != problem:
            logger.warning("%s could not be looked at: %s", system, problem)
        self._monitor.problems[system] = problem


if __name__ == "__main__":
    sys.exit(main())
