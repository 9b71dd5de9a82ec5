"""Reading about models is cheap, and the tree of errors is whole."""

import subprocess
import sys

import pytest

import ml.errors

HEAVY = (
    "mlflow",
    "pandas",
    "pandera",
    "scipy",
    "sklearn",
    "implicit",
    "pyarrow",
    "deltalake",
    "onnx",
    "boto3",
)


@pytest.mark.parametrize(
    "module", ["ml.model_registry", "ml.pipeline", "ml.system", "ml.logs", "ml.__main__"]
)
def test_a_module_of_the_core_imports_nothing_heavy(module):
    code = f"import sys, {module}; print(sorted({{name.split('.')[0] for name in sys.modules}}))"
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert not [name for name in HEAVY if f"'{name}'" in said]


def test_every_error_is_listed_named_in_the_tree_and_has_an_exit_code():
    found = {
        name
        for name, value in vars(ml.errors).items()
        if isinstance(value, type) and issubclass(value, ml.errors.MlError)
    }
    assert set(ml.errors.__all__) == found
    for name in found:
        assert f" {name}" in ml.errors.__doc__
        assert getattr(ml.errors, name).exit_code in {1, 2, 4}
