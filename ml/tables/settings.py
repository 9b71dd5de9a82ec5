"""How rows are prepared and which families are tried: what ``train.settings`` of a pipeline may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from ml.declared import Declared
from ml.settings import wrong_setting

if TYPE_CHECKING:
    from collections.abc import Mapping


class Preparation(Declared):
    """How numbers are prepared: gaps become ``impute``, then ``scale``; what was not seen is clipped."""

    impute: Literal["mean", "median", "most_frequent"] = "median"
    scale: Literal["z_score", "min_max"] = "z_score"


class Epochs(Declared):
    """A family that learns epoch by epoch, and stops when ``patience`` of them were no better."""

    epochs: PositiveInt = 60
    patience: PositiveInt = 8


class Linear(Epochs):
    """Logistic regression by stochastic gradient descent, one class against the rest.

    ``alpha`` weighs the penalty, of which ``l1_ratio`` is L1 and the rest L2. ``schedule`` is the learning
    rate's, from ``learning_rate`` on.
    """

    family: Literal["linear"] = "linear"
    epochs: PositiveInt = 100
    alpha: PositiveFloat = 1e-4
    l1_ratio: float = Field(0.0, ge=0, le=1)
    schedule: Literal["constant", "inverse_scaling"] = "inverse_scaling"
    learning_rate: PositiveFloat = 0.1


class Forest(Declared):
    """A random forest."""

    family: Literal["forest"] = "forest"
    trees: PositiveInt = 150
    least_rows: PositiveInt = Field(3, description="rows that each leaf has at least")
    features: float = Field(0.5, gt=0, le=1, description="share of the columns that a split may choose from")


class Boosting(Declared):
    """Gradient-boosted trees over binned values; the number of rounds is chosen on validation rows."""

    family: Literal["boosting"] = "boosting"
    rounds: PositiveInt = 120
    learning_rate: PositiveFloat = 0.1
    leaves: int = Field(15, ge=2, le=255)
    l2: NonNegativeFloat = 1.0


class Network(Epochs):
    """A multilayer perceptron in Keras, its hidden layers of ReLU with dropout.

    ``schedule`` cosine lets the learning rate fall to 0 over the epochs.
    """

    family: Literal["network"] = "network"
    hidden: tuple[PositiveInt, ...] = Field((64, 32), min_length=1, max_length=6)
    optimizer: Literal["sgd", "adam", "adamw"] = "adam"
    learning_rate: PositiveFloat = 3e-3
    schedule: Literal["constant", "cosine"] = "cosine"
    momentum: float = Field(0.9, ge=0, lt=1, description="of sgd")
    batch: PositiveInt = 64
    dropout: float = Field(0.1, ge=0, lt=1)
    l1: NonNegativeFloat = 0.0
    l2: NonNegativeFloat = 1e-4


class TorchNetwork(Epochs):
    """A multilayer perceptron in PyTorch, which is an extra: see docs/pytorch.md."""

    family: Literal["torch"] = "torch"
    hidden: tuple[PositiveInt, ...] = Field((64, 32), min_length=1, max_length=6)
    learning_rate: PositiveFloat = 3e-3
    weight_decay: NonNegativeFloat = 1e-2
    batch: PositiveInt = 64
    dropout: float = Field(0.1, ge=0, lt=1)


# What learns epoch by epoch, and can go on elsewhere from its weights.
Continued = Annotated[Linear | Network | TorchNetwork, Field(discriminator="family")]
Candidate = Annotated[Linear | Forest | Boosting | Network | TorchNetwork, Field(discriminator="family")]


class Settings(Declared):
    """What is tried and how it is chosen.

    The best candidate on validation rows is kept, or with ``folds`` the best in cross-validation over the
    training rows. ``ensemble`` weighs the answers of all candidates alike (``voting``), or so that together
    they are best (``stacking``), and is kept if it is better than the best alone.
    """

    candidates: tuple[Candidate, ...] = Field((Linear(), Boosting()), min_length=1)
    preparation: Preparation = Preparation()
    folds: int = Field(0, ge=0, le=20)
    ensemble: Literal["none", "voting", "stacking"] = "none"

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Settings:
        """Read a pipeline's settings.

        Raises:
            WrongInput: one is wrong; the message names it.
        """
        try:
            return cls.model_validate(dict(settings))
        except ValidationError as error:
            raise wrong_setting(error, "train.settings", "docs/new-system.md") from error
