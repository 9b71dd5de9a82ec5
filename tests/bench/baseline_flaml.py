"""What FLAML finds in a table in so many seconds, in an environment that has FLAML alone.

Run as a program with a file of arrays (numpy's ``.npz``) and the seconds; it prints the best model's
balanced accuracy on the rows held out, and its family, as JSON.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from flaml import AutoML
from sklearn.metrics import balanced_accuracy_score


def main(path: str, seconds: float) -> None:
    """Search on one core, as ours is searched."""
    with np.load(path) as rows:
        arrays = {name: rows[name] for name in rows.files}
    search = AutoML()
    search.fit(
        arrays["train_x"], arrays["train_y"], X_val=arrays["validation_x"], y_val=arrays["validation_y"],
        task="classification", metric=unbalanced, time_budget=seconds, eval_method="holdout", n_jobs=1,
        seed=0, retrain_full=False, verbose=0, early_stop=False,
    )  # fmt: skip
    score = balanced(search, arrays["test_x"], arrays["test_y"])
    json.dump({"test": score, "family": search.best_estimator}, sys.stdout)


def balanced(model, x, y) -> float:
    """Return the mean of the classes' recalls."""
    return float(balanced_accuracy_score(y, model.predict(x)))


def unbalanced(x, y, estimator, labels, x_train, y_train, *_more, **_names) -> tuple[float, dict]:
    """Return what FLAML is to make small."""
    del labels, x_train, y_train
    return 1 - balanced(estimator, x, y), {}


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
