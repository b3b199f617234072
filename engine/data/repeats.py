"""Columns that are the same as others, and rows that stand there twice: fitted on and scored, they flatter.

Rows of few categories are alike by nature; those of a table in which some column hardly has a value twice are not.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd

from ..preset.columns import quoted
from ..text import clean

_LOOKED_AT = 50
"""Rows in which most columns are seen to be different."""

_MOST = 50_000
"""Rows of which it is worth the time to find those that are alike."""

_SHARE, _FEW = 0.01, 5
"""Of all rows, those that may be alike by chance."""


def notes_on_repeats(features: pd.DataFrame, target: Any) -> list[str]:
    """Return a line for each column that is the same as one before it, three at most, and one for repeated rows."""
    same = _same_columns(features)
    notes = [
        f"{clean(later, 40)}: the same as {clean(first, 40)} in all rows; drop = [{quoted(later)}] leaves it out"
        for later, first in same[:3]
    ]
    more = len(same) - 3
    notes += [f"{more} more column{'s are' if more > 1 else ' is'} the same as others"] * (more > 0)
    rows = len(features)
    if (count := _same_rows(features, target)) > max(_SHARE * rows, _FEW):
        notes.append(
            f"{count} of {rows} rows stand there before, target included: those fitted on are scored as well, which "
            "flatters; leave them out of the table, or keep them together by a column (score.groups)"
        )
    return notes


def _same_columns(features: pd.DataFrame) -> list[tuple[str, str]]:
    """Return columns that are the same as one before them, each with that one."""
    columns = {str(name): values for name, values in features.items()}
    near = _alike(list(columns), lambda name: _content(columns[name].iloc[:_LOOKED_AT]))
    found = [pair for group in near for pair in _alike(group, lambda name: _content(columns[name]))]
    return [(later, group[0]) for group in found for later in group[1:] if columns[later].nunique() > 1]


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


def _same_rows(features: pd.DataFrame, target: Any) -> int:
    """Return how many rows are the same as one before them, where that is no matter of few values."""
    if len(features) > _MOST or features.shape[1] > 1000:
        return 0
    frame: Any = features.assign(**{f"target {place}": one for place, one in enumerate(np.atleast_2d(target.T))})
    again = frame.duplicated().to_numpy()
    once: Any = features[~again]
    if not again.any() or not any(once[name].nunique() > 0.5 * len(once) for name in once.columns):
        return 0
    return int(again.sum())
