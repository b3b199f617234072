"""Tuning tasks of other kinds for `tabulate.py`: networks on grids, boosting, SVMs and pipelines with bundles.

They are small (200 to 500 rows, 3 folds), so that each table takes some minutes, and coarse or fine as people's own
grids are. A network's epochs and a boosting's rounds are read off one fit.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from axes import Task, choice, linear, log
from samples import breast_cancer, diabetes, digits, titanic
from sklearn import linear_model, metrics, neighbors, svm
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostClassifier,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectKBest
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, RobustScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler, "none": lambda: "passthrough"}


class Epochs:
    """A network that keeps its weights after each of some epochs of `partial_fit`."""

    def __init__(self, network: Any, epochs: Sequence[int]) -> None:
        self._network, self._epochs = network, epochs
        self.kept: list[Any] = []

    def fit(self, X: np.ndarray, y: np.ndarray) -> Epochs:
        """Train as long as the largest number of epochs."""
        classes = {"classes": np.unique(y)} if isinstance(self._network, MLPClassifier) else {}
        for epoch in range(1, max(self._epochs) + 1):
            self._network.partial_fit(X, y, **classes)
            if epoch in self._epochs:
                kept = copy.copy(self._network)
                kept.coefs_, kept.intercepts_ = copy.deepcopy((kept.coefs_, kept.intercepts_))
                self.kept.append(kept)
        return self


def _log_losses(guesses: Iterator[np.ndarray], y: np.ndarray) -> list[float]:
    return [-metrics.log_loss(y, guess) for guess in guesses]


def _epoch_scores(scorer: str) -> Callable[[Any, np.ndarray, np.ndarray], list[float]]:
    return lambda fitted, X, y: [float(metrics.get_scorer(scorer)(network, X, y)) for network in fitted.kept]


def _epoch_log_errors(fitted: Any, X: np.ndarray, y: np.ndarray) -> list[float]:
    """Return -log10 of the squared error after each epoch kept: losses of many orders of magnitude."""
    return [-float(np.log10(np.mean((network.predict(X) / 77.0 - y / 77.0) ** 2))) for network in fitted.kept]


def _network(p: Mapping[str, Any], epochs: Sequence[int], kind: Any = MLPClassifier, **more: Any) -> Epochs:
    layers = (p["width"],) * p.get("depth", 1)
    names = ("learning_rate_init", "alpha", "batch_size", "momentum", "activation")
    chosen = {name: p[name] for name in names if name in p}
    return Epochs(kind(hidden_layer_sizes=layers, random_state=42, **chosen, **more), epochs)


def _architecture(p: Mapping[str, Any]) -> Any:
    layers = tuple(width for width in (p["first"], p["second"], p["third"]) if width)
    network = MLPClassifier(layers, activation=p["activation"], solver=p["solver"], max_iter=25, random_state=42)
    return make_pipeline(SCALERS[p["scaler"]](), network)


def _svc(p: Mapping[str, Any]) -> Any:
    weight = None if p["class_weight"] == "none" else "balanced"
    return svm.SVC(
        **({"gamma": p["gamma"], "C": p["C"]} | SVC_KERNELS[p["kernel"]]), class_weight=weight, max_iter=5000
    )


def _selected(p: Mapping[str, Any]) -> Any:
    arguments = {"C": p["C"]} | PENALTIES[p["penalty"]]
    model = linear_model.LogisticRegression(solver="saga", max_iter=60, random_state=42, **arguments)
    return make_pipeline(SCALERS[p["scaler"]](), SelectKBest(k=p["k"]), PolynomialFeatures(p["degree"]), model)


def _sgd(p: Mapping[str, Any]) -> Any:
    arguments = {"eta0": p["eta0"]} | RATES[p["learning_rate"]]
    model = linear_model.SGDClassifier(
        loss=p["loss"], penalty=p["penalty"], alpha=p["alpha"], max_iter=15, tol=None, random_state=42, **arguments
    )
    return make_pipeline(MinMaxScaler(), model)


def _polynomial(p: Mapping[str, Any]) -> Any:
    model = linear_model.ElasticNet(alpha=p["alpha"], l1_ratio=p["l1_ratio"], max_iter=300)
    features = PolynomialFeatures(p["degree"], interaction_only=p["interactions"] == "only", include_bias=False)
    return make_pipeline(features, SCALERS[p["scaler"]](), model)


def _neighbours(p: Mapping[str, Any]) -> Any:
    model = neighbors.KNeighborsClassifier(p["n_neighbors"], weights=p["weights"], p=p["p"])
    return make_pipeline(SCALERS[p["scaler"]](), PCA(p["components"], random_state=42), model)


def _boosted_trees(p: Mapping[str, Any]) -> Any:
    tree = DecisionTreeClassifier(max_depth=p["max_depth"], min_samples_leaf=p["min_samples_leaf"])
    return AdaBoostClassifier(tree, n_estimators=p["n_estimators"], learning_rate=p["learning_rate"], random_state=42)


def _standard_wine() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_wine(return_X_y=True)
    return StandardScaler().fit_transform(X), y


SVC_KERNELS: dict[str, dict[str, Any]] = {
    "rbf": {"kernel": "rbf"},
    "linear": {"kernel": "linear", "gamma": "auto"},
    "square": {"kernel": "poly", "degree": 2, "coef0": 1.0},
    "cube": {"kernel": "poly", "degree": 3, "coef0": 0.0},
    "sigmoid": {"kernel": "sigmoid"},
}
PENALTIES: dict[str, dict[str, Any]] = {
    "l1": {"l1_ratio": 1.0},
    "l2": {"l1_ratio": 0.0},
    "half": {"l1_ratio": 0.5},
    "none": {"C": np.inf},
}
RATES: dict[str, dict[str, Any]] = {
    "optimal": {"learning_rate": "optimal", "eta0": 0.01},
    "constant": {"learning_rate": "constant"},
    "falling": {"learning_rate": "invscaling"},
    "adaptive": {"learning_rate": "adaptive"},
}
TITANIC_EPOCHS, ERROR_EPOCHS = (5, 10, 20, 40), (5, 15, 45)
CANCER_EPOCHS, WINE_EPOCHS = (3, 6, 12, 24), (2, 4, 8, 16, 32, 64)

MORE_TASKS = {
    "wine_epochs": Task(
        _standard_wine,
        [
            log("learning_rate_init", 1e-4, 1e-1, 10),
            log("alpha", 1e-5, 10, 7),
            choice("width", 4, 8, 16, 32, 64, ordered=True),
            choice("epochs", *WINE_EPOCHS, ordered=True),
        ],
        lambda p: _network(p, WINE_EPOCHS, batch_size=16),
        staged="epochs",
        stages=_epoch_scores("neg_log_loss"),
    ),
    "titanic_epochs": Task(
        lambda: titanic(400),
        [
            log("learning_rate_init", 1e-4, 1e-1, 8),
            log("alpha", 1e-5, 10, 4),
            choice("width", 4, 8, 16, 32, ordered=True),
            choice("depth", 1, 2, 3, ordered=True),
            choice("epochs", *TITANIC_EPOCHS, ordered=True),
        ],
        lambda p: _network(p, TITANIC_EPOCHS, batch_size=32),
        staged="epochs",
        stages=_epoch_scores("roc_auc"),
    ),
    "cancer_epochs": Task(
        lambda: breast_cancer(300),
        [
            log("learning_rate_init", 1e-4, 1e-1, 10),
            choice("width", 4, 8, 16, 32, 64, ordered=True),
            choice("batch_size", 8, 16, 32, 64, ordered=True),
            choice("activation", "relu", "tanh", "logistic"),
            choice("epochs", *CANCER_EPOCHS, ordered=True),
        ],
        lambda p: _network(p, CANCER_EPOCHS),
        staged="epochs",
        stages=_epoch_scores("neg_log_loss"),
    ),
    "diabetes_momentum": Task(
        diabetes,
        [
            log("learning_rate_init", 1e-6, 1e-1, 9),
            choice("momentum", 0.0, 0.5, 0.8, 0.9, 0.97, ordered=True),
            choice("width", 4, 16, 64, ordered=True),
            choice("batch_size", 8, 32, 128, ordered=True),
            choice("epochs", *ERROR_EPOCHS, ordered=True),
        ],
        lambda p: _network(p, ERROR_EPOCHS, kind=MLPRegressor, solver="sgd"),
        scorer="r2",
        staged="epochs",
        stages=_epoch_log_errors,
    ),
    "wine_architecture": Task(
        lambda: load_wine(return_X_y=True),
        [
            choice("first", 4, 16, 64),
            choice("second", 0, 8, 32),
            choice("third", 0, 16),
            choice("activation", "relu", "tanh", "logistic", "identity"),
            choice("solver", "adam", "sgd", "lbfgs"),
            choice("scaler", *SCALERS),
        ],
        _architecture,
        "neg_log_loss",
    ),
    "adaboost_wine": Task(
        lambda: load_wine(return_X_y=True),
        [
            log("learning_rate", 0.01, 3.0, 9),
            choice("max_depth", 1, 2, 3, 4, ordered=True),
            choice("min_samples_leaf", 1, 3, 9, ordered=True),
            log("n_estimators", 2, 60, 9, integer=True),
        ],
        _boosted_trees,
        staged="n_estimators",
        stages=lambda fitted, X, y: _log_losses(fitted.staged_predict_proba(X), y),
    ),
    "forest_digits": Task(
        lambda: digits(400),
        [
            log("max_features", 0.02, 1.0, 6),
            log("min_samples_leaf", 1, 16, 4, integer=True),
            linear("max_samples", 0.2, 1.0, 4),
            choice("criterion", "gini", "entropy"),
            choice("class_weight", "none", "balanced_subsample"),
        ],
        lambda p: RandomForestClassifier(
            20, random_state=42, **(p | ({"class_weight": None} if p["class_weight"] == "none" else {}))
        ),
        "neg_log_loss",
    ),
    "svc_titanic": Task(
        lambda: titanic(300),
        [
            log("C", 1e-3, 1e3, 12),
            log("gamma", 1e-4, 1e2, 12),
            choice("kernel", *SVC_KERNELS, bundles=SVC_KERNELS),
            choice("class_weight", "none", "balanced"),
        ],
        _svc,
        "roc_auc",
    ),
    "nu_svc_cancer": Task(
        lambda: breast_cancer(300),
        [
            linear("nu", 0.02, 0.98, 13),
            log("gamma", 1e-5, 1e1, 12),
            linear("coef0", -2.0, 2.0, 5),
            choice("kernel", "rbf", "poly", "sigmoid"),
        ],
        lambda p: svm.NuSVC(max_iter=5000, **p),
        "f1",
    ),
    "svr_kernels_diabetes": Task(
        diabetes,
        [
            log("C", 1e-2, 1e3, 9),
            log("gamma", 1e-4, 1e1, 8),
            log("epsilon", 1e-1, 1e2, 5),
            choice("kernel", "rbf", "linear", "poly", "sigmoid"),
        ],
        lambda p: svm.SVR(max_iter=5000, **p),
        "neg_root_mean_squared_error",
    ),
    "selection_cancer": Task(
        lambda: breast_cancer(250),
        [
            log("C", 1e-3, 1e3, 9),
            linear("k", 2, 30, 6, integer=True),
            choice("penalty", *PENALTIES, bundles=PENALTIES),
            choice("degree", 1, 2, ordered=True),
            choice("scaler", *SCALERS),
        ],
        _selected,
        "neg_log_loss",
    ),
    "sgd_digits": Task(
        lambda: digits(300),
        [
            log("alpha", 1e-6, 1e0, 10),
            log("eta0", 1e-4, 1e1, 7),
            choice("loss", "hinge", "log_loss", "modified_huber", "perceptron"),
            choice("penalty", "l1", "l2", "elasticnet"),
            choice("learning_rate", *RATES, bundles=RATES),
        ],
        _sgd,
    ),
    "polynomial_diabetes": Task(
        diabetes,
        [
            log("alpha", 1e-4, 1e2, 13),
            linear("l1_ratio", 0.0, 1.0, 5),
            choice("degree", 1, 2, 3, ordered=True),
            choice("interactions", "only", "all"),
            choice("scaler", *SCALERS),
        ],
        _polynomial,
        "r2",
    ),
    "neighbours_titanic": Task(
        lambda: titanic(500),
        [
            log("n_neighbors", 1, 80, 14, integer=True),
            linear("components", 1, 5, 5, integer=True),
            choice("p", 1, 1.5, 2, 4, ordered=True),
            choice("weights", "uniform", "distance"),
            choice("scaler", *SCALERS),
        ],
        _neighbours,
        "neg_log_loss",
    ),
}
