"""Further scores on many resamples of the same rows at once: Cohen's kappa, top-k accuracy, average precision, pinball.

Each gives what scikit-learn's own gives on one draw; classes that a draw lacks keep their places, and so the distances
that a weighted kappa goes by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

KAPPA, TOP_K, PINBALL, PRECISION = "cohen_kappa", "top_k_accuracy", "mean_pinball", "average_precision"

_WEIGHTS = {None: None, "None": None, "linear": 1, "quadratic": 2}


def named(written: Mapping[str, Any]) -> tuple[str, Any]:
    """Return which of these scores a metric with parameters is, and how (a power, k, alpha); "" if it is none."""
    given = {name: value for name, value in written.items() if name not in ("metric", "name", "greater", "needs")}
    metric = written.get("metric")
    if metric == "cohen_kappa_score" and set(given) <= {"weights"} and given.get("weights") in _WEIGHTS:
        return KAPPA, _WEIGHTS[given.get("weights")]
    if metric in ("top_k_accuracy_score", TOP_K) and set(given) <= {"k"}:
        return TOP_K, given.get("k", 2)
    if metric == "mean_pinball_loss" and set(given) <= {"alpha"} and not written.get("greater", False):
        return PINBALL, given.get("alpha", 0.5)
    if metric in ("average_precision_score", PRECISION) and not given:
        return PRECISION, None
    return "", None


def kappa(table: np.ndarray, power: int | None) -> np.ndarray:
    """Return Cohen's kappa of each confusion matrix of `table`, shape (draws, classes, classes), or NaN."""
    places = np.arange(table.shape[1])
    apart = np.abs(places[:, None] - places[None, :])
    weights = (apart != 0).astype(float) if power is None else apart.astype(float) ** power
    true, called = table.sum(axis=2), table.sum(axis=1)
    by_chance = np.einsum("di,ij,dj->d", true, weights, called) / true.sum(axis=1)
    found = (table * weights).sum(axis=(1, 2))
    return 1 - np.divide(found, by_chance, out=np.full(len(table), np.nan), where=by_chance > 0)


def pinball(targets: np.ndarray, given: np.ndarray, alpha: float) -> np.ndarray:
    """Return minus each prediction's loss at that quantile, shape (rows, models), as means over rows make the score."""
    above = targets - given
    return -np.where(above >= 0, alpha * above, (alpha - 1) * above).T


def among_first(targets: np.ndarray, given: np.ndarray, k: int) -> np.ndarray:
    """Return whether each row's class is among the k likeliest, shape (rows, models), ties as scikit-learn has them."""
    first = np.argsort(given, axis=2, kind="mergesort")[:, :, ::-1][:, :, :k]
    return (first == targets.astype(int)[None, :, None]).any(axis=2).astype(float).T


def precision(targets: np.ndarray, given: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return what gives the average precision, shape (draws,), for row counts, shape (draws, rows)."""
    order = np.argsort(-given, kind="stable")
    starts = np.flatnonzero(np.diff(given[order], prepend=np.inf) != 0)
    positive = targets[order] == 1

    def average(counts: np.ndarray) -> np.ndarray:
        ordered = counts[:, order]
        hits = np.add.reduceat(ordered * positive, starts, axis=1)
        called = np.cumsum(np.add.reduceat(ordered, starts, axis=1), axis=1)
        right = np.cumsum(hits, axis=1)
        precise = np.divide(right, called, out=np.zeros(right.shape), where=called > 0)
        total = right[:, -1]
        return np.divide((hits * precise).sum(axis=1), total, out=np.zeros(len(counts)), where=total > 0)

    return average
