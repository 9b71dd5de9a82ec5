"""The last step: name a model that passed the gate, and make it the challenger."""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ml.data.datasets import DatasetVersion
from ml.evaluation.gate import REPORT, UNDER, GateResult
from ml.folders import Folders, digest_of
from ml.job import Job, Output
from ml.model_card import model_card
from ml.model_registry import CARD, ModelRegistry, ModelVersion, UpdateSummary
from ml.system import load
from ml.tracking import Run, Tracking

if TYPE_CHECKING:
    from ml.environment import Environment

log = logging.getLogger(__name__)

# What reading the model back through MLflow needs; inferring it would take seconds.
PIP_REQUIREMENTS = ["numpy", "onnx", "onnxruntime"]
# What MLflow writes beside the serving files.
MLFLOW_FILES = frozenset({"MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt"})


class Registered(Output):
    """The version, None if the gate rejected the model."""

    version: int | None
    dataset: DatasetVersion


class Register(Job):
    """Register the model that passed; one that is registered already keeps its version.

    The alias ``challenger`` is set; ``champion`` is delivery's to set.
    """

    outcome: ClassVar[type[Output]] = Registered

    gate: GateResult

    def still_holds(self, environment: Environment, output: Output) -> bool:
        """Say whether the registry has the version, so that a lost registry is filled again."""
        known = self._known(environment)
        found = known.version if known else None
        return isinstance(output, Registered) and output.version in {None, found}

    def run(self, environment: Environment) -> Registered:
        """Register, unless rejected or known."""
        if self.gate.verdict.decision == "reject":
            return Registered(version=None, dataset=self.gate.model.dataset)
        registry = ModelRegistry(environment)
        known = self._known(environment)
        version = known.version if known else self._register_once(environment)
        champion = registry.champion(self.system)
        if champion is None or champion.version != version:
            registry.set_alias(self.system, "challenger", version)
        log.info("%s version %d is registered", self.system, version)
        return Registered(version=version, dataset=self.gate.model.dataset)

    def _known(self, environment: Environment) -> ModelVersion | None:
        """Return the oldest version of the same files and dataset."""
        for version in reversed(ModelRegistry(environment).versions(self.system)):
            same = version.digest == self.gate.model.folder.digest
            if same and version.dataset_digest == self.gate.model.dataset.digest:
                return version
        return None

    def _register_once(self, environment: Environment) -> int:
        """Register; of two runs that did so at once the later one withdraws its version."""
        made = self._register(environment)
        known = self._known(environment)
        if known is None or known.version == made:
            return made
        ModelRegistry(environment).withdraw(self.system, made)
        return known.version

    def _register(self, environment: Environment) -> int:
        run = Tracking(environment).resume(self.gate.model.run_id)
        with tempfile.TemporaryDirectory() as temporary:
            serving = Folders(environment).load(self.gate.model.folder, Path(temporary) / "serving")
            packed = pack(serving, Path(temporary) / "model")
            files = {path.name: digest_of(path) for path in sorted(packed.iterdir())}
            record = self._record(files)
            tags = {
                "millrace": json.dumps(record),
                "dataset": record["dataset"],
                "commit": record["commit"],
                "family": record["family"],
                "decision": record["decision"],
            }
            model = run.log_model(self.system, packed, tags)
        version = run.register(self.system, model, tags, " ".join(self.gate.verdict.reasons))
        run.log(tags={"model_version": str(version)})
        self._log_card(environment, run, version)
        run.end()
        return version

    def _log_card(self, environment: Environment, run: Run, version: int) -> None:
        card = model_card(
            load(self.system), ModelRegistry(environment).version(self.system, version), self.gate.verdict
        )
        with tempfile.TemporaryDirectory() as temporary:
            (Path(temporary) / CARD).write_text(card)
            run.log_files(Path(temporary), UNDER)

    def _record(self, files: dict[str, str]) -> dict[str, Any]:
        verdict = self.gate.verdict
        return {
            "dataset": str(self.gate.model.dataset),
            "dataset_digest": self.gate.model.dataset.digest,
            "commit": self.gate.model.commit,
            "family": self.gate.model.family,
            "settings": self.gate.model.settings,
            "decision": verdict.decision,
            "reasons": verdict.reasons,
            "metrics": {name: round(found.value, 6) for name, found in verdict.metrics.items()},
            "digest": self.gate.model.folder.digest,
            "onnx_sha256": self.gate.model.folder.files["model.onnx"],
            "files": files,
            "report": f"{UNDER}/{REPORT}",
            "search": self.gate.model.search.summary.model_dump() if self.gate.model.search else None,
            "held_out": self.gate.held_out,
            "promoted_from": self.gate.model.origin.model_dump() if self.gate.model.origin else None,
            "update": self._update(),
        }

    def _update(self) -> dict[str, Any] | None:
        choice = self.gate.choice
        if choice is None:
            return None
        summary = UpdateSummary(
            taken=choice.taken == "update",
            of=choice.of,
            forgotten=round(choice.forgetting.drop, 6) if choice.forgetting else None,
            sentence=choice.sentence,
        )
        return summary.model_dump()


def pack(serving: Path, folder: Path) -> Path:
    """Write the serving files with an ``MLmodel`` beside them: signature, requirements, flavor."""
    import mlflow.onnx
    import onnx

    graph = onnx.load(serving / "model.onnx")
    mlflow.onnx.save_model(
        graph,
        str(folder),
        signature=signature(graph),
        pip_requirements=PIP_REQUIREMENTS,
        onnx_execution_providers=["CPUExecutionProvider"],
        save_as_external_data=False,
    )
    for path in serving.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def signature(graph: Any) -> Any:
    """Return MLflow's signature of an ONNX graph, unknown lengths as -1."""
    from mlflow.models import ModelSignature
    from mlflow.types import Schema, TensorSpec
    from onnx.helper import tensor_dtype_to_np_dtype

    def schema(values: Any) -> Any:
        return Schema(
            [
                TensorSpec(
                    tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type),
                    tuple(d.dim_value or -1 for d in value.type.tensor_type.shape.dim),
                    value.name,
                )
                for value in values
            ]
        )

    return ModelSignature(inputs=schema(graph.graph.input), outputs=schema(graph.graph.output))
