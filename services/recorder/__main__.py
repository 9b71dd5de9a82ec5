"""Run the recorder: `python -m services.recorder --environment ADDRESS --port PORT`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Final

from ml.environment import Environment, EnvironmentUnreadable, SecretUnreadable
from ml.errors import MlError
from ml.logs import configure_json_logging
from services.errors import RecorderMisconfigured
from services.recorder.bus import Bus, BusUnavailable
from services.recorder.landing import Landing
from services.recorder.monitor import Monitor
from services.recorder.shipping import Shipping
from services.recorder.tables import StoreUnavailable

_IDLE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 15.0

logger = logging.getLogger("millrace.recorder")


def main() -> int:
    """Record until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m services.recorder", description=__doc__)
    parser.add_argument(
        "--environment", required=True, help="the environment's document: a path or s3:// address"
    )
    parser.add_argument(
        "--port", type=int, required=True, help="loopback port of /livez, /readyz and /metrics"
    )
    parser.add_argument(
        "--interval", type=float, default=10.0, help="longest time between commits, in seconds"
    )
    parser.add_argument("--keep-days", type=int, help="days that rows are kept; for ever if it is not given")
    arguments = parser.parse_args()
    configure_json_logging()
    try:
        env = Environment.load(arguments.environment)
        asyncio.run(record(env, arguments.port, arguments.interval, arguments.keep_days))
    except (EnvironmentUnreadable, RecorderMisconfigured) as error:
        logger.error("%s", error)
        return error.exit_code
    return 0


async def record(env: Environment, port: int, interval_s: float, keep_days: int | None = None) -> None:
    """Ship and land side by side until a signal comes.

    Raises:
        RecorderMisconfigured: the port is taken.
    """
    monitor, bus = Monitor(), Bus(env.here.bus)
    try:
        server = monitor.serve(port)
    except OSError as error:
        raise RecorderMisconfigured(
            f"port {port} cannot be listened on ({error.strerror}); give another with --port"
        ) from error
    shipping = Shipping(env.here.runtime.folder / "spool", bus, monitor)
    landing = Landing(bus, env.object_store, monitor, interval_s, keep_days)
    work = [
        asyncio.create_task(_keep_on("shipping", lambda: _ship(shipping), monitor)),
        asyncio.create_task(_keep_on("landing", landing.land, monitor, landing.restart)),
    ]
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, lambda: [task.cancel() for task in work])
    logger.info("recording %s", env.here.runtime.folder / "spool")
    try:
        await asyncio.gather(*work)
    except asyncio.CancelledError:
        logger.info("stopped")
    finally:
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await bus.close()
        server.shutdown()


async def _ship(shipping: Shipping) -> None:
    if not await shipping.ship():
        await asyncio.sleep(_IDLE_S)


async def _keep_on(
    part: str,
    attempt: Callable[[], Awaitable[None]],
    monitor: Monitor,
    recover: Callable[[], None] = lambda: None,
) -> None:
    """Repeat an attempt for ever; after a failure wait a little, then longer, up to a bound."""
    pause_s = _IDLE_S
    while True:
        try:
            await attempt()
        except (BusUnavailable, StoreUnavailable, SecretUnreadable, MlError, OSError) as error:
            _note(part, error, monitor, pause_s)
            recover()
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
        else:
            if monitor.problems.pop(part, None):
                logger.info("%s goes on", part)
            pause_s = _IDLE_S


def _note(part: str, error: Exception, monitor: Monitor, pause_s: float) -> None:
    monitor.failures.labels(part=part).inc()
    # The same trouble is logged once, not at every try.
    if part not in monitor.problems:
        logger.warning("%s waits: %s; the next try is in %g s", part, error, pause_s)
    monitor.problems[part] = str(error)


if __name__ == "__main__":
    sys.exit(main())
