"""A multilayer perceptron in PyTorch, written as ONNX by PyTorch's own exporter.

PyTorch is the extra ``torch``, as its wheels bring gigabytes; nothing imports it but a fit of this family.
"""

from __future__ import annotations

import importlib.util
import io
import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.errors import NoUpdate, WrongInput
from ml.tables.families.epochs import State, Watch, run
from ml.tables.families.family import FEATURES, IR, OTHER_SHAPE, PROBABILITIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.tables.families.family import Sample
    from ml.tables.settings import TorchNetwork

# The least that PyTorch's exporter writes.
OPSET = 18


class TorchModel:
    """Hidden layers of ReLU with dropout, then a softmax, learnt by AdamW on the weighted cross-entropy.

    AdamW: I. Loshchilov and F. Hutter, ICLR 2019; dropout: N. Srivastava et al., JMLR 15, 2014.
    """

    def __init__(self, recipe: TorchNetwork, training: Sample, seed: int) -> None:
        import torch

        self.recipe, self._training = recipe, training
        # One thread: a batch is small, and sums in one order give one model.
        torch.set_num_threads(1)
        self._random = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._module = _module(recipe, training.features.shape[1], training.classes)
        self._optimizer = torch.optim.AdamW(
            self._module.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay
        )

    def learn(self, order: NDArray[np.int64]) -> None:
        """See every row once, in batches."""
        import torch

        self._module.train()
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._random.get_state())
            for at in range(0, len(order), self.recipe.batch):
                self._step(order[at : at + self.recipe.batch])
            self._random.set_state(torch.get_rng_state())
        self._module.eval()

    def probabilities(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """See ``Model``."""
        import torch

        with torch.no_grad():
            found = torch.softmax(self._module(torch.from_numpy(features)), dim=1)
        return np.asarray(found.numpy(), np.float64)

    def state(self) -> State:
        """See ``Learner``: weights, the optimizer's moments, and where the dropout's draws stand."""
        moments = self._optimizer.state_dict()["state"]
        return {
            **{f"weight/{name}": value for name, value in self.weights().items()},
            **{
                f"moment/{place}/{name}": np.array(value)
                for place, found in moments.items()
                for name, value in found.items()
            },
            "random": self._random.get_state().numpy(),
        }

    def restore(self, state: State) -> None:
        """See ``Learner``."""
        import torch

        moments: dict[int, dict[str, Any]] = {}
        for key, value in state.items():
            kind, _, rest = key.partition("/")
            if kind == "moment":
                place, _, name = rest.partition("/")
                moments.setdefault(int(place), {})[name] = torch.from_numpy(np.array(value))
        self.go_on_from({key[7:]: value for key, value in state.items() if key.startswith("weight/")})
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": moments})
        self._random.set_state(torch.from_numpy(np.array(state["random"])))

    def weights(self) -> State:
        """See ``Continuable``."""
        return {name: np.array(value) for name, value in self._module.state_dict().items()}

    def go_on_from(self, weights: State) -> None:
        """See ``Continuable``; the moments begin anew."""
        import torch

        ours = {name: tuple(value.shape) for name, value in self._module.state_dict().items()}
        if ours != {name: value.shape for name, value in weights.items()}:
            raise NoUpdate(OTHER_SHAPE)
        self._module.load_state_dict({name: torch.from_numpy(np.array(v)) for name, v in weights.items()})
        self._module.eval()

    def graph(self) -> Any:
        """See ``Model``."""
        import torch

        module = torch.nn.Sequential(self._module, torch.nn.Softmax(dim=1)).eval()
        return graph_of(module, self._training.features.shape[1])

    def _step(self, rows: NDArray[np.int64]) -> None:
        import torch

        shown = self._training
        said = self._module(torch.from_numpy(shown.features[rows]))
        losses = torch.nn.functional.cross_entropy(
            said, torch.from_numpy(shown.truth[rows]), reduction="none"
        )
        weights = torch.from_numpy(shown.weights[rows].astype(np.float32))
        self._optimizer.zero_grad()
        (losses @ weights / weights.sum()).backward()
        self._optimizer.step()


def fit_torch(
    recipe: TorchNetwork,
    training: Sample,
    validation: Sample,
    seed: int,
    watch: Watch,
    begin: State | None = None,
) -> tuple[TorchModel, tuple[float, ...]]:
    """Return the network of the best epoch, and each epoch's validation loss.

    ``begin`` are a champion's weights to go on from.

    Raises:
        WrongInput: PyTorch is not installed.
    """
    require_torch()
    model = TorchModel(recipe, training, seed)
    if begin is not None:
        model.go_on_from(begin)
    return model, run(model, recipe, len(training.truth), validation, seed, watch)


def require_torch() -> None:
    """Ask for PyTorch and what its exporter needs.

    Raises:
        WrongInput: with the command that installs them.
    """
    lost = [name for name in ("torch", "onnxscript") if importlib.util.find_spec(name) is None]
    if lost:
        raise WrongInput(
            f"the family torch needs {' and '.join(lost)}; run `.venv/bin/uv pip install --python "
            ".venv/bin/python -c requirements.lock '.[torch]'`, or leave the family out of train.settings"
        )


def graph_of(module: Any, width: int) -> Any:
    """Return any module, features float32 [n, width] to probabilities [n, k], as an ONNX model."""
    import onnx
    import torch

    logging.getLogger("onnxscript").setLevel(logging.WARNING)
    content = io.BytesIO()
    program = torch.onnx.export(
        module,
        (torch.zeros(2, width),),
        input_names=[FEATURES],
        output_names=[PROBABILITIES],
        dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    program.save(content)
    found = onnx.load_from_string(content.getvalue())
    found.ir_version = IR
    return found


def _module(recipe: TorchNetwork, width: int, classes: int) -> Any:
    from torch import nn

    layers: list[Any] = []
    for units in recipe.hidden:
        layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(recipe.dropout)]
        width = units
    return nn.Sequential(*layers, nn.Linear(width, classes)).eval()
