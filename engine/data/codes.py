"""Whole numbers that stand for classes: counted rather than sorted, which takes a tenth of the time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_MOST = 1 << 16
"""How far apart whole numbers may lie for a counter for each."""


def counted(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the different values of an array in their order, and how often each occurs, as `np.unique` does."""
    if (low := _lowest(values)) is None:
        different, counts = np.unique(values, return_counts=True)
        return different, counts
    counts = np.bincount(values - low)
    found = np.flatnonzero(counts)
    return (found + low).astype(values.dtype), counts[found]


def factorized(series: pd.Series) -> tuple[np.ndarray, Any]:
    """Return each row's place among the column's different values, and these, as `pd.factorize` but in any order."""
    values = series.to_numpy() if isinstance(series.dtype, np.dtype) else np.empty(0)
    if (low := _lowest(values)) is None:
        return pd.factorize(series)
    shifted = values - low
    found = np.flatnonzero(np.bincount(shifted))
    places = np.zeros(int(found[-1]) + 1, dtype=np.intp)
    places[found] = np.arange(len(found))
    return places[shifted], (found + low).astype(values.dtype)


def small(values: np.ndarray) -> np.ndarray:
    """Return class codes as small whole numbers, which sort by their digits: in linear time."""
    if (low := _lowest(values)) is None or low < 0 or (most := values.max()) > np.iinfo(np.int16).max:
        return values
    return values.astype(np.int8 if most <= np.iinfo(np.int8).max else np.int16)


def _lowest(values: np.ndarray) -> Any:
    """Return the least of whole numbers that lie close together, None where it is something else."""
    if values.ndim != 1 or values.dtype != np.int64 or not len(values):
        return None
    low, high = values.min(), values.max()
    return low if int(high) - int(low) < _MOST else None
