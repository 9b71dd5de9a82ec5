"""The values of Keras's variables as arrays, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keras import ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

Values = list["NDArray[Any]"]


def values_of(variables: list[Any]) -> Values:
    """Return copies of what variables hold."""
    return [ops.convert_to_numpy(each).copy() for each in variables]


def assign(variables: list[Any], values: Values) -> None:
    """Give each variable its value."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
