"""The inspector, by its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ml.system_parts import SystemParts

if TYPE_CHECKING:
    from pathlib import Path

    from ml.system import Predictor, System


class InspectorSystem(SystemParts):
    """Implements ``ml.system.System``."""

    name: ClassVar[str] = "inspector"

    def predictor(self, folder: Path) -> Predictor:
        """Load the serving files; a request is the body of ``POST /inspect``."""
        import base64

        from ml.systems.inspector.serving import Inspector

        inspector = Inspector.load(folder)
        return lambda request: inspector.inspect([base64.b64decode(one) for one in request["images"]])


SYSTEM: System = InspectorSystem()
