"""Detectors of outliers held against labels: what they call an outlier is of the positive class.

A detector (IsolationForest, LocalOutlierFactor with `novelty`, OneClassSVM, EllipticEnvelope) is fitted without labels,
predicts 1 or -1, and scores what is usual high. Scorers of classes look at the same the other way round.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, is_outlier_detector

from ..errors import PresetError
from ..text import clean
from .data import Dataset
from .metrics import Metric
from .preset import Preset


class SeenAsClassifier(ClassifierMixin, BaseEstimator):
    """A fitted detector as scorers of two classes take it: 1 for an outlier, and the higher the more it is one."""

    classes_ = np.array([0, 1])

    def __init__(self, detector: Any) -> None:
        self.detector = detector

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, rows: Any) -> np.ndarray:
        """Return 1 for each row that the detector predicts -1 for, 0 for the others, shape (rows,)."""
        return (np.asarray(self.detector.predict(rows)) == -1).astype(np.int64)

    def decision_function(self, rows: Any) -> np.ndarray:
        """Return minus the detector's `score_samples`, or minus its `decision_function`, shape (rows,)."""
        scores = getattr(self.detector, "score_samples", None) or self.detector.decision_function
        return -np.asarray(scores(rows))


def seen_by_scorers(estimator: Any, *, labelled: bool = True) -> Any:
    """Return a fitted estimator as scorers take it: a detector of outliers, where there are labels, as a classifier."""
    return SeenAsClassifier(estimator) if labelled and is_outlier_detector(estimator) else estimator


def detects(estimator: Any, leading: Metric) -> bool:
    """Tell whether an estimator finds outliers, and what it finds is held against labels."""
    return leading.labelled and bool(is_outlier_detector(estimator))


def check_detector(estimator: Any, dataset: Dataset, preset: Preset) -> str:
    """Return what to know of a detector's scores; raise `PresetError` where labels do not say what an outlier is."""
    name, file = clean(type(getattr(estimator, "steps", [("", estimator)])[-1][1]).__name__, 60), preset.path
    if not hasattr(estimator, "predict"):
        found = f"{name} labels no rows but those that it is fitted on"
        raise PresetError(file, "model.params", found, "novelty = true")
    if len(dataset.classes) != 2:
        found = f"found {len(dataset.classes)} classes, and {name} finds outliers"
        raise PresetError(file, "data.target", found, "a column of two classes, one of them the outliers'")
    counts = np.bincount(dataset.target, minlength=2)
    signs = {*dataset.labels} == {"-1", "1"}  # scikit-learn's own outliers are -1, elsewhere 1 is what is looked for
    if not dataset.positive or (signs and preset.data.positive is None):
        classes = " and ".join(
            f"{clean(one, 30)} ({count})" for one, count in zip(dataset.classes, counts, strict=True)
        )
        rarer = clean(dataset.classes[int(counts.argmin())], 30)
        found = f"missing: {name} finds outliers, and nothing says which of {classes} they are"
        raise PresetError(file, "data.positive", found, f'one of them, such as positive = "{rarer}"')
    kept = "" if preset.score.cv or preset.score.scheme else "; each fold has its share of them (score.cv)"
    return (
        f"{name} is fitted without labels; what it finds is held against {clean(dataset.positive, 40)!r}, "
        f"{counts[1]} of {counts.sum()} rows (data.positive){kept}"
    )
