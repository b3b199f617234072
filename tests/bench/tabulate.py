"""Score real scikit-learn tuning tasks on a grid, once, for the search benchmark.

    python tests/bench/tabulate.py [TASK …]

Each task becomes one file in `tests/bench/data`: the mean score over the folds of every grid point (NaN where the
estimator refuses the combination) and, as JSON, the axes. `problems.py` interpolates between the grid points, so that
the searches see continuous ranges without a fit.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from axes import Task, choice, linear, log
from fresh_tasks import FRESH_TASKS
from more_tasks import MORE_TASKS
from samples import breast_cancer, diabetes, digits, titanic
from sklearn import datasets, linear_model, metrics, neighbors, neural_network, svm, tree
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, HistGradientBoostingClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

DATA = Path(__file__).parent / "data"


_PENALTY = {"l1": {"l1_ratio": 1.0}, "l2": {"l1_ratio": 0.0}, "elasticnet": {"l1_ratio": 0.5}, "none": {"C": np.inf}}
_SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler, "maxabs": MaxAbsScaler}


def _logistic(p: Mapping[str, Any]) -> Any:
    arguments = {"C": p["C"], "solver": p["solver"], **_PENALTY[p["penalty"]]}
    return linear_model.LogisticRegression(max_iter=200, random_state=42, **arguments)


def _svm_kernels(p: Mapping[str, Any]) -> Any:
    scaler = _SCALERS[p["scaler"]]() if p["scaler"] != "none" else StandardScaler(with_mean=False, with_std=False)
    return make_pipeline(scaler, svm.SVC(kernel=p["kernel"], C=p["C"], gamma=p["gamma"], degree=3, max_iter=20000))


def _mlp(p: Mapping[str, Any]) -> Any:
    return neural_network.MLPClassifier(
        hidden_layer_sizes=(p["width"],),
        activation=p["activation"],
        learning_rate_init=p["learning_rate_init"],
        alpha=p["alpha"],
        max_iter=40,
        random_state=42,
    )


def _forest(p: Mapping[str, Any]) -> Any:
    return ExtraTreesRegressor(n_estimators=25, random_state=42, **p)


def _knn(p: Mapping[str, Any]) -> Any:
    parts = PCA(p["components"], random_state=42)
    return make_pipeline(
        parts, neighbors.KNeighborsClassifier(p["n_neighbors"], weights=p["weights"], metric=p["metric"])
    )


def _hist_boosting(p: Mapping[str, Any]) -> Any:
    return HistGradientBoostingClassifier(max_iter=40, early_stopping=False, random_state=42, **p)


def _kernel_ridge(p: Mapping[str, Any]) -> Any:
    maker = Nystroem(p["kernel"], gamma=p["gamma"], n_components=p["n_components"], random_state=42, degree=2, coef0=1)
    quantiles = QuantileTransformer(n_quantiles=50, output_distribution="normal")
    first = quantiles if p["scaler"] == "quantile" else _SCALERS[p["scaler"]]()
    return make_pipeline(first, maker, linear_model.Ridge(alpha=p["alpha"]))


def _tree(p: Mapping[str, Any]) -> Any:
    return tree.DecisionTreeClassifier(random_state=42, **p)


TASKS = {
    "svm_digits": Task(
        lambda: digits(500),
        [log("C", 1e-3, 1e3, 19), log("gamma", 1e-6, 1e-1, 19)],
        lambda p: svm.SVC(C=p["C"], gamma=p["gamma"]),
    ),
    "svr_diabetes": Task(
        diabetes,
        [log("C", 1e-2, 1e3, 11), log("gamma", 1e-5, 1.0, 11), log("epsilon", 1e-2, 1e2, 8)],
        lambda p: svm.SVR(C=p["C"], gamma=p["gamma"], epsilon=p["epsilon"], max_iter=20000),
        "r2",
    ),
    "svm_kernels_wine": Task(
        lambda: datasets.load_wine(return_X_y=True),
        [
            log("C", 1e-3, 1e3, 13),
            log("gamma", 1e-5, 1e1, 13),
            choice("kernel", "linear", "rbf", "poly", "sigmoid"),
            choice("scaler", "none", *_SCALERS),
        ],
        _svm_kernels,
        "accuracy",
    ),
    "mlp_breast_cancer": Task(
        breast_cancer,
        [
            log("learning_rate_init", 1e-4, 1e-1, 8),
            log("alpha", 1e-5, 1e1, 4),
            log("width", 4, 64, 4, integer=True),
            choice("activation", "relu", "tanh", "logistic"),
        ],
        _mlp,
        "neg_log_loss",
    ),
    "boosting_diabetes": Task(
        diabetes,
        [
            log("learning_rate", 0.01, 1.0, 7),
            linear("max_depth", 1, 5, 5, integer=True),
            linear("subsample", 0.3, 1.0, 3),
            log("min_samples_leaf", 1, 64, 3, integer=True),
            log("n_estimators", 5, 200, 12, integer=True),
        ],
        lambda p: GradientBoostingRegressor(random_state=42, **p),
        "r2",
        staged="n_estimators",
        stages=lambda fitted, X, y: [metrics.r2_score(y, guess) for guess in fitted.staged_predict(X)],
    ),
    "logistic_titanic": Task(
        titanic,
        [
            log("C", 1e-3, 1e3, 19),
            choice("penalty", *_PENALTY),
            choice("solver", "newton-cg", "lbfgs", "liblinear", "sag", "saga"),
        ],
        _logistic,
    ),
    "knn_digits": Task(
        lambda: digits(600),
        [
            log("n_neighbors", 1, 60, 14, integer=True),
            linear("components", 2, 50, 13, integer=True),
            choice("weights", "uniform", "distance"),
            choice("metric", "euclidean", "manhattan", "chebyshev", "cosine", "canberra"),
        ],
        _knn,
    ),
    "forest_diabetes": Task(
        diabetes,
        [
            linear("max_features", 0.1, 1.0, 5),
            log("min_samples_leaf", 1, 60, 6, integer=True),
            choice("max_depth", 2, 3, 5, 8, 12, ordered=True),
            choice("criterion", "squared_error", "friedman_mse"),
            choice("bootstrap", False, True),
        ],
        _forest,
        "r2",
    ),
    "hist_boosting_breast_cancer": Task(
        breast_cancer,
        [
            log("learning_rate", 0.01, 1.0, 6),
            log("max_leaf_nodes", 2, 32, 4, integer=True),
            log("l2_regularization", 1e-3, 1e2, 4),
            linear("max_features", 0.1, 1.0, 3),
        ],
        _hist_boosting,
        "neg_log_loss",
    ),
    "nystroem_diabetes": Task(
        diabetes,
        [
            log("gamma", 1e-4, 10, 9),
            log("alpha", 1e-4, 1e3, 8),
            log("n_components", 5, 160, 4, integer=True),
            choice("kernel", "rbf", "laplacian", "sigmoid", "poly"),
            choice("scaler", "standard", "minmax", "quantile"),
        ],
        _kernel_ridge,
        "r2",
    ),
    "tree_breast_cancer": Task(
        breast_cancer,
        [
            linear("max_depth", 1, 12, 12, integer=True),
            log("min_samples_leaf", 1, 60, 10, integer=True),
            log("ccp_alpha", 1e-4, 1e-1, 8),
            choice("criterion", "gini", "entropy"),
            choice("splitter", "best", "random"),
        ],
        _tree,
        "roc_auc",
    ),
}


def _scores(task: Task, fitted: Any, X: np.ndarray, y: np.ndarray) -> list[float]:
    """Return the score of a fitted estimator, or of each of its stages."""
    if task.stages:
        return task.stages(fitted, X, y)
    return [float(metrics.get_scorer(task.scorer)(fitted, X, y))]


def _at_stages(scores: np.ndarray, stages: list[int]) -> list[float]:
    """Return the scores on the axis: boosting has one of every round, fewer where it ended early."""
    on_axis = len(scores) == len(stages)
    return list(scores if on_axis else scores[np.minimum(np.array(stages), len(scores)) - 1])


def tabulate(name: str) -> None:
    """Score every point of a task and write its file; failed combinations become NaN."""
    task, started = (TASKS | MORE_TASKS | FRESH_TASKS)[name], time.time()
    X, y = task.data()
    splitter = StratifiedKFold if len(np.unique(y)) < 20 else KFold
    folds = list(splitter(5 if name in TASKS else 3, shuffle=True, random_state=42).split(X, y))
    axes = list(task.axes)
    walked = axes[:-1] if task.staged else axes
    rows = []
    for values in itertools.product(*(axis["values"] for axis in walked)):
        point = dict(zip((axis["name"] for axis in walked), values, strict=True))
        stages = axes[-1]["values"] if task.staged else [1]
        try:
            extra = {task.staged: max(stages)} if task.staged else {}
            scores = [_scores(task, task.build(point | extra).fit(X[a], y[a]), X[b], y[b]) for a, b in folds]
            rows.append(np.mean([_at_stages(np.array(fold), stages) for fold in scores], axis=0))
        except ValueError:
            rows.append([np.nan] * len(stages))
    table = np.array(rows).reshape([len(axis["values"]) for axis in axes])
    DATA.mkdir(exist_ok=True)
    about = json.dumps({"axes": axes, "scorer": task.scorer})
    np.savez_compressed(DATA / f"{name}.npz", scores=np.round(table, 5), about=np.array(about))
    print(
        f"{name}: {table.size} points, {np.isnan(table).sum()} refused, best {np.nanmax(table):.4f}, "
        f"median {np.nanmedian(table):.4f}, {time.time() - started:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for chosen in sys.argv[1:] or [*TASKS, *MORE_TASKS, *FRESH_TASKS]:
        tabulate(chosen)
