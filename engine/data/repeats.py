"""Columns that are the same as others, and rows that stand there twice: fitted on and scored, they flatter.

Rows of few categories are alike by nature; those of a table in which some column hardly has a value twice are not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from typing import Any

import numpy as np
import pandas as pd

from ..preset.columns import quoted
from ..text import clean
from .leaks import in_line

_LOOKED_AT = 50
"""Rows in which most columns are seen to be different."""

_MOST = 50_000
"""Rows of which it is worth the time to find those that are alike: of more, those that have some of a column's values.
"""

_FEWER = 10_000
_MIXING = np.uint64(0x9E3779B97F4A7C15)
"""What makes the first digits of a product depend on all of a number (Fibonacci hashing)."""

_SHARE, _FEW = 0.01, 5
"""Of all rows, those that may be alike by chance."""


def notes_on_repeats(features: pd.DataFrame, target: Any) -> list[str]:
    """Return a line for each column that is the same as one before it, three at most, and one for repeated rows."""
    same = [(*pair, "in all rows") for pair in _same_columns(features)]
    same += [(*pair, "but for its unit") for pair in _in_other_units(features, {later for later, _, _ in same})]
    notes = [
        f"{clean(later, 40)}: the same as {clean(first, 40)} {how}; drop = [{quoted(later)}] leaves it out"
        for later, first, how in same[:3]
    ]
    more = len(same) - 3
    notes += [f"{more} more column{'s are' if more > 1 else ' is'} the same as others"] * (more > 0)
    rows, (count, about) = len(features), _same_rows(features, target)
    if count > max(_SHARE * rows, _FEW):
        notes.append(
            f"{about}{count} of {rows} rows stand there before, target included: those fitted on are scored as well, "
            "which flatters; leave them out of the table, or keep them together by a column (score.groups)"
        )
    return notes


def _same_columns(features: pd.DataFrame) -> list[tuple[str, str]]:
    """Return columns that are the same as one before them, each with that one."""
    columns = {str(name): values for name, values in features.items()}
    near = _alike(list(columns), lambda name: _content(columns[name].iloc[:_LOOKED_AT]))
    found = [pair for group in near for pair in _alike(group, lambda name: _content(columns[name]))]
    return [(later, group[0]) for group in found for later in group[1:] if columns[later].nunique() > 1]


def _in_other_units(features: pd.DataFrame, known: Collection[str]) -> list[tuple[str, str]]:
    """Return columns of numbers that are one before them times a number, or with one added, each with that one."""
    columns = {str(name): values for name, values in features.items() if values.dtype.kind in "iuf"}
    few = {name: columns[name].to_numpy(dtype=np.float64)[:_LOOKED_AT] for name in columns.keys() - known}
    scaled = {name: _scale(one) for name, one in few.items() if len(np.unique(one)) > 2}
    near = _alike([name for name in columns if name in scaled], lambda name: scaled[name].tobytes())
    return [
        (later, group[0])
        for group in near
        for later in group[1:]
        if in_line(columns[later].to_numpy(dtype=np.float64), columns[group[0]].to_numpy(dtype=np.float64))
    ]


def _scale(numbers: np.ndarray) -> np.ndarray:
    """Return numbers without their unit, origin and sign, roughly."""
    with np.errstate(all="ignore"):
        found = (numbers - numbers.mean()) / (numbers[np.argmax(numbers != numbers[0])] - numbers[0])
    return found.round(6) + 0.0


def _alike(names: list[str], key: Callable[[str], Hashable]) -> list[list[str]]:
    groups: dict[Hashable, list[str]] = {}
    for name in names:
        groups.setdefault(key(name), []).append(name)
    return [group for group in groups.values() if len(group) > 1]


def _content(values: Any) -> Hashable:
    """Return what stands in a column, as bytes that are the same for equal ones."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufM":
        return values.dtype.str, values.to_numpy().tobytes()
    return "", tuple(values.astype("object").where(values.notna(), None))


def _same_rows(features: pd.DataFrame, target: Any) -> tuple[int, str]:
    """Return how many rows are the same as one before them, where that is no matter of few values; "" if all are told.

    Of very many rows a share is looked at: all that have some of the values in the column of numbers that has the most.
    """
    if features.shape[1] > 1000:
        return 0, ""
    rows, few = len(features), len(features) > _MOST
    if few:
        first = features.iloc[:_LOOKED_AT].select_dtypes("number")
        if first.empty:
            return 0, ""
        column = features[max(first.columns, key=lambda name: first[name].nunique())].to_numpy(dtype=np.float64)
        digits = np.uint64(64 - int(rows // _FEWER).bit_length())
        chosen = np.flatnonzero(column.view(np.uint64) * _MIXING >> digits == 0)
        features, target = features.iloc[chosen], target[chosen]
    frame: Any = features.assign(**{f"target {place}": one for place, one in enumerate(np.atleast_2d(target.T))})
    again = frame.duplicated().to_numpy()
    once: Any = features[~again]
    if not again.any() or not any(once[name].nunique() > 0.5 * len(once) for name in once.columns):
        return 0, ""
    return round(int(again.sum()) * rows / len(again)), "about " * few
