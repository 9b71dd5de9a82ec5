"""Images that show nothing are told from those that do."""

import numpy as np
import pytest
from scipy import ndimage

from ml.data.images.quality import measure, problems, sharpness
from ml.declaration import ImageLimits

from .pictures import scene


def test_sharpness_is_the_variance_of_scipys_laplacian():
    inner = ndimage.laplace(scene().astype(float))[1:-1, 1:-1]
    assert sharpness(scene()) == pytest.approx(inner.var(), rel=1e-4)


def test_blur_lowers_sharpness_each_time():
    found = [
        sharpness(ndimage.gaussian_filter(scene().astype(float), s).astype(np.uint8)) for s in (0, 1, 2, 4)
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] < found[0] / 20


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (scene()[:20], "its shorter side has 20 pixels, 32 are needed"),
        (np.zeros((64, 64), np.uint8), "100% of it is black"),
        (np.full((64, 64), 255, np.uint8), "100% of it is white"),
        (np.full((64, 64), 128, np.uint8), "its contrast is 0.0 grey values"),
        (ndimage.gaussian_filter(scene(), 6), "its sharpness is"),
    ],
)
def test_an_image_that_shows_nothing_is_told_why(picture, said):
    assert any(said in reason for reason in problems(measure(picture), ImageLimits(least_sharpness=30)))


def test_an_image_of_something_has_no_problem():
    assert problems(measure(scene()), ImageLimits(least_sharpness=30)) == []


def test_an_image_of_two_pixels_has_no_sharpness():
    assert sharpness(np.zeros((2, 2), np.uint8)) == 0.0
