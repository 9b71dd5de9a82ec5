"""Run the steward: ``python -m services.steward --environment ADDRESS --database URL --port PORT``."""

from __future__ import annotations

import argparse
import logging
import os
import socket
from typing import NoReturn

import uvicorn

from ml.environment import Environment, EnvironmentUnreadable, SecretUnreadable
from ml.errors import MlError
from ml.logs import configure_json_logging
from ml.operation import Retrain
from ml.system import load
from services.delivery.record_store import RecordStore
from services.errors import ServiceError, StewardMisconfigured
from services.steward.engine import Engine
from services.steward.hands import Children
from services.steward.history import History
from services.steward.run import Care
from services.steward.server import Server

logger = logging.getLogger("millrace.steward")


def main() -> int:
    """Serve until SIGTERM; runs that are cut short go on at the next start."""
    chosen = _parser().parse_args()
    configure_json_logging()
    try:
        env = Environment.load(chosen.environment)
        serve(env, chosen.environment, chosen.database, chosen.port)
    except (EnvironmentUnreadable, SecretUnreadable, MlError, ServiceError) as error:
        logger.error("%s", error)
        return error.exit_code
    return 0


def serve(env: Environment, document: str, database: str, port: int) -> None:
    """Take requests on a loopback port.

    Raises:
        StewardMisconfigured: the port is taken, or the environment names no steward.
    """
    if env.steward is None:
        raise StewardMisconfigured(
            f"{env.name} has no steward in its document; run `millrace provision` again"
        )
    policies = {system: lambda system=system: _policy(system) for system in env.systems}
    care = Care(approval=env.steward.approval, approval_expires_s=env.steward.approval_expires_s)
    engine = Engine(database, Children(document), History(RecordStore(env)), policies, care)
    listener = _listener(port)
    engine.start()
    logger.info("caring for %s", ", ".join(env.systems))
    app = Server(engine, env.systems, env.steward.token.read()).app()
    uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False)).run([listener])


def _policy(system: str) -> Retrain:
    return load(system).retrain


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        raise StewardMisconfigured(
            f"port {port} cannot be listened on ({error.strerror}); give another with --port"
        ) from error
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m services.steward", description=__doc__)
    parser.add_argument(
        "--environment", required=True, help="the environment's document: path or s3:// address"
    )
    parser.add_argument("--database", required=True, help="sqlite:////path or postgresql://... for its runs")
    parser.add_argument("--port", type=int, required=True, help="loopback port")
    return parser


def _end(code: int) -> NoReturn:
    """End as a killed process does, so that there is one way to go on: its children end, steps are redone."""
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    _end(main())
