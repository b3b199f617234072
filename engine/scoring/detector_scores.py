"""Detectors of outliers held against labels: what they call an outlier is of the positive class.

A detector (IsolationForest, LocalOutlierFactor with `novelty`, OneClassSVM, EllipticEnvelope) is fitted without labels,
predicts 1 or -1, and scores what is usual high. Scorers of classes look at the same the other way round.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, is_outlier_detector


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
