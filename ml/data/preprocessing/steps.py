"""What is to be done to a table's columns: frozen descriptions, nothing learnt yet.

Each step takes the columns it names, or every numeric column if it names none, from what the steps
before it left.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from ml.declared import Declared

Columns = tuple[str, ...]


class Impute(Declared):
    """Fill gaps by the column's mean, median, most frequent value, or a constant.

    ``mark`` adds a column ``<name> missing`` of 0 and 1. Text takes ``most_frequent`` or ``constant``.
    """

    kind: Literal["impute"] = "impute"
    columns: Columns = ()
    strategy: Literal["mean", "median", "most_frequent", "constant"] = "median"
    constant: float | str | None = None
    mark: bool = False

    @model_validator(mode="after")
    def _constant_is_there(self) -> Impute:
        if (self.strategy == "constant") != (self.constant is not None):
            raise ValueError("give constant with strategy: constant, and only there")
        return self


class Outliers(Declared):
    """Clip or mark values outside ``low..high`` quantiles, or ``factor`` IQR beyond the quartiles.

    Tukey's fences (J. Tukey, "Exploratory Data Analysis", 1977) are ``by: iqr`` with factor 1.5. ``mark``
    adds a column ``<name> outlying`` of 0 and 1 and leaves the values.
    """

    kind: Literal["outliers"] = "outliers"
    columns: Columns = ()
    by: Literal["quantile", "iqr"] = "iqr"
    low: float = Field(0.01, ge=0, lt=0.5)
    high: float = Field(0.99, gt=0.5, le=1)
    factor: PositiveFloat = 1.5
    do: Literal["clip", "mark"] = "clip"


class Scale(Declared):
    """Scale by ``min_max``, (x - min) / (max - min), or ``z_score``, (x - mean) / standard deviation."""

    kind: Literal["scale"] = "scale"
    columns: Columns = ()
    method: Literal["min_max", "z_score"] = "z_score"


class Encode(Declared):
    """Turn text into numbers: a column for each category, or its place in ``order`` (else by name).

    A category that was not seen, or a gap, is all zeros (``one_hot``) or -1 (``ordinal``); with
    ``unknown: error`` it is refused.
    """

    kind: Literal["encode"] = "encode"
    columns: Columns = Field(min_length=1)
    method: Literal["one_hot", "ordinal"] = "one_hot"
    unknown: Literal["ignore", "error"] = "ignore"
    order: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class PrincipalComponents(Declared):
    """Replace columns by as few principal components as explain ``variance`` of theirs (0.80 or more)."""

    kind: Literal["principal_components"] = "principal_components"
    columns: Columns = ()
    variance: float = Field(0.8, gt=0, lt=1)


class SelectFeatures(Declared):
    """Keep the ``most`` columns of highest score against the target, or all of more variance than ``least``.

    ``anova`` is the F test, ``mutual_information`` the nearest-neighbour estimate (A. Kraskov et al.,
    Physical Review E 69, 2004); a numeric target makes both those for regression.
    """

    kind: Literal["select"] = "select"
    columns: Columns = ()
    by: Literal["variance", "anova", "mutual_information"] = "variance"
    most: PositiveInt = 20
    least: float = Field(0.0, ge=0)


Step = Annotated[
    Impute | Outliers | Scale | Encode | PrincipalComponents | SelectFeatures, Field(discriminator="kind")
]


class Preprocessing(Declared):
    """Steps in order, from the ``inputs`` of a table; ``key`` names its rows, ``target`` what is learnt."""

    inputs: Columns = Field(min_length=1)
    key: str
    target: str | None = None
    steps: tuple[Step, ...] = Field(min_length=1)
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _target_is_not_an_input(self) -> Preprocessing:
        lost = {self.key, self.target} & set(self.inputs)
        if lost:
            raise ValueError(f"{sorted(map(str, lost))} cannot be both input and key or target: take it out")
        scored = [step for step in self.steps if step.kind == "select" and step.by != "variance"]
        if scored and self.target is None:
            raise ValueError(f"selection by {scored[0].by} needs a target; name its column")
        return self
