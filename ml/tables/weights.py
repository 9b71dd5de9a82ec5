"""The weights of a fitted mixture in a file beside its ONNX graph, for a later run to go on from."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import TypeAdapter

from ml.errors import NoUpdate
from ml.tables.families.family import Continuable
from ml.tables.serving import checked_manifest
from ml.tables.settings import Continued

if TYPE_CHECKING:
    from pathlib import Path

    from ml.tables.families.epochs import State
    from ml.tables.mixture import Mixture

WEIGHTS: Final = "weights.npz"
RECIPES: Final[TypeAdapter[list[Continued]]] = TypeAdapter(list[Continued])


@dataclass(frozen=True)
class Kept:
    """What a champion is gone on from: each member's recipe and weights, and its share in the mixture."""

    family: str
    classes: tuple[str, ...]
    recipes: tuple[Continued, ...]
    states: tuple[State, ...]
    shares: tuple[float, ...]

    @classmethod
    def load(cls, folder: Path) -> Kept:
        """Read a folder of serving files.

        Raises:
            ModelDamaged: a file is gone, or is not what was written.
            NoUpdate: it has no weights to go on from.
        """
        manifest = checked_manifest(folder)
        if WEIGHTS not in manifest.files:
            raise NoUpdate(
                f"the champion ({manifest.family}) has members that cannot go on learning; "
                "of the families linear, network and torch can"
            )
        with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
            recipes = RECIPES.validate_json(str(stored["recipes"]))
            states: list[State] = [{} for _ in recipes]
            for key in stored.files:
                member, _, name = key.partition("/")
                if name:
                    states[int(member)][name] = stored[key]
            shares = tuple(stored["shares"].tolist())
        return cls(manifest.family, manifest.classes, tuple(recipes), tuple(states), shares)


def packed(model: Mixture) -> bytes | None:
    """Return the file's content, None if a member cannot go on learning (trees)."""
    members = [each for each in model.models if isinstance(each, Continuable)]
    if len(members) < len(model.models):
        return None
    recipes = json.dumps([each.recipe.model_dump(mode="json") for each in members])
    arrays = {
        f"{number}/{name}": values
        for number, each in enumerate(members)
        for name, values in each.weights().items()
    }
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, recipes=np.array(recipes), shares=np.array(model.weights), **arrays)
    return buffer.getvalue()
