"""A camera that shows a folder's images, one for each request: ``python -m ml.data.images.camera FOLDER``.

For trying a line without one: ``--blur`` puts the lens out of focus and ``--dim`` turns the light
down, as cameras do when nobody looks after them.
"""

from __future__ import annotations

import argparse
import io
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from ml.data.images.sources import FRAME, NO_FRAME, from_folder
from ml.errors import MlError


@dataclass
class Camera:
    """Frames in order; after the last there are none, or with ``loop`` the first again.

    ``blur`` is the radius of a Gaussian in pixels, ``dim`` the share of the light that is lost.
    """

    frames: Sequence[tuple[str, bytes]]
    loop: bool = False
    blur: float = 0.0
    dim: float = 0.0
    _next: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def shoot(self) -> tuple[str, bytes] | None:
        """Return the next frame."""
        with self._lock:
            number, self._next = self._next, self._next + 1
        if number >= len(self.frames) and not self.loop:
            return None
        name, content = self.frames[number % len(self.frames)]
        return f"{number:06d}-{name}", self._through_the_lens(content)

    def _through_the_lens(self, content: bytes) -> bytes:
        if not (self.blur or self.dim):
            return content
        from PIL import Image, ImageEnhance, ImageFilter, UnidentifiedImageError

        try:
            seen = Image.open(io.BytesIO(content)).filter(ImageFilter.GaussianBlur(self.blur))
        except UnidentifiedImageError:
            return content
        buffer = io.BytesIO()
        ImageEnhance.Brightness(seen).enhance(1 - self.dim).save(buffer, "PNG")
        return buffer.getvalue()


def server(camera: Camera, port: int = 0) -> ThreadingHTTPServer:
    """Return a server on loopback (a free port if none is given) that answers each GET with a frame."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            frame = camera.shoot()
            self.send_response(200 if frame else NO_FRAME)
            if frame:
                self.send_header("Content-Type", "application/octet-stream")
                self.send_header("Content-Length", str(len(frame[1])))
                self.send_header(FRAME, frame[0])
            self.end_headers()
            if frame:
                self.wfile.write(frame[1])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            """Say nothing of each frame."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


def serve(folder: Path, port: int, *, loop: bool, blur: float, dim: float) -> None:
    """Print the address, and show the folder's images until interrupted.

    Raises:
        SourceUnavailable, SourceEmpty: there are no images.
        OSError: the port is taken.
    """
    listening = server(Camera(list(from_folder(folder)), loop, blur, dim), port)
    sys.stdout.write(f"http://127.0.0.1:{listening.server_port}/\n")
    sys.stdout.flush()
    listening.serve_forever()


def main() -> None:
    """Serve a folder until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m ml.data.images.camera", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=0, help="a free one if not given")
    parser.add_argument("--loop", action="store_true", help="begin again after the last image")
    parser.add_argument("--blur", type=float, default=0.0, help="radius in pixels")
    parser.add_argument("--dim", type=float, default=0.0, help="share of the light that is lost, 0 to 1")
    given = parser.parse_args()
    try:
        serve(given.folder, given.port, loop=given.loop, blur=given.blur, dim=given.dim)
    except (MlError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
