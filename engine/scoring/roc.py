"""Areas under ROC curves for many resamples of the same rows at once, of two classes or of more."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

Area = Callable[[np.ndarray], np.ndarray]
"""Gives the area, shape (draws,), for row counts, shape (draws, rows); NaN where a class has no rows."""


def area(scoring: str, targets: np.ndarray, given: np.ndarray) -> Area | None:
    """Return what computes a scorer of scikit-learn's (`roc_auc`, `roc_auc_ovr`, …), None where it is another.

    `given` holds decision values or probabilities, shape (rows,) for two classes and (rows, classes) for more.
    """
    if given.ndim == 1:
        return _of_two(targets == 1, given) if scoring == "roc_auc" else None
    known = {"roc_auc_ovr": _one_against_the_rest, "roc_auc_ovo": _one_against_one}
    parts = known.get(scoring.removesuffix("_weighted"))
    return _mean(parts(targets, given), weighted=scoring.endswith("_weighted")) if parts else None


def _of_two(positive: np.ndarray, given: np.ndarray) -> Area:
    """Return the share of pairs of a positive and a negative row that are in order, ties counted half."""
    order = np.argsort(given, kind="stable")
    starts = np.flatnonzero(np.diff(given[order], prepend=-np.inf) > 0)
    positive = positive[order]

    def share(counts: np.ndarray) -> np.ndarray:
        ordered = counts[:, order]
        high = np.add.reduceat(ordered * positive, starts, axis=1)
        low = np.add.reduceat(ordered * ~positive, starts, axis=1)
        below = np.cumsum(low, axis=1) - low / 2
        pairs = high.sum(axis=1) * low.sum(axis=1)
        return np.divide((high * below).sum(axis=1), pairs, out=np.full(len(counts), np.nan), where=pairs > 0)

    return share


Part = tuple[Area, np.ndarray]
"""An area and the rows, as 0 and 1, that it weighs by."""


def _one_against_the_rest(targets: np.ndarray, given: np.ndarray) -> list[Part]:
    classes = range(given.shape[1])
    return [(_of_two(targets == one, given[:, one]), (targets == one).astype(float)) for one in classes]


def _one_against_one(targets: np.ndarray, given: np.ndarray) -> list[Part]:
    """Return for every pair of classes the mean of both ways to tell them apart (Hand & Till 2001)."""

    def pair(one: int, other: int) -> Part:
        rows = (targets == one) | (targets == other)
        both = [_of_two(targets[rows] == which, given[rows, which]) for which in (one, other)]
        return lambda counts: (both[0](counts[:, rows]) + both[1](counts[:, rows])) / 2, rows.astype(float)

    return [pair(*pair_of) for pair_of in combinations(range(given.shape[1]), 2)]


def _mean(parts: list[Part], *, weighted: bool) -> Area:
    rows = np.stack([behind for _, behind in parts], axis=1)

    def mean(counts: np.ndarray) -> np.ndarray:
        areas = np.stack([part(counts) for part, _ in parts], axis=1)
        weights = counts @ rows if weighted else np.ones_like(areas)
        return (areas * weights).sum(axis=1) / weights.sum(axis=1)

    return mean
