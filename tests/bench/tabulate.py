"""Score real scikit-learn tuning tasks on a grid, once, for the search benchmark.

    python tests/bench/tabulate.py [TASK …]

Each task becomes one file in `tests/bench/data`: the mean 5-fold score of every grid point (NaN where the estimator
refuses the combination) and, as JSON, the axes. `problems.py` interpolates between the grid points, so that the
searches see continuous ranges without a fit.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets, linear_model, metrics, neighbors, neural_network, svm, tree
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, HistGradientBoostingClassifier
from sklearn.kernel_approximation import Nystroem
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MaxAbsScaler,
    MinMaxScaler,
    OrdinalEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

DATA = Path(__file__).parent / "data"


def log(name: str, low: float, high: float, n: int, integer: bool = False) -> dict[str, Any]:
    """Return a log axis of `n` values; whole numbers, each once, if `integer`."""
    return _axis(name, "log", np.logspace(np.log10(low), np.log10(high), n), integer)


def linear(name: str, low: float, high: float, n: int, integer: bool = False) -> dict[str, Any]:
    """Return a linear axis of `n` values; whole numbers, each once, if `integer`."""
    return _axis(name, "linear", np.linspace(low, high, n), integer)


def choice(name: str, *values: Any, ordered: bool = False) -> dict[str, Any]:
    """Return an axis of choices."""
    return {"name": name, "scale": "choice", "values": list(values), "ordered": ordered}


def _axis(name: str, scale: str, values: np.ndarray, integer: bool) -> dict[str, Any]:
    plain = list(dict.fromkeys(round(float(v)) for v in values)) if integer else [float(f"{v:.6g}") for v in values]
    return {"name": name, "scale": scale, "values": plain, "integer": integer}


@dataclass(frozen=True)
class Task:
    """One tuning task: data, axes, and an estimator for each point of their product."""

    data: Callable[[], tuple[np.ndarray, np.ndarray]]
    axes: Sequence[dict[str, Any]]
    build: Callable[[Mapping[str, Any]], Any]
    scorer: str = "accuracy"
    staged: str | None = None
    """The last axis, if a single fit of its greatest value scores all of them (boosting stages)."""


def _digits(rows: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = datasets.load_digits(return_X_y=True)
    keep = np.random.RandomState(0).permutation(len(y))[:rows]
    return X[keep], y[keep]


def _breast_cancer() -> tuple[np.ndarray, np.ndarray]:
    X, y = datasets.load_breast_cancer(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def _diabetes() -> tuple[np.ndarray, np.ndarray]:
    X, y = datasets.load_diabetes(return_X_y=True)
    return StandardScaler().fit_transform(X), y


def _titanic() -> tuple[np.ndarray, np.ndarray]:
    from gzip import decompress

    from sklearn.externals import _arff

    folder = Path(datasets.__file__).parent / "tests/data/openml/id_40945"
    file = _arff.load(decompress((folder / "data-v1-dl-16826755.arff.gz").read_bytes()).decode())
    rows = [dict(zip((name for name, _ in file["attributes"]), row, strict=True)) for row in file["data"]]
    fares = np.array([np.nan if r["fare"] is None else float(r["fare"]) for r in rows])
    columns = [
        [float(r["pclass"]) for r in rows],
        np.where(np.isnan(fares), np.nanmedian(fares), fares),
        OrdinalEncoder().fit_transform([[r["sex"]] for r in rows])[:, 0],
        OrdinalEncoder().fit_transform([[r["embarked"] or "S"] for r in rows])[:, 0],
        [float(r["sibsp"]) + float(r["parch"]) for r in rows],
    ]
    return MinMaxScaler().fit_transform(np.column_stack(columns)), np.array([int(r["survived"]) for r in rows])


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
        lambda: _digits(500),
        [log("C", 1e-3, 1e3, 19), log("gamma", 1e-6, 1e-1, 19)],
        lambda p: svm.SVC(C=p["C"], gamma=p["gamma"]),
    ),
    "svr_diabetes": Task(
        _diabetes,
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
        _breast_cancer,
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
        _diabetes,
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
    ),
    "logistic_titanic": Task(
        _titanic,
        [
            log("C", 1e-3, 1e3, 19),
            choice("penalty", *_PENALTY),
            choice("solver", "newton-cg", "lbfgs", "liblinear", "sag", "saga"),
        ],
        _logistic,
    ),
    "knn_digits": Task(
        lambda: _digits(600),
        [
            log("n_neighbors", 1, 60, 14, integer=True),
            linear("components", 2, 50, 13, integer=True),
            choice("weights", "uniform", "distance"),
            choice("metric", "euclidean", "manhattan", "chebyshev", "cosine", "canberra"),
        ],
        _knn,
    ),
    "forest_diabetes": Task(
        _diabetes,
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
        _breast_cancer,
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
        _diabetes,
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
        _breast_cancer,
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
    if task.staged:
        return [metrics.r2_score(y, guess) for guess in fitted.staged_predict(X)]
    return [float(metrics.get_scorer(task.scorer)(fitted, X, y))]


def tabulate(name: str) -> None:
    """Score every point of a task and write its file; failed combinations become NaN."""
    task, started = TASKS[name], time.time()
    X, y = task.data()
    splitter = KFold if task.scorer == "r2" else StratifiedKFold
    folds = list(splitter(5, shuffle=True, random_state=42).split(X, y))
    axes = list(task.axes)
    walked = axes[:-1] if task.staged else axes
    rows = []
    for values in itertools.product(*(axis["values"] for axis in walked)):
        point = dict(zip((axis["name"] for axis in walked), values, strict=True))
        stages = axes[-1]["values"] if task.staged else [1]
        try:
            extra = {task.staged: max(stages)} if task.staged else {}
            scores = np.mean(
                [_scores(task, task.build(point | extra).fit(X[a], y[a]), X[b], y[b]) for a, b in folds], axis=0
            )
            rows.append([scores[stage - 1] for stage in stages])
        except ValueError:
            rows.append([np.nan] * len(stages))
    table = np.array(rows).reshape([len(axis["values"]) for axis in axes])
    DATA.mkdir(exist_ok=True)
    about = json.dumps({"axes": axes, "scorer": task.scorer})
    np.savez_compressed(DATA / f"{name}.npz", scores=np.round(table, 6), about=np.array(about))
    print(
        f"{name}: {table.size} points, {np.isnan(table).sum()} refused, best {np.nanmax(table):.4f}, "
        f"median {np.nanmedian(table):.4f}, {time.time() - started:.0f} s",
        flush=True,
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for chosen in sys.argv[1:] or list(TASKS):
        tabulate(chosen)
