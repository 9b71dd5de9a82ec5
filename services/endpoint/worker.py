"""Run the service of the bento that this file is packed in: `python -m services.endpoint.worker`.

One process without BentoML's arbiter above it: the runtime's supervisor watches the very
process that serves, so nothing is orphaned when either of them is killed.
"""

from __future__ import annotations

import argparse
import ctypes
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from ml.logs import configure_json_logging
from services.endpoint.settings import Package, ServiceSettings, package_folder

_PR_SET_PDEATHSIG = 1
# Longer than the gateway keeps idle connections, so that the gateway closes them, never the service.
_KEEP_ALIVE_S = 120


def main() -> None:
    """Serve until SIGTERM, then finish what is in flight."""
    parser = argparse.ArgumentParser(description="Serve the bento of the current folder.")
    parser.add_argument(
        "--die-with-parent", action="store_true", help="be killed when the supervisor that started this is"
    )
    if parser.parse_args().die_with_parent:
        die_with_parent()
    settings, source = ServiceSettings.load(), package_folder()
    configure_json_logging(system=Package.read(source).system, release=settings.release)
    serve(settings, source.parent)


def serve(settings: ServiceSettings, bento: Path) -> None:
    """Load the bento and serve it on the port of its settings."""
    import bentoml
    import uvicorn

    service: Any = bentoml.load(str(bento), standalone_load=True)
    config = uvicorn.Config(
        service.to_asgi(),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=settings.limits.drain_s,
    )
    uvicorn.Server(config).run()


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends (Linux)."""
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        logging.getLogger(__name__).error("the supervisor ended while this process began")
        sys.exit(1)


if __name__ == "__main__":
    main()
