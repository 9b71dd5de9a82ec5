"""What can go wrong in ``ml``: one tree, each message with its remedy.

::

    MlError                       exit code 1
    |-- WrongInput                2   a pipeline, a setting or a system's declaration is wrong
    |-- EnvironmentUnavailable    4   a part of the environment does not answer
    |   |-- StoreUnavailable          the object store
    |   `-- TrackingUnavailable       the tracking server
    |-- StoreRefused              1   the object store answered no (a key, a bucket, no space)
    |-- TrackingRefused           1   the tracking server answered no
    |-- DiskFull                  1   a local file could not be written
    |-- SourceError               1
    |   |-- SourceUnavailable         the source cannot be reached
    |   |-- SourceCorrupted           its bytes are not what they should be
    |   `-- SourceEmpty               it holds no rows
    |-- ContractBroken            1   a table lacks a column, or too many of its rows are bad
    |-- DataLeak                  1   a held-out row was given to what is fitted
    |-- DatasetNotFound           1
    |-- DatasetDamaged            1   the stored tables do not have the version's digest
    |-- RunNotFound               1   the tracking server lost a run that a finished step made
    |-- ModelNotFound             1
    |-- ModelDamaged              1   serving files are missing or have another digest
    |-- ExportDiffers             1   the ONNX file does not answer as the trained model does
    |-- PreprocessingDamaged      1   a file of fitted steps is not what was written
    |-- NoGradient                1   a model cannot be attacked by its gradient, as it has none
    |-- NoUpdate                  1   a champion cannot be gone on with; the fit from scratch stands alone
    |-- WrongPredictions          1   labels or scores from which a figure cannot be computed
    |-- SearchUnderWay            1   another process searches the very same thing
    `-- StepFailed                1   a step in a process of its own failed; its exit code is kept
"""

from __future__ import annotations

__all__ = [
    "ContractBroken",
    "DataLeak",
    "DatasetDamaged",
    "DatasetNotFound",
    "DiskFull",
    "EnvironmentUnavailable",
    "ExportDiffers",
    "MlError",
    "ModelDamaged",
    "ModelNotFound",
    "NoGradient",
    "NoUpdate",
    "PreprocessingDamaged",
    "RunNotFound",
    "SearchUnderWay",
    "SourceCorrupted",
    "SourceEmpty",
    "SourceError",
    "SourceUnavailable",
    "StepFailed",
    "StoreRefused",
    "StoreUnavailable",
    "TrackingRefused",
    "TrackingUnavailable",
    "WrongInput",
    "WrongPredictions",
]


class MlError(Exception):
    """Base of the tree; ``str(error)`` is a whole sentence with what to do now."""

    exit_code: int = 1


class WrongInput(MlError):
    """A pipeline file, a setting or a system's declaration is wrong."""

    exit_code = 2


class EnvironmentUnavailable(MlError):
    """A part of the environment does not answer."""

    exit_code = 4


class StoreUnavailable(EnvironmentUnavailable):
    """The object store does not answer."""


class TrackingUnavailable(EnvironmentUnavailable):
    """The tracking server does not answer."""


class StoreRefused(MlError):
    """The object store answered, and refused."""


class TrackingRefused(MlError):
    """The tracking server answered, and refused."""


class DiskFull(MlError):
    """A local file could not be written for want of space."""


class SourceError(MlError):
    """A source of data failed."""


class SourceUnavailable(SourceError):
    """The source cannot be reached."""


class SourceCorrupted(SourceError):
    """The source's bytes are not what they should be."""


class SourceEmpty(SourceError):
    """The source holds no rows."""


class ContractBroken(MlError):
    """A table lacks a column, or more of its rows are bad than the system allows."""


class DataLeak(MlError):
    """A validation or test row was given to what is fitted."""


class DatasetNotFound(MlError):
    """No such dataset version."""


class DatasetDamaged(MlError):
    """The stored tables do not have the digest of their version."""


class RunNotFound(MlError):
    """The tracking server does not know a run that a finished step made."""


class ModelNotFound(MlError):
    """No such model version."""


class ModelDamaged(MlError):
    """Serving files are missing or have another digest than the manifest says."""


class ExportDiffers(MlError):
    """The ONNX file does not answer as the trained model does."""


class PreprocessingDamaged(MlError):
    """A file of fitted preprocessing steps is not what was written."""


class NoGradient(MlError):
    """A model has no gradient by which it could be attacked; the message says why."""


class NoUpdate(MlError):
    """A champion cannot be gone on with, or there is nothing new to learn; the message says why."""


class WrongPredictions(MlError):
    """Labels, scores or probabilities from which the figure that was asked for cannot be computed."""


class SearchUnderWay(MlError):
    """Another process searches the very same thing."""


class StepFailed(MlError):
    """A step in a process of its own failed; ``exit_code`` is that of the process."""
