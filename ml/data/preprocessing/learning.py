"""What each kind of step learns from the training rows, with scikit-learn's transformers."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.data.preprocessing.fitted import (
    Bounded,
    Components,
    Encoded,
    FittedStep,
    Imputed,
    Scaled,
    Selected,
    missing,
    stacked,
)
from ml.data.preprocessing.steps import (
    Encode,
    Impute,
    Outliers,
    PrincipalComponents,
    Scale,
    SelectFeatures,
    Step,
)
from ml.errors import ContractBroken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ml.data.preprocessing.columns import Arrays


@singledispatch
def learn(step: Step, found: Arrays, target: NDArray[Any] | None, seed: int) -> FittedStep:
    """Return what a step learns from columns [n] and the target [n]."""
    raise NotImplementedError(type(step).__name__)


@learn.register(Impute)
def _imputed(step: Impute, found: Arrays, target: Any, seed: int) -> FittedStep:
    from sklearn.impute import SimpleImputer

    del target, seed
    names = _names(step.columns, found)
    values: list[float | str] = []
    for name in names:
        gap = None if found[name].dtype == object else np.nan
        if missing(found[name]).all() and step.strategy != "constant":
            raise ContractBroken(
                f"column {name} has no value to impute from: take it out, or give a constant"
            )
        if gap is None and step.strategy in {"mean", "median"}:
            raise ContractBroken(f"column {name} is text, which has no {step.strategy}: impute most_frequent")
        imputer = SimpleImputer(missing_values=gap, strategy=step.strategy, fill_value=step.constant)
        values.append(imputer.fit(found[name].reshape(-1, 1)).statistics_.tolist()[0])
    return Imputed(columns=names, values=tuple(values), mark=step.mark)


@learn.register(Outliers)
def _bounded(step: Outliers, found: Arrays, target: Any, seed: int) -> FittedStep:
    del target, seed
    names = _numbers(step.columns, found)
    shares = (step.low, step.high) if step.by == "quantile" else (0.25, 0.75)
    low, high = np.array([np.nanquantile(found[name], shares) for name in names]).T
    if step.by == "iqr":
        low, high = low - step.factor * (high - low), high + step.factor * (high - low)
    return Bounded(columns=names, low=tuple(low.tolist()), high=tuple(high.tolist()), do=step.do)


@learn.register(Scale)
def _scaled(step: Scale, found: Arrays, target: Any, seed: int) -> FittedStep:
    from sklearn.preprocessing import MinMaxScaler, StandardScaler

    del target, seed
    names = _numbers(step.columns, found)
    matrix = np.column_stack([found[name] for name in names])
    if step.method == "min_max":
        fitted = MinMaxScaler().fit(matrix)
        centre, spread = fitted.data_min_, 1 / fitted.scale_
    else:
        fitted = StandardScaler().fit(matrix)
        centre, spread = fitted.mean_, fitted.scale_
    return Scaled(columns=names, centre=tuple(centre.tolist()), spread=tuple(spread.tolist()))


@learn.register(Encode)
def _encoded(step: Encode, found: Arrays, target: Any, seed: int) -> FittedStep:
    from sklearn.preprocessing import OneHotEncoder

    del target, seed
    names = _names(step.columns, found)
    categories: list[tuple[str, ...]] = []
    for name in names:
        if found[name].dtype != object:
            raise ContractBroken(
                f"column {name} holds numbers: only text is encoded; take it out of the step"
            )
        present = found[name][~missing(found[name])].reshape(-1, 1)
        learnt = OneHotEncoder().fit(present).categories_[0].tolist() if len(present) else []
        categories.append(step.order.get(name, tuple(learnt)))
    return Encoded(columns=names, method=step.method, unknown=step.unknown, categories=tuple(categories))


@learn.register(PrincipalComponents)
def _components(step: PrincipalComponents, found: Arrays, target: Any, seed: int) -> FittedStep:
    from sklearn.decomposition import PCA

    del target, seed
    names = _numbers(step.columns, found)
    fitted = PCA(n_components=step.variance, svd_solver="full").fit(stacked(found, names, step.kind))
    return Components(
        columns=names,
        mean=tuple(fitted.mean_.tolist()),
        components=tuple(tuple(row) for row in fitted.components_.tolist()),
        explained=tuple(fitted.explained_variance_ratio_.tolist()),
    )


@learn.register(SelectFeatures)
def _selected(step: SelectFeatures, found: Arrays, target: Any, seed: int) -> FittedStep:
    names = _numbers(step.columns, found)
    matrix = stacked(found, names, step.kind)
    scores = matrix.var(axis=0) if step.by == "variance" else _scores(step.by, matrix, target, seed)
    best = set(np.argsort(-scores, kind="stable")[: step.most].tolist())
    kept = [
        name
        for at, name in enumerate(names)
        if (scores[at] > step.least if step.by == "variance" else at in best)
    ]
    if not kept:
        raise ContractBroken(
            f"no column has more variance than {step.least:g} (the most is {scores.max():.4g}): lower least"
        )
    return Selected(columns=names, kept=tuple(kept), scores=tuple(scores.tolist()))


def _scores(by: str, matrix: NDArray[np.float64], target: NDArray[Any], seed: int) -> NDArray[np.float64]:
    """Return each column's score against the target, float64 [f]; one that says nothing scores 0."""
    from sklearn.feature_selection import (
        f_classif,
        f_regression,
        mutual_info_classif,
        mutual_info_regression,
    )

    classes = target.dtype == object
    if missing(target).any():
        raise ContractBroken(f"the target has {int(missing(target).sum())} gap(s): take those rows out")
    if by == "anova":
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = (f_classif if classes else f_regression)(matrix, target)[0]
        finite: NDArray[np.float64] = np.nan_to_num(scores, posinf=np.finfo(np.float64).max)
        return finite
    score = mutual_info_classif if classes else mutual_info_regression
    found: NDArray[np.float64] = score(matrix, target, random_state=seed)
    return found


def _names(names: tuple[str, ...], found: Arrays) -> tuple[str, ...]:
    """Return the named columns, or all numeric ones."""
    lost = [name for name in names if name not in found]
    if lost:
        raise ContractBroken(
            f"a step names the column(s) {', '.join(lost)}; at that point there are "
            f"{', '.join(found)}: mend its columns, or the order of the steps"
        )
    return names or tuple(name for name, values in found.items() if values.dtype != object)


def _numbers(names: tuple[str, ...], found: Arrays) -> tuple[str, ...]:
    chosen = _names(names, found)
    text = [name for name in chosen if found[name].dtype == object]
    if text or not chosen:
        raise ContractBroken(
            f"a step for numbers got {', '.join(text) if text else 'no numeric column'}: put an encode step "
            "before it, or name other columns"
        )
    return chosen
