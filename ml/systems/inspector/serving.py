"""What a service or a device loads, and how it answers: onnxruntime, numpy and Pillow alone.

A folder of serving files holds ``model.onnx`` (32-bit numbers), ``model_int8.onnx`` (8-bit) and
``manifest.json``, which says how logits become probabilities and which of the two answers.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
from PIL import Image

from ml.data.images.decode import DecodeLimits, decode
from ml.data.images.quality import measure
from ml.embedding import named
from ml.errors import ModelDamaged
from ml.images.pixels import SIDE
from ml.images.projection import outputs_of
from ml.onnx_session import open_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MANIFEST: Final = "manifest.json"
Precision = Literal["fp32", "int8"]
FILES: Final[dict[Precision, str]] = {"fp32": "model.onnx", "int8": "model_int8.onnx"}
# The network's two outputs, and what it says of both.
DEFECT, SEVERITY = 0, 1
SAID: Final = ("logits", "evidence")
# Colours of a map: nothing where nothing speaks for a defect, red where all does.
HEAT: Final = (255, 40, 0)


@dataclass(frozen=True)
class Calibration:
    """A logit becomes ``1 / (1 + exp(-(slope * logit + offset)))`` (J. Platt, 1999)."""

    slope: float
    offset: float

    def __call__(self, logits: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return probabilities of the same shape."""
        z = np.clip(self.slope * logits.astype(np.float64) + self.offset, -50, 50)
        return 1 / (1 + np.exp(-z))


@dataclass(frozen=True)
class Manifest:
    """What a folder of serving files says of itself; ``files`` are SHA-256 by name.

    Each precision has a calibration of its own: rounding shifts logits more than it reorders them.
    """

    dataset: str
    threshold: float
    calibrations: dict[Precision, Calibration]
    serve: Precision
    settings: dict[str, float]
    files: dict[str, str]

    def dump(self) -> str:
        """Return it as JSON."""
        calibrations = {precision: vars(found) for precision, found in self.calibrations.items()}
        return json.dumps({**vars(self), "calibrations": calibrations}, indent=1, sort_keys=True)

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read a folder's manifest.

        Raises:
            ModelDamaged: it is not there, or is something else.
        """
        try:
            found = json.loads((folder / MANIFEST).read_text())
            calibrations = {name: Calibration(**one) for name, one in found["calibrations"].items()}
            return cls(**{**found, "calibrations": calibrations})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelDamaged(
                f"{folder / MANIFEST} cannot be read ({error}); fetch the model again"
            ) from error


@dataclass(frozen=True)
class Inspection:
    """What is said of one image.

    ``probability`` of a defect is calibrated, ``severity`` is what people would say on average, both 0 to 1;
    ``evidence`` float64 [7, 7] is how likely each place alone would be called defective; ``measures`` are the
    image's brightness, contrast and sharpness; ``size`` its width and height; ``embedding`` is empty for a
    network that has none.
    """

    defective: bool
    probability: float
    severity: float
    evidence: NDArray[np.float64]
    measures: dict[str, float]
    size: tuple[int, int]
    embedding: dict[str, float] = field(default_factory=dict)

    @property
    def features(self) -> dict[str, float]:
        """What is logged for drift."""
        return self.measures | self.embedding

    @property
    def place(self) -> tuple[float, float]:
        """The middle of the place that speaks most for a defect, as shares of width and height."""
        row, column = np.unravel_index(int(self.evidence.argmax()), self.evidence.shape)
        rows, columns = self.evidence.shape
        return (float(column) + 0.5) / columns, (float(row) + 0.5) / rows

    def said(self) -> dict[str, Any]:
        """Return what a caller is told, rounded."""
        x, y = self.place
        return {
            "defective": self.defective,
            "probability": round(self.probability, 4),
            "severity": round(self.severity, 4),
            "x": round(x, 3),
            "y": round(y, 3),
        }

    def picture(self) -> bytes:
        """Return the evidence as a PNG of the image's size, to lay over it: the redder the likelier."""
        opacity = Image.fromarray((self.evidence * 200).astype(np.uint8)).resize(
            self.size, Image.Resampling.BICUBIC
        )
        layer = Image.new("RGBA", self.size, (*HEAT, 0))
        layer.putalpha(opacity)
        buffer = io.BytesIO()
        layer.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


class Inspector:
    """A loaded model version."""

    def __init__(self, manifest: Manifest, precision: Precision, session: Any, limits: DecodeLimits) -> None:
        self.manifest = manifest
        self._calibration = manifest.calibrations[precision]
        self._session = session
        self._outputs = outputs_of(session, *SAID)
        self._limits = limits

    @classmethod
    def load(
        cls, folder: Path, precision: Precision | None = None, limits: DecodeLimits | None = None
    ) -> Inspector:
        """Load the file that serves, or the one of ``precision``.

        Raises:
            ModelDamaged: a file is gone, or is not what the manifest says.
        """
        manifest = Manifest.read(folder)
        chosen = precision or manifest.serve
        session = open_session(checked(folder, FILES[chosen], manifest))
        return cls(manifest, chosen, session, limits or DecodeLimits())

    def inspect(self, contents: Sequence[bytes]) -> list[Inspection]:
        """Inspect images.

        Raises:
            ImageRefused: one is not an image that is taken.
        """
        grey = [decode(content, "L", self._limits) for content in contents]
        found = infer(self._session, np.stack([prepare(each) for each in grey]), self._outputs)
        return [self._said(*each) for each in zip(grey, *found, strict=True)]

    def run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the network's logits [n, 2] and evidence [n, 2, 7, 7] for uint8 [n, 224, 224]."""
        logits, evidence = infer(self._session, pixels)
        return logits, evidence

    def probabilities(self, logits: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return calibrated probabilities of a defect [n]."""
        return self._calibration(logits[:, DEFECT])

    def _said(
        self,
        grey: NDArray[np.uint8],
        logits: NDArray[np.float32],
        evidence: NDArray[np.float32],
        embedding: Sequence[float] = (),
    ) -> Inspection:
        quality = measure(grey)
        probability = float(self._calibration(logits[DEFECT]))
        return Inspection(
            defective=probability >= self.manifest.threshold,
            probability=probability,
            severity=float(1 / (1 + np.exp(-np.float64(logits[SEVERITY])))),
            evidence=self._calibration(evidence[DEFECT]),
            measures={name: getattr(quality, name) for name in ("brightness", "contrast", "sharpness")},
            size=(quality.width, quality.height),
            embedding=named(embedding),
        )


def infer(
    session: Any, pixels: NDArray[np.uint8], outputs: Sequence[str] = SAID
) -> tuple[NDArray[np.float32], ...]:
    """Return what a session says of uint8 [n, 224, 224]: logits [n, 2], evidence [n, 2, 7, 7], or more."""
    return tuple(session.run(outputs, {"grey": pixels[:, None].astype(np.float32)}))


def prepare(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an image as the network takes it, uint8 [224, 224], whatever its size was."""
    return np.asarray(Image.fromarray(grey).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def checked(folder: Path, file: str, manifest: Manifest) -> bytes:
    """Return a file's bytes.

    Raises:
        ModelDamaged: it is gone, or is not what the manifest says.
    """
    try:
        content = (folder / file).read_bytes()
    except OSError as error:
        raise ModelDamaged(
            f"{folder / file} cannot be read ({error.strerror}); fetch the model again"
        ) from error
    found, said = hashlib.sha256(content).hexdigest(), manifest.files.get(file, "none")
    if found != said:
        raise ModelDamaged(
            f"{folder / file} has digest {found[:12]}, the manifest says {said[:12]}; fetch the model again"
        )
    return content
