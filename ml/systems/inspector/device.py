"""On a device: ``python -m ml.systems.inspector.device FOLDER [IMAGE ...]``, a JSON line for each image.

The folder is an opened archive. First the golden images are inspected: if an answer is not the one that was
written down when the archive was made, nothing else is.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

from ml.data.images.decode import ImageRefused
from ml.errors import ModelDamaged
from ml.systems.inspector.serving import Inspector

# Where things lie in the folder.
MODEL: Final = "model"
GOLDEN: Final = "golden"
ANSWERS: Final = "answers.json"
# Processors round 8-bit sums alike, and the few 32-bit ones nearly so.
TOLERANCE: Final = 0.02
FAILED: Final = 4


def golden(inspector: Inspector, images: dict[str, bytes]) -> dict[str, float]:
    """Return the probability of each golden image."""
    return {name: inspector.inspect([content])[0].probability for name, content in images.items()}


def differences(inspector: Inspector, folder: Path) -> list[str]:
    """Return what a golden image is answered now and was answered then, for those that differ."""
    wanted: dict[str, float] = json.loads((folder / GOLDEN / ANSWERS).read_text())
    found = golden(inspector, {name: (folder / GOLDEN / name).read_bytes() for name in wanted})
    return [
        f"{name} has probability {found[name]:.4f}, and had {wanted[name]:.4f}"
        for name in wanted
        if not abs(found[name] - wanted[name]) <= TOLERANCE
    ]


def answer(inspector: Inspector, image: Path) -> dict[str, Any]:
    """Inspect one file; what cannot be read says why."""
    try:
        found = inspector.inspect([image.read_bytes()])[0]
    except (OSError, ImageRefused) as error:
        return {"image": str(image), "error": str(error)}
    return {"image": str(image), **found.said()}


def main(folder: Path, images: list[Path]) -> int:
    """Test, then inspect; 4 if the test fails, 1 if an image cannot be read."""
    try:
        inspector = Inspector.load(folder / MODEL)
        wrong = differences(inspector, folder)
    except (ModelDamaged, OSError, ValueError) as error:
        wrong = [str(error)]
    if wrong:
        sys.stderr.write(f"the self-test failed: {'; '.join(wrong)}; fetch the archive again\n")
        return FAILED
    sys.stderr.write("the self-test passed\n")
    answers = [answer(inspector, image) for image in images]
    sys.stdout.writelines(json.dumps(each) + "\n" for each in answers)
    return int(any("error" in each for each in answers))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
