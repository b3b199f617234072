"""How a table's rows belong together, for a first preset: those of one person, or one after another in time."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..preset.columns import Columns

_PERSONS = re.compile(
    "(patient|subject|participant|person|customer|client|user|member|animal|household|family|speaker|author)s?(id|no)?"
)
"""What those are called that several rows may be of."""

_NAMES = re.compile("id|no|nr|num|number|code|key|name|uid|uuid|identifier|hash|index")
"""What columns that tell which of them are called besides: `patient_age` tells none."""

_MOST_LISTED = 40


@dataclass(frozen=True)
class RowOrder:
    """What is written of it: keys of `[score]` with their reasons, and of `[data]`."""

    score: dict[str, tuple[Any, str]] = field(default_factory=dict)
    data: dict[str, tuple[Any, str]] = field(default_factory=dict)


def row_order(frame: Any, columns: Columns, classification: bool) -> RowOrder:
    """Return how rows belong together, if it can be told from a table's own columns.

    Folds that part the rows of one person, or score days before those that they are fitted on, promise too much. Rows
    are of persons where a column that is named after one has each of its values in several rows. They are in time where
    dates never go back from one row to the next; a class may be missing in the earliest folds, so of numbers only.
    """
    kinds = {column.name: column.kind for column in columns}
    for name in kinds:
        if _names_persons(name) and _repeats(frame[name]):
            reason = f"guessed: rows of one {name} belong together, in folds and in what is held out"
            return RowOrder({"cv": ("stratified_group" if classification else "group", ""), "groups": (name, reason)})
    dates = [name for name, kind in kinds.items() if kind == "date"]
    if classification or len(dates) != 1 or len(kinds) > _MOST_LISTED or not _goes_on(frame[dates[0]]):
        return RowOrder()
    reason = f"guessed: rows are in order of {dates[0]}; what is scored is later than what is fitted"
    return RowOrder(
        {"cv": ("time", ""), "time": (dates[0], reason)},
        {"features": (list(kinds), f"with {dates[0]}, which would be none beside folds by it")},
    )


def _names_persons(name: str) -> bool:
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    persons = [word for word in words if _PERSONS.fullmatch(word)]
    return bool(persons) and all(word in persons or _NAMES.fullmatch(word) for word in words)


def _repeats(values: Any) -> bool:
    """Tell whether there are enough persons for folds, most of them in several rows, and none in very many."""
    counts = values.value_counts()
    enough = len(counts) >= 20 and bool(values.notna().all())
    return enough and counts.median() >= 2 and counts.iloc[0] <= 0.2 * len(values)


def _goes_on(values: Any) -> bool:
    """Tell whether dates never go back, or never forward, and are of many days."""
    several = len(values) >= 50 and values.nunique() >= 0.5 * len(values) and bool(values.notna().all())
    return several and (values.is_monotonic_increasing or values.is_monotonic_decreasing)
