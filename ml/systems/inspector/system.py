"""The inspector, by its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ml.system_parts import SystemParts
from ml.systems.inspector.outcome import outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
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

    def outcome(self, response: Mapping[str, Any], feedback: Mapping[str, Any]) -> float | None:
        """See ``outcome.outcome``."""
        return outcome(response, feedback)


SYSTEM: System = InspectorSystem()
