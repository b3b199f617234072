"""Data that functions of one's own give, of any type that pandas, numpy and scipy have: understood, or answered."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from running import preset_of
from tunetop.engine.errors import PresetError
from tunetop.engine.preset.imports import ALLOWED
from tunetop.engine.problem.problem import Problem, load_problem

TEXT = """
title = "Own"
[data]
source = "python:{module}:load"
{data}
[model]
estimator = "sklearn.{estimator}"
{model}
[space]
{space}
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
"""
LOGISTIC = {"estimator": "linear_model.LogisticRegression", "space": "C = [0.1, 1.0]", "model": ""}
TREE = {"estimator": "ensemble.HistGradientBoostingClassifier", "space": "max_depth = [1, 2]", "model": ""}
MADE = """
import decimal, numpy as np, pandas as pd, scipy.sparse as sp
def load():
    rng = np.random.default_rng(0)
    f = pd.DataFrame(rng.normal(size=(60, 2)), columns=["a", "b"])
    y = np.where(f.a > 0, "yes", "no")
    i = np.arange(60)
"""
number = itertools.count()


def load(folder: Path, body: str, **parts: str) -> Problem:
    module = f"awkward_{next(number)}"
    (folder / f"{module}.py").write_text(MADE + "".join(f"    {line}\n" for line in body.splitlines()))
    text = TEXT.format(**({"module": module, "data": ""} | LOGISTIC | parts))
    return load_problem(preset_of(text, folder), (*ALLOWED, module))


NO_VALUE = r"row 4 has no value in .*missing_target = \"drop\""
REFUSED = {
    "NaN among texts, X an array": ("y = list(y); y[3] = float('nan')\nreturn f.to_numpy(), y", NO_VALUE, LOGISTIC),
    "None among texts, X a table": ("y = list(y); y[3] = None\nreturn f, y", NO_VALUE, LOGISTIC),
    "NA of pandas": ("y = pd.Series(f.a > 0).astype('boolean'); y[3] = pd.NA\nreturn f, y", NO_VALUE, LOGISTIC),
    "NaN among numbers": ("return f.to_numpy(), np.where(i == 3, np.nan, f.a > 0)", NO_VALUE, LOGISTIC),
    "lists in cells": ("return f.assign(l=[[1]] * 60), y", r"columns\.l: found list.*drop = \[\"l\"\]", LOGISTIC),
    "complex": ("return f.assign(c=1j), y", r"columns\.c: found complex numbers", LOGISTIC),
    "three dimensions": ("return np.zeros((60, 2, 2)), y", r"gives X of shape \(60, 2, 2\)", LOGISTIC),
    "no rows": ("return f[:0], y[:0]", r"gives X of shape \(0, 2\)", LOGISTIC),
    "a centred sparse matrix": (
        "return sp.random(60, 5, density=0.3, random_state=0, format='coo'), y",
        r"model\.prepare: the features are a sparse matrix, and StandardScaler takes none",
        LOGISTIC | {"model": 'prepare = ["standard"]'},
    ),
    "a sparse matrix for trees": (
        "return sp.random(60, 5, density=0.3, random_state=0), y",
        r"model\.estimator: the features are a sparse matrix, and HistGradientBoostingClassifier takes none",
        TREE,
    ),
    "NaN in a sparse matrix": (
        "X = sp.random(60, 5, density=0.3, random_state=0, format='csr'); X.data[0] = np.nan\nreturn X, y",
        r"model\.prepare: values are missing in x\d \(1\)",
        LOGISTIC,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_fit_could_take_is_answered_before_the_first(case: str, tmp_path: Path) -> None:
    body, said, model = REFUSED[case]
    with pytest.raises(PresetError, match=said):
        load(tmp_path, body, **model)


def test_rows_without_a_target_are_left_out_of_all_that_goes_with_them(tmp_path: Path) -> None:
    body = "y = list(y); y[3] = None; y[8] = float('nan')\nreturn {'X': %s, 'y': y, 'part': i %% 3}"
    for features in ("f", "f.to_numpy()", "sp.csr_matrix(f)"):
        problem = load(tmp_path, body % features, data='missing_target = "drop"\n')
        assert (problem.card.rows, problem.card.features) == (58, 2)  # what nothing names is no feature
        assert set(problem.card.classes) == {"no", "yes"}
        assert "2 of 60 rows have no target and are left out (data.missing_target)" in problem.card.notes
        train = np.asarray(problem.split.train.todense() if features.startswith("sp") else problem.split.train)
        np.testing.assert_array_equal(problem.split.train_target, (train[:, 0] > 0).astype(int))


COLUMNS = {
    "nullable whole numbers": ("pd.array(np.where(i % 9 == 0, None, i % 4), dtype='Int64')", "number"),
    "nullable numbers": ("pd.array(np.where(i % 9 == 0, None, i / 4), dtype='Float64')", "number"),
    "nullable truth": ("pd.array(np.where(i % 7 == 0, None, i % 2 == 0), dtype='boolean')", "yes/no"),
    "nullable texts": ("pd.array(np.where(i % 2, 'u', None), dtype='string')", "category"),
    "sparse numbers": ("pd.arrays.SparseArray(np.where(i % 3, 0.0, i))", "number"),
    "spans of time": ("pd.to_timedelta(i, unit='h')", "number"),
    "zoned times": ("pd.date_range('2020', periods=60, tz='Europe/Berlin')", "date"),
    "decimal numbers": ("[decimal.Decimal(n) / 4 for n in range(60)]", "number"),
    "bytes": ("[b'u' if n % 2 else b'v' for n in i]", "category"),
    "intervals": ("pd.cut(f.a, 4)", "category"),
    "large whole numbers": ("np.full(60, 2**63 + 5, dtype='uint64')", "number"),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_further_types_of_columns_are_what_they_mean(case: str, tmp_path: Path) -> None:
    column, kind = COLUMNS[case]
    problem = load(tmp_path, f"return f.assign(k={column}), y", model='prepare = ["impute", "standard", "onehot"]')
    assert [one.kind for one in problem.columns if one.name == "k"] == [kind]
    told = {"spans of time": "k: spans of time, as seconds", "zoned times": "k: the hours are those of Europe/Berlin"}
    assert told.get(case, case) in (*problem.card.notes, case)
    assert "texts that are all numbers" not in "".join(problem.card.notes)
    fitted = problem.estimator.fit(problem.split.train, problem.split.train_target)
    assert fitted.score(problem.split.test, problem.split.test_target) > 0.6


def test_targets_in_one_column_names_twice_and_rows_in_another_order(tmp_path: Path) -> None:
    plain = load(tmp_path, "return f, y")
    for body in ("return f, y.reshape(-1, 1)", "return f, pd.DataFrame({'t': y})", "return f, list(y)"):
        np.testing.assert_array_equal(load(tmp_path, body).split.train_target, plain.split.train_target)
    twice = load(tmp_path, "f.columns = ['a', 'a']\nreturn f, y")
    assert [one.name for one in twice.columns] == ["a", "a.1"]
    np.testing.assert_array_equal(twice.split.train, plain.split.train)
    turned = load(tmp_path, "return f[::-1], pd.Series(y)").card.notes
    assert any("in another order: each row of X goes with the row of y in its place" in note for note in turned)
