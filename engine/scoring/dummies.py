"""Estimators that know nothing of the features, to see by whether a metric is defined on some rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyClassifier, DummyRegressor

from .metrics import Metric


def dummies(one: Metric, classification: bool) -> Iterator[Any]:
    """Yield an estimator that always says the same, for which a correlation is undefined, and two that draw."""
    yield _with_decision(DummyClassifier(strategy="prior"), one) if classification else DummyRegressor()
    for seed in (0, 1):
        drawn = DummyClassifier(strategy="stratified", random_state=seed)
        yield _with_decision(drawn, one) if classification else _Drawn(seed)


def _with_decision(made: Any, one: Metric) -> Any:
    def decision_function(rows: Any) -> np.ndarray:
        shares = made.predict_proba(rows)
        return shares[:, 1] if shares.shape[1] == 2 else shares

    if one.needs == ("decision_function",):
        made.decision_function = decision_function  # which no dummy has
    return made


class _Drawn(RegressorMixin, BaseEstimator):
    """Predicts targets that it was fitted on, drawn at random."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, rows: Any, target: np.ndarray) -> _Drawn:
        self.target_ = target
        return self

    def predict(self, rows: Any) -> np.ndarray:
        return np.random.default_rng(self.seed).choice(self.target_, len(rows))
