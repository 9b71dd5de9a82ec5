"""Weights averaged over batches."""

import keras
import numpy as np

from ml.systems.inspector.averaging import Average


def test_an_average_stands_in_for_the_weights_and_gives_them_back():
    variables = [keras.Variable(np.zeros(2, np.float32)), keras.Variable(np.float32(5))]
    average = Average(variables)
    with average.in_place():
        assert variables[1].numpy() == 5
    for value in (1.0, 2.0, 6.0):
        variables[0].assign([value, -value])
        variables[1].assign(10 * value)
        average.add()
    with average.in_place():
        np.testing.assert_allclose(variables[0].numpy(), [3, -3])
        np.testing.assert_allclose(variables[1].numpy(), 30)
    np.testing.assert_allclose(variables[0].numpy(), [6, -6])
    np.testing.assert_allclose(variables[1].numpy(), 60)
