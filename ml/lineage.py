"""From which model version an update on a dataset version goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ml.model_registry import ModelRegistry, ModelVersion

if TYPE_CHECKING:
    from ml.data.datasets import DatasetVersion
    from ml.environment import Environment


def parent(environment: Environment, dataset: DatasetVersion) -> ModelVersion | None:
    """Return the champion; of a champion that is itself an update on this dataset version, its own parent.

    So a pipeline that is run again after its update was promoted finds its steps finished.
    """
    registry = ModelRegistry(environment)
    champion = registry.champion(dataset.system)
    if champion is None or champion.update is None or champion.dataset_digest != dataset.digest:
        return champion
    made_of = champion.update.of if champion.update.taken else None
    return champion if made_of is None else registry.version(dataset.system, made_of)
