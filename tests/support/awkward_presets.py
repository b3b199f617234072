"""Presets as people write them over tables as they come, each with what pandas and GridSearchCV make of it by hand."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from running import preset_of
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    LeaveOneOut,
    PredefinedSplit,
    RepeatedStratifiedKFold,
    StratifiedKFold,
    TimeSeriesSplit,
    train_test_split,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits
from worked import worked

TEXT = """
title = "Awkward"
[data]
source = "csv:table.csv"
target = {target}
seed = 1
{data}
[model]
estimator = "{estimator}"
{model}
[space]
{space}
[score]
scoring = "{scoring}"
folds = 3
{score}
[[method]]
kind = "grid"
"""
PLAIN = {
    "target": '"y"',
    "data": "",
    "model": "",
    "score": "",
    "estimator": "sklearn.linear_model.LogisticRegression",
    "space": "C = [0.1, 1.0]",
    "scoring": "accuracy",
}
RIDGE = {"estimator": "sklearn.linear_model.Ridge", "space": "alpha = [0.1, 1.0]", "scoring": "r2"}
MIXED = {"model": 'prepare = ["standard", "onehot"]'}
STACK = {
    "estimator": "sklearn.ensemble.StackingClassifier",
    "space": "k__n_neighbors = [3, 5]",
    "model": "params = { passthrough = true, estimators = "
    '[["k", { class = "sklearn.neighbors.KNeighborsClassifier" }]] }',
}
LOG = {
    "estimator": "sklearn.compose.TransformedTargetRegressor",
    "space": "regressor__alpha = [0.1, 1.0]",
    "scoring": "r2",
    "model": 'params = { regressor = { class = "sklearn.linear_model.Ridge" }, func = { function = "numpy.log1p" }, '
    'inverse_func = { function = "numpy.expm1" } }',
}
TREE = {
    "estimator": "sklearn.tree.DecisionTreeClassifier",
    "space": "max_depth = [1, 3]",
    "model": "params = { random_state = 0 }",
}

ROWS = np.arange(60)
RNG = np.random.default_rng(0)
F = pd.DataFrame(RNG.normal(size=(60, 2)).round(3), columns=["a", "b"])
F = F.assign(c=RNG.choice(["u", "v", "w"], 60), y=np.where(F["a"] + RNG.normal(scale=0.5, size=60) > 0, "yes", "no"))
N, A, YES = F.drop(columns="c"), F[["a", "b"]].to_numpy(), (F["y"] == "yes").to_numpy().astype(int)
CSV = F.to_csv(index=False)
LINES = CSV.splitlines()
TRAIN, _ = train_test_split(ROWS, test_size=0.2, random_state=1)
PART, DAY = ROWS % 4 - 1, ROWS * 37 % 60
BY_DAY = np.argsort(DAY)[:48]

C = {"C": [0.1, 1.0]}
LR = LogisticRegression()
CHAIN = make_pipeline(
    ColumnTransformer([("n", StandardScaler(), ["a", "b"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["c"])]), LR
)


def by_hand(model: Any, grid: Any, X: Any = A, y: Any = YES, rows: Any = TRAIN, **more: Any) -> np.ndarray:
    """Return each configuration's score in each fold, shape (configurations, folds)."""
    fit = more.pop("fit", {})
    search = GridSearchCV(model, grid, **{"cv": 3, "scoring": "accuracy"} | more)
    search.fit(X.iloc[rows] if hasattr(X, "iloc") else X[rows], np.asarray(y)[rows], **fit)
    folds = sum(name.startswith("split") for name in search.cv_results_)
    return np.column_stack([search.cv_results_[f"split{fold}_test_score"] for fold in range(folds)])


def mixed() -> np.ndarray:
    return by_hand(CHAIN, {f"logisticregression__{name}": values for name, values in C.items()}, F)


def alpha(y: Any, model: Any = Ridge(), name: str = "alpha") -> np.ndarray:
    return by_hand(model, {name: [0.1, 1.0]}, y=y, scoring="r2")


def xgboost() -> np.ndarray:
    from xgboost import XGBClassifier

    return by_hand(XGBClassifier(random_state=0, n_jobs=1), {"n_estimators": [3, 6]}, y=ROWS % 3)


TWO = np.column_stack([YES, F["b"] > 0]).astype(int)
DEPTH = {"max_depth": [1, 3]}
EQUAL: dict[str, tuple[Any, dict[str, str], Any]] = {
    "byte order mark": (b"\xef\xbb\xbf" + CSV.encode(), MIXED, mixed),
    "blank lines": (CSV.replace("\n", "\n\n"), MIXED, mixed),
    "mixed line ends": ("".join(f"{line}{chr(13) * (place % 2)}\n" for place, line in enumerate(LINES)), MIXED, mixed),
    "line ends of old Macs": (CSV.replace("\n", "\r"), MIXED, mixed),
    "separators at the ends": (
        "\n".join(f"{line}," for line in LINES),
        MIXED | {"data": 'drop = ["Unnamed: 4"]'},
        mixed,
    ),
    "blanks behind commas": (CSV.replace(",", ", "), MIXED, mixed),
    "tabs": (F.to_csv(index=False, sep="\t"), MIXED, mixed),
    "carets": (F.to_csv(index=False, sep="^"), MIXED, mixed),
    "decimal commas": (F.to_csv(index=False, sep=";", decimal=","), MIXED, mixed),
    "UTF-16": (CSV.encode("utf-16"), MIXED, mixed),
    "labels 1.0 and 2.0": (N.assign(y=YES + 1.0), {}, lambda: by_hand(LR, C)),
    "labels with commas": (N.assign(y=F["y"] + ", sure"), {}, lambda: by_hand(LR, C)),
    "weights of zero": (
        N.assign(w=ROWS % 2),
        {"score": 'weight = "w"\nweigh_scores = true'},
        lambda: by_hand(LR, C, fit={"sample_weight": (ROWS % 2)[TRAIN]}),
    ),
    "leave one out": (N, {"score": 'cv = "leave_one_out"'}, lambda: by_hand(LR, C, cv=LeaveOneOut())),
    "repeated": (
        N,
        {"score": 'cv = "repeated"\nrepeats = 2'},
        lambda: by_hand(LR, C, cv=RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)),
    ),
    "predefined, some never": (
        N.assign(p=PART),
        {"score": 'predefined = "p"'},
        lambda: by_hand(LR, C, cv=PredefinedSplit(PART[TRAIN])),
    ),
    "time with a gap": (
        N.assign(t=DAY),
        {"score": 'time = "t"\ngap = 4'},
        lambda: by_hand(LR, C, rows=BY_DAY, cv=TimeSeriesSplit(3, gap=4)),
    ),
    "a stack that passes through": (
        N,
        STACK,
        lambda: by_hand(
            StackingClassifier([("k", KNeighborsClassifier())], passthrough=True), {"k__n_neighbors": [3, 5]}
        ),
    ),
    "log1p of zeros": (
        N.assign(y=np.where(ROWS % 7, np.exp(F["a"]), 0)),
        LOG,
        lambda: alpha(
            np.where(ROWS % 7, np.exp(F["a"]), 0),
            TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1),
            "regressor__alpha",
        ),
    ),
    "best columns behind one-hot": (
        F,
        {
            "model": 'prepare = ["standard", "onehot", "sklearn.feature_selection.SelectKBest"]',
            "space": "SelectKBest__k = [2, 4]",
        },
        lambda: by_hand(make_pipeline(CHAIN[0], SelectKBest(), LR), {"selectkbest__k": [2, 4]}, F),
    ),
    "classes 1 to 3 for xgboost": (
        N.assign(y=ROWS % 3 + 1),
        {
            "estimator": "xgboost.XGBClassifier",
            "space": "n_estimators = [3, 6]",
            "model": "params = { random_state = 0, n_jobs = 1 }",
        },
        xgboost,
    ),
    "several labels": (
        N.assign(y=TWO[:, 0], z=TWO[:, 1]),
        TREE | {"target": '["y", "z"]', "scoring": "f1_micro"},
        lambda: by_hand(DecisionTreeClassifier(random_state=0), DEPTH, y=TWO, scoring="f1_micro"),
    ),
    "several numbers": (
        N.assign(y=F["a"] * 2 + F["b"], z=F["b"] ** 2),
        RIDGE | {"target": '["y", "z"]', "score": 'also = ["neg_mean_absolute_error"]'},
        lambda: alpha(np.column_stack([F["a"] * 2 + F["b"], F["b"] ** 2])),
    ),
    "columns of any name": (F.rename(columns={"a": "a.b[0]<x>", "b": 'b "q"'}), MIXED, mixed),
    "a target in euros": (
        N.assign(y=[f"{value:,.2f} EUR" for value in F["a"] * 1000]),
        RIDGE,
        lambda: alpha([float(f"{value:.2f}") for value in F["a"] * 1000]),
    ),
    "stratified by hand": (N, {"score": 'cv = "stratified"'}, lambda: by_hand(LR, C, cv=StratifiedKFold(3))),
}


def written(content: Any, folder: Path, parts: dict[str, str]) -> Any:
    if isinstance(content, pd.DataFrame):
        content = content.to_csv(index=False)
    (folder / "table.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    return preset_of(TEXT.format(**PLAIN | parts), folder)


def check_equal(case: str, folder: Path) -> None:
    """Hold a case's scores against those by hand."""
    content, parts, expected = EQUAL[case]
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = worked(written(content, folder, parts), folder, refit=False)
        assert not done.errors
        np.testing.assert_allclose(done.scores, expected(), rtol=0, atol=1e-12)
