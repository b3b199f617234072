"""Rows of data, in whatever they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def rows_of(data: Any, rows: np.ndarray | Sequence[int]) -> Any:
    """Return those rows of a DataFrame, an array, a sparse matrix or a list, as what it is."""
    if isinstance(data, np.ndarray) and data.flags.c_contiguous and isinstance(rows, np.ndarray) and rows.dtype == "i8":
        return data.take(rows, axis=0)  # the same as by index, in half the time
    from sklearn.utils import _safe_indexing  # pyright: ignore[reportPrivateUsage]

    return _safe_indexing(data, rows)


def all_finite(numbers: np.ndarray) -> bool:
    """Tell whether an array of numbers is surely without NaN and inf: their sum, which is had quickly, would be one."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(numbers.sum()))
