"""Fitted steps do what scikit-learn's transformers do, keep a version, and read back the same."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, f_classif, f_regression, mutual_info_classif
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

from ml.data.preprocessing.fitting import fit
from ml.data.preprocessing.held_out import HeldOut
from ml.data.preprocessing.pipeline import FittedPreprocessing
from ml.data.preprocessing.steps import Preprocessing
from ml.errors import ContractBroken, PreprocessingDamaged

NUMBERS = ("a", "b", "c", "d")
NOBODY = HeldOut("row", frozenset())


def table(n=200, seed=0):
    random = np.random.default_rng(seed)
    base = random.normal(size=n)
    numbers = {"a": base + random.normal(0, 0.1, n), "b": 3 * base, "c": random.exponential(5, n)}
    numbers["d"] = random.integers(0, 9, n).astype(float)
    columns = {name: values.tolist() for name, values in numbers.items()}
    for row in range(0, n, 7):
        columns["a"][row] = None
    colours = random.choice(["red", "green", "blue"], n).tolist()
    colours[3] = None
    target = np.where(numbers["d"] + random.normal(0, 1, n) > 4, "yes", "no").tolist()
    return pa.table({"row": [f"r{at}" for at in range(n)], **columns, "colour": colours, "label": target})


def matrix(rows, names=NUMBERS):
    return np.column_stack([rows[name].to_numpy(zero_copy_only=False).astype(float) for name in names])


def fitted(*steps, inputs=NUMBERS, rows=None, **described):
    description = {"inputs": inputs, "key": "row", "target": "label", "steps": steps, **described}
    return fit(Preprocessing.model_validate(description), rows or table(), NOBODY)


IMPUTE = {"kind": "impute", "strategy": "median"}


@pytest.mark.parametrize("strategy", ["mean", "median", "most_frequent"])
def test_imputation_is_scikit_learns(strategy):
    ours = fitted({"kind": "impute", "strategy": strategy})
    theirs = SimpleImputer(strategy=strategy).fit(matrix(table()))
    new = table(seed=1)
    np.testing.assert_allclose(ours.apply(new), theirs.transform(matrix(new)))


def test_gaps_are_filled_with_a_constant_and_marked_if_asked():
    ours = fitted({"kind": "impute", "columns": ["a"], "strategy": "constant", "constant": -1, "mark": True})
    found = ours.apply({"a": [None, 2.0], "b": [0, 0], "c": [0, 0], "d": [0, 0]})
    assert ours.outputs == (*NUMBERS, "a missing")
    assert found[:, 0].tolist() == [-1, 2]
    assert found[:, 4].tolist() == [1, 0]


@pytest.mark.parametrize(("method", "theirs"), [("min_max", MinMaxScaler()), ("z_score", StandardScaler())])
def test_scaling_is_scikit_learns_a_constant_column_included(method, theirs):
    rows = table().set_column(4, "d", [[5.0] * 200])
    ours = fitted(IMPUTE, {"kind": "scale", "method": method}, rows=rows)
    pipeline = make_pipeline(SimpleImputer(strategy="median"), theirs).fit(matrix(rows))
    new = table(seed=1)
    np.testing.assert_allclose(ours.apply(new), pipeline.transform(matrix(new)), atol=1e-12)


def test_one_hot_columns_are_scikit_learns_and_an_unknown_category_is_all_zeros():
    ours = fitted({"kind": "encode", "columns": ["colour"]}, inputs=("colour",))
    assert ours.outputs == ("colour=blue", "colour=green", "colour=red")
    theirs = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    values = np.array([["red"], ["green"], ["mauve"]], object)
    theirs.fit(np.array([[one] for one in table()["colour"].to_pylist() if one], object))
    np.testing.assert_array_equal(ours.apply({"colour": values[:, 0]}), theirs.transform(values))
    assert ours.apply({"colour": [None]}).tolist() == [[0, 0, 0]]


def test_ordinal_places_are_scikit_learns_or_in_the_order_given():
    step = {"kind": "encode", "columns": ["colour"], "method": "ordinal"}
    ours = fitted(step, inputs=("colour",))
    theirs = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    theirs.fit([["red"], ["green"], ["blue"]])
    values = [["red"], ["green"], ["mauve"]]
    np.testing.assert_array_equal(ours.apply({"colour": ["red", "green", "mauve"]}), theirs.transform(values))
    ordered = fitted(step | {"order": {"colour": ["red", "green", "blue"]}}, inputs=("colour",))
    assert ordered.apply({"colour": ["red", "green", "mauve"]})[:, 0].tolist() == [0, 1, -1]


def test_a_category_that_must_be_known_is_refused_by_name():
    step = {"kind": "encode", "columns": ["colour"], "unknown": "error"}
    rows = table().filter([one is not None for one in table()["colour"].to_pylist()])
    ours = fitted(step, inputs=("colour",), rows=rows)
    with pytest.raises(
        ContractBroken, match=r"column colour has values that were not among .*: 'mauve'; mend"
    ):
        ours.apply({"colour": ["red", "mauve"]})


def test_tukeys_fences_worked_by_hand():
    """Of 1..9 and 100 the quartiles are 3.25 and 7.75, so the fences are -3.5 and 14.5."""
    rows = pa.table({"row": range(10), "x": [1.0, 2, 3, 4, 5, 6, 7, 8, 9, 100], "label": ["a", "b"] * 5})
    clipped = fitted({"kind": "outliers"}, inputs=("x",), rows=rows)
    assert clipped.apply({"x": [-50, 5, 100]})[:, 0].tolist() == [-3.5, 5, 14.5]
    marked = fitted({"kind": "outliers", "do": "mark"}, inputs=("x",), rows=rows)
    assert marked.apply({"x": [-50, 5, 100]}).tolist() == [[-50, 1], [5, 0], [100, 1]]


def test_clipping_by_quantile_cuts_at_the_quantiles_of_the_training_rows():
    ours = fitted({"kind": "outliers", "columns": ["c"], "by": "quantile", "low": 0.1, "high": 0.9}, IMPUTE)
    low, high = table()["c"].to_pandas().quantile([0.1, 0.9])
    found = ours.apply(table(seed=1))[:, 2]
    assert (found.min(), found.max()) == pytest.approx((low, high))


def test_principal_components_are_of_what_differs_from_the_mean():
    rows = table().set_column(2, "b", [[1000.0 + at for at in range(200)]])
    ours = fitted({"kind": "principal_components"}, inputs=("b", "d"), rows=rows)
    theirs = PCA(0.8, svd_solver="full").fit(matrix(rows, ("b", "d")))
    np.testing.assert_allclose(ours.apply(rows), theirs.transform(matrix(rows, ("b", "d"))), atol=1e-9)


@pytest.mark.parametrize("variance", [0.8, 0.95, 0.999])
def test_principal_components_are_scikit_learns_and_explain_what_was_asked(variance):
    ours = fitted(
        IMPUTE,
        {"kind": "scale"},
        {"kind": "principal_components", "variance": variance},
    )
    theirs = make_pipeline(
        SimpleImputer(strategy="median"), StandardScaler(), PCA(variance, svd_solver="full")
    ).fit(matrix(table()))
    new = table(seed=1)
    np.testing.assert_allclose(ours.apply(new), theirs.transform(matrix(new)), atol=1e-9)
    explained = ours.fitted[2].explained
    assert sum(explained) >= variance > sum(explained[:-1])


@pytest.mark.parametrize(
    ("by", "score"),
    [
        ("anova", lambda x, y: f_classif(x, y)[0]),
        ("mutual_information", lambda x, y: mutual_info_classif(x, y, random_state=0)),
    ],
)
def test_selection_scores_as_scikit_learn_does_and_keeps_the_best(by, score):
    ours = fitted(IMPUTE, {"kind": "select", "by": by, "most": 1})
    imputed = SimpleImputer(strategy="median").fit_transform(matrix(table()))
    target = table()["label"].to_pylist()
    np.testing.assert_allclose(ours.fitted[1].scores, score(imputed, target))
    kept = SelectKBest(score, k=1).fit(imputed, target).get_support(indices=True)
    assert ours.outputs == ("d",) == tuple(NUMBERS[at] for at in kept)


def test_a_numeric_target_is_scored_as_a_regression():
    ours = fitted(IMPUTE, {"kind": "select", "by": "anova", "most": 1}, inputs=("a", "c", "d"), target="b")
    imputed = SimpleImputer(strategy="median").fit_transform(matrix(table(), ("a", "c", "d")))
    np.testing.assert_allclose(ours.fitted[1].scores, f_regression(imputed, matrix(table(), ("b",))[:, 0])[0])
    assert ours.outputs == ("a",)


def test_selection_by_variance_drops_what_never_changes():
    rows = table().set_column(4, "d", [[5.0] * 200])
    assert fitted(IMPUTE, {"kind": "select"}, rows=rows).outputs == ("a", "b", "c")


WHOLE = (
    IMPUTE,
    {"kind": "outliers"},
    {"kind": "impute", "columns": ["colour"], "strategy": "most_frequent"},
    {"kind": "encode", "columns": ["colour"]},
    {"kind": "scale", "columns": ["a", "b", "c", "d"]},
    {"kind": "principal_components", "columns": ["a", "b", "c", "d"], "variance": 0.9},
)


def test_steps_in_a_row_are_a_pipeline_of_scikit_learns():
    ours = fitted(IMPUTE, WHOLE[2], WHOLE[3], WHOLE[4], inputs=(*NUMBERS, "colour"))
    theirs = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(NUMBERS)),
            (
                "text",
                make_pipeline(
                    SimpleImputer(strategy="most_frequent", missing_values=None),
                    OneHotEncoder(sparse_output=False),
                ),
                ["colour"],
            ),
        ]
    )
    frames = [rows.to_pandas().astype({"colour": object}) for rows in (table(), table(seed=1))]
    for frame in frames:
        frame["colour"] = frame["colour"].where(frame["colour"].notna(), None)
    theirs.fit(frames[0])
    np.testing.assert_allclose(ours.apply(table(seed=1)), theirs.transform(frames[1]), atol=1e-12)


def test_what_was_saved_reads_back_and_gives_the_same_to_the_last_bit(tmp_path):
    made = fitted(*WHOLE, inputs=(*NUMBERS, "colour"))
    made.save(tmp_path / "preprocessing.json")
    loaded = FittedPreprocessing.load(tmp_path / "preprocessing.json")
    assert loaded == made
    np.testing.assert_array_equal(loaded.apply(table(seed=1)), made.apply(table(seed=1)))


def test_a_changed_file_is_refused(tmp_path):
    path = tmp_path / "preprocessing.json"
    fitted(IMPUTE).save(path)
    path.write_text(path.read_text().replace('"mark": false', '"mark": true'))
    with pytest.raises(PreprocessingDamaged, match="was changed after it was written"):
        FittedPreprocessing.load(path)


def test_a_request_of_one_row_gives_what_the_table_gives():
    made = fitted(*WHOLE, inputs=(*NUMBERS, "colour"))
    rows = table(seed=1)
    row = {name: [rows[name][9].as_py()] for name in (*NUMBERS, "colour")}
    np.testing.assert_allclose(made.apply(row)[0], made.apply(rows)[9], rtol=1e-12)


def test_the_digest_is_of_the_description_and_the_training_rows():
    first = fitted(IMPUTE)
    assert fitted(IMPUTE).digest == first.digest
    assert fitted({"kind": "impute", "strategy": "mean"}).digest != first.digest
    assert fitted(IMPUTE, rows=table(seed=1)).digest != first.digest
    assert fitted(IMPUTE, rows=table().slice(1)).digest != first.digest
    assert first.rows == 200


def test_a_column_that_is_no_input_changes_nothing():
    other = table().set_column(5, "colour", [["grey"] * 200])
    assert fitted(IMPUTE, rows=other) == fitted(IMPUTE)


@pytest.mark.parametrize(
    ("steps", "inputs", "message"),
    [
        ([{"kind": "scale"}], ("a", "e"), "lacks the column.s. e; it has row, a"),
        (
            [{"kind": "scale", "columns": ["colour"]}],
            ("colour",),
            "step for numbers got colour: put an encode",
        ),
        ([{"kind": "scale"}], ("colour",), "no numeric column"),
        ([{"kind": "scale", "columns": ["z"]}], ("a",), "names the column.s. z; at that point there are a"),
        ([{"kind": "scale"}], ("a",), "column a has 29 gap.s. at the end: put an impute step"),
        ([{"kind": "principal_components"}], ("a", "b"), "column a has 29 gap.s. at principal_components"),
        ([IMPUTE], ("a", "colour"), "column colour is still text at the end: put an encode step"),
        ([{"kind": "encode", "columns": ["d"]}], ("d",), "column d holds numbers: only text is encoded"),
        ([{"kind": "impute", "columns": ["colour"]}], ("colour",), "is text, which has no median"),
        ([IMPUTE, {"kind": "select", "least": 1e9}], NUMBERS, "no column has more variance than 1e.09"),
    ],
)
def test_a_step_that_cannot_be_fitted_says_what_to_do(steps, inputs, message):
    with pytest.raises(ContractBroken, match=message):
        fitted(*steps, inputs=inputs)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [1.0]}, "lacks the column.s. b; it has a"),
        ({"a": ["x"], "b": [1]}, "column a holds text where numbers were fitted"),
        ({"a": [1.0], "b": [1, 2]}, "columns have different lengths"),
        ({"a": [float("inf")], "b": [1]}, "column a holds an infinite value"),
        ({"a": [1.0], "b": [None]}, "column b has 1 gap"),
    ],
)
def test_a_request_that_does_not_fit_is_refused(columns, message):
    made = fitted({"kind": "impute", "columns": ["a"]}, inputs=("a", "b"))
    with pytest.raises(ContractBroken, match=message):
        made.apply(columns)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"steps": []}, "at least 1 item"),
        ({"steps": [{"kind": "polish"}]}, "polish"),
        ({"inputs": ["a", "label"]}, "cannot be both input and key or target"),
        ({"target": None, "steps": [{"kind": "select", "by": "anova"}]}, "selection by anova needs a target"),
        ({"steps": [{"kind": "impute", "strategy": "constant"}]}, "give constant with strategy: constant"),
        ({"steps": [{"kind": "principal_components", "variance": 1.2}]}, "less than 1"),
    ],
)
def test_a_wrong_description_is_refused_with_its_fault(wrong, message):
    described = {"inputs": ["a"], "key": "row", "target": "label", "steps": [IMPUTE], **wrong}
    with pytest.raises(ValidationError, match=message):
        Preprocessing.model_validate(described)


def test_applying_loads_no_scikit_learn_and_no_pandas(tmp_path):
    fitted(*WHOLE, inputs=(*NUMBERS, "colour")).save(tmp_path / "steps.json")
    code = (
        "import sys, pathlib\n"
        "from ml.data.preprocessing.pipeline import FittedPreprocessing\n"
        f"steps = FittedPreprocessing.load(pathlib.Path({str(tmp_path / 'steps.json')!r}))\n"
        "steps.apply({'a': [1], 'b': [2], 'c': [3], 'd': [4], 'colour': ['red']})\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert not [name for name in ("sklearn", "pandas", "scipy", "pyarrow") if f"'{name}'" in said]
