"""Columns that are the target in another coat, or tell it perfectly by themselves: mostly known only afterwards.

Whatever does so in all rows does so in any of them, so that few rows show of most columns that they do not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..preset.columns import quoted
from ..text import clean

_FEWEST = 20
"""Rows below which a column may tell the target by chance."""

_RARE = 5
"""Rows that each class, and on average each category, must have for the same reason."""

_LOOKED_AT = 1000

_SAME = 1 - 1e-9
"""The correlation of two columns of numbers that are the same but for unit, origin and rounding errors."""


def note_on_leak(column: str, target: str) -> str:
    """Return what to say of a column that tells the target."""
    tells = f"{clean(column, 40)}: tells {clean(target, 40)} by itself, which is rarely known beforehand"
    return f"{tells}; drop = [{quoted(column)}] leaves it out"


def leaks_of(features: pd.DataFrame, target: np.ndarray, classes: int) -> list[str]:
    """Return the features that tell the target: a code of one of so many `classes`, or a number if 0."""
    if len(target) < _FEWEST or (classes and (classes < 2 or np.bincount(target).min() < _RARE)):
        return []
    few = np.arange(0, len(target), max(len(target) // _LOOKED_AT, 1))
    columns = {str(column): values for column, values in features.items()}
    return [
        column
        for column, values in columns.items()
        if _tells(values.iloc[few], target[few], classes) and _tells(values, target, classes) and not _names(values)
    ]


def _names(values: Any) -> bool:
    """Tell whether categories have so few rows that they stand for these."""
    return isinstance(values.dtype, pd.CategoricalDtype) and values.nunique() * _RARE > len(values)


def _tells(values: Any, target: np.ndarray, classes: int) -> bool:
    if isinstance(values.dtype, pd.CategoricalDtype):
        codes = np.asarray(values.cat.codes, dtype=np.int64) + 1
        return bool(classes) and _by_category(codes, target)
    if values.dtype.kind not in "iufMb":
        return False
    absent = values.isna().to_numpy()
    numbers = values.to_numpy().astype("int64") if values.dtype.kind == "M" else values.to_numpy(dtype=np.float64)
    if not classes:
        return not absent.any() and in_line(numbers, target)
    return _by_order(numbers, absent, target, classes)


def _by_category(codes: np.ndarray, target: np.ndarray) -> bool:
    """Tell whether all rows of a category are of one class."""
    first = np.zeros(codes.max() + 1, dtype=target.dtype)
    first[codes] = target
    return bool((first[codes] == target).all())


def _by_order(numbers: np.ndarray, absent: np.ndarray, target: np.ndarray, classes: int) -> bool:
    """Tell whether the classes lie one behind the other, or where a value is missing."""
    gone, there = target[absent], target[~absent]
    if len(gone) and (gone != gone[0]).any():
        return False
    order = np.argsort(numbers[~absent], kind="stable")
    before, ordered = numbers[~absent][order], there[order]
    steps = np.flatnonzero(ordered[1:] != ordered[:-1])
    return len(steps) < classes and bool((before[steps] != before[steps + 1]).all())


def in_line(numbers: np.ndarray, target: np.ndarray) -> bool:
    """Tell whether one is the other in another unit."""
    x, y = numbers - numbers.mean(), target - target.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return np.isfinite(size) and size > 0 and abs(float(x @ y)) > _SAME * size
