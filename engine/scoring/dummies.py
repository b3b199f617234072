"""Estimators that know nothing of the features, to see by whether a metric is defined on some rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .metrics import Metric


def dummies(one: Metric, classification: bool) -> Iterator[Any]:
    """Yield an estimator that always says the same, for which a correlation is undefined, and two that draw."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    yield _with_decision(DummyClassifier(strategy="prior"), one) if classification else DummyRegressor()
    for seed in (0, 1):
        drawn = DummyClassifier(strategy="stratified", random_state=seed)
        yield _with_decision(drawn, one) if classification else _drawing(DummyRegressor(), seed)


def _with_decision(made: Any, one: Metric) -> Any:
    def decision_function(rows: Any) -> np.ndarray:
        shares = made.predict_proba(rows)
        return shares[:, 1] if shares.shape[1] == 2 else shares

    if one.needs == ("decision_function",):
        made.decision_function = decision_function  # which no dummy has
    return made


def _drawing(made: Any, seed: int) -> Any:
    """Return a regressor that predicts means of three targets, drawn at random, of those that it is fitted on.

    Of whole targets they are no whole numbers, as a model's predictions are none: a metric of classes must say no.
    """
    fitted: list[np.ndarray] = []

    def fit(rows: Any, target: np.ndarray) -> Any:
        fitted[:] = [target]
        return made

    def predict(rows: Any) -> np.ndarray:
        return np.random.default_rng(seed).choice(fitted[0], (3, len(rows))).mean(axis=0)

    made.fit, made.predict = fit, predict
    return made
