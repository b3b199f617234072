"""Twelve tuning tasks that no change of `bayes` was chosen by: most of them networks on grids of ordered values.

They are for one question, how `bayes` does on what it has not seen, and are to be looked at for nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from axes import Task, choice, linear, log
from samples import breast_cancer, diabetes, digits, titanic
from sklearn.datasets import load_iris, load_wine, make_friedman1, make_moons
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.kernel_ridge import KernelRidge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler
from sklearn.svm import SVC

RATES = log("learning_rate_init", 1e-4, 1e-1, 7)
DECAYS = log("alpha", 1e-6, 1e1, 6)
WIDTHS = choice("width", 4, 8, 16, 32, 64, ordered=True)
DEPTHS = choice("depth", 1, 2, 3, ordered=True)
BATCHES = choice("batch_size", 8, 16, 32, 64, ordered=True)
EPOCHS = choice("max_iter", 4, 8, 16, 32, ordered=True)
SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler, "maxabs": MaxAbsScaler}


def _network(kind: Any) -> Any:
    def build(p: Mapping[str, Any]) -> Any:
        arguments = {name: value for name, value in p.items() if name not in ("width", "depth")}
        layers = (p["width"],) * p.get("depth", 1)
        return make_pipeline(
            StandardScaler(), kind(hidden_layer_sizes=layers, random_state=42, **({"max_iter": 16} | arguments))
        )

    return build


def _reduced(p: Mapping[str, Any]) -> Any:
    model = SVC(C=p["C"], gamma=p["gamma"], kernel=p["kernel"], coef0=1.0, max_iter=5000)
    return make_pipeline(MinMaxScaler(), PCA(p["components"], random_state=42), model)


def _neighbours(p: Mapping[str, Any]) -> Any:
    model = KNeighborsClassifier(p["n_neighbors"], weights=p["weights"], p=p["p"])
    return make_pipeline(SCALERS[p["scaler"]](), model)


def _classes(data: Any, axes: list[dict[str, Any]], scorer: str = "accuracy") -> Task:
    return Task(data, axes, _network(MLPClassifier), scorer)


def _numbers(data: Any, axes: list[dict[str, Any]]) -> Task:
    return Task(data, axes, _network(MLPRegressor), "neg_root_mean_squared_error")


def _friedman() -> tuple[np.ndarray, np.ndarray]:
    return make_friedman1(300, noise=1.0, random_state=0)


FRESH_TASKS = {
    "network_digits": _classes(lambda: digits(400), [RATES, DECAYS, WIDTHS, BATCHES]),
    "network_wine": _classes(lambda: load_wine(return_X_y=True), [RATES, DECAYS, WIDTHS, DEPTHS], "neg_log_loss"),
    "network_cancer": _classes(lambda: breast_cancer(300), [RATES, BATCHES, WIDTHS, DEPTHS]),
    "network_iris": _classes(lambda: load_iris(return_X_y=True), [RATES, BATCHES, WIDTHS, EPOCHS], "neg_log_loss"),
    "network_titanic": _classes(lambda: titanic(400), [RATES, DECAYS, BATCHES, WIDTHS]),
    "network_diabetes": _numbers(diabetes, [RATES, DECAYS, WIDTHS, DEPTHS]),
    "network_moons": _classes(
        lambda: make_moons(300, noise=0.3, random_state=0),
        [RATES, WIDTHS, DEPTHS, choice("activation", "relu", "tanh", "logistic"), EPOCHS],
        "neg_log_loss",
    ),
    "network_friedman": _numbers(_friedman, [RATES, BATCHES, WIDTHS, EPOCHS]),
    "hist_boosting_titanic": Task(
        lambda: titanic(400),
        [
            log("learning_rate", 0.01, 1.0, 7),
            log("max_leaf_nodes", 2, 32, 5, integer=True),
            log("min_samples_leaf", 2, 60, 5, integer=True),
            linear("max_features", 0.2, 1.0, 4),
        ],
        lambda p: HistGradientBoostingClassifier(max_iter=30, early_stopping=False, random_state=42, **p),
        "neg_log_loss",
    ),
    "reduced_svc_digits": Task(
        lambda: digits(400),
        [
            log("C", 1e-2, 1e3, 9),
            log("gamma", 1e-4, 1e1, 9),
            linear("components", 4, 40, 7, integer=True),
            choice("kernel", "rbf", "poly", "sigmoid"),
        ],
        _reduced,
    ),
    "kernel_ridge_friedman": Task(
        _friedman,
        [
            log("alpha", 1e-4, 1e2, 10),
            log("gamma", 1e-3, 1e2, 10),
            choice("degree", 1, 2, 3, 4, ordered=True),
            choice("kernel", "rbf", "laplacian", "poly"),
        ],
        lambda p: KernelRidge(**p),
        "neg_root_mean_squared_error",
    ),
    "neighbours_wine": Task(
        lambda: load_wine(return_X_y=True),
        [
            log("n_neighbors", 1, 60, 14, integer=True),
            choice("p", 1, 1.5, 2, 4, ordered=True),
            choice("weights", "uniform", "distance"),
            choice("scaler", *SCALERS),
        ],
        _neighbours,
        "neg_log_loss",
    ),
}
