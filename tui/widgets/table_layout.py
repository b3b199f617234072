"""Which columns of the trial table fit a width: the method and the score always do."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ...engine.events import Axis
from ...engine.text import clean
from ..render.lines import width_of
from ..render.numbers import SCORE_WIDTH, value_width

EXTRAS = {"std": "±", "folds": "folds", "delta": "Δ base", "seconds": "time", "phase": "state"}
"""Keys and titles of the columns behind the score; they can be hidden, as hyperparameters can."""

_LONGEST_TITLE = 22
_MOST_FOLDS = 10


@dataclass(frozen=True)
class Column:
    """One column: its `key` (a name of `Rows.sort`, or `folds`, `delta`), title, and width in cells."""

    key: str
    title: str
    width: int
    left: bool = False
    axis: Axis | None = None


@dataclass(frozen=True)
class TableLayout:
    """The columns that are shown, the gap between them, and how many hyperparameters are out of sight either side."""

    columns: tuple[Column, ...]
    gap: int
    before: int = 0
    after: int = 0

    def starts(self) -> list[int]:
        """Return the cell at which each column begins; the first cell of a row belongs to the cursor."""
        x, starts = 1, []
        for column in self.columns:
            starts.append(x)
            x += column.width + self.gap
        return starts

    @property
    def width(self) -> int:
        """Cells of a whole row."""
        return 1 + sum(column.width for column in self.columns) + self.gap * max(len(self.columns) - 1, 0)


def table_layout(
    width: int,
    axes: Sequence[Axis],
    methods: Sequence[str],
    *,
    folds: int,
    trials: int,
    scoring: str,
    first: int = 0,
    hidden: Collection[str] = (),
) -> TableLayout:
    """Return the columns for a width in cells.

    `first` is the hyperparameter to begin with where not all fit; columns whose key is in `hidden` are
    left out.
    Where room is short, the standard deviation and the seconds go first, then columns move closer together, then
    hyperparameters leave on the right, and only when not even two of those fit, differences, states and folds.
    """
    axes = [axis for axis in axes if "param:" + axis.name not in hidden]
    more: dict[str, Any] = {"folds": folds, "trials": trials, "scoring": scoring, "first": first, "hidden": hidden}
    loose, tight = (_with_gap(gap, width, axes, methods, **more) for gap in (2, 1))
    return loose if width >= 76 and loose.before + loose.after <= tight.before + tight.after else tight


def _with_gap(
    gap: int,
    width: int,
    axes: Sequence[Axis],
    methods: Sequence[str],
    *,
    folds: int,
    trials: int,
    scoring: str,
    first: int,
    hidden: Collection[str],
) -> TableLayout:
    names = max((width_of(clean(name)) for name in methods), default=6)
    number = Column("number", "#", max(len(str(trials)), 3))
    method = Column("method", "method", min(max(names, 6), 14 if width >= 110 else 10), left=True)
    score = Column("mean", clean(scoring, 40) or "score", SCORE_WIDTH + 2)
    widths = {"std": 5, "folds": max(min(folds, _MOST_FOLDS), 5), "delta": 7, "seconds": 6}
    widths["phase"] = 8 if width >= 100 else 5
    extras = [
        Column(key, title, widths[key], left=key in ("std", "folds", "phase"))
        for key, title in EXTRAS.items()
        if key not in hidden
    ]
    smallest = [_smallest(axis) for axis in axes]

    def room(kept: Sequence[Column]) -> int:
        fixed = [number, method, score, *kept]
        return width - 1 - sum(column.width + gap for column in fixed) + gap

    all_params = sum(size + gap for size in smallest)
    two_params = sum(size + gap for size in smallest[:2])
    for key, needed in (("std", all_params), ("seconds", all_params), *((k, two_params) for k in _DROPPED)):
        if room(extras) < needed:
            extras = [column for column in extras if column.key != key]
    shown, before, after = _window(axes, smallest, room(extras), gap, first)
    params = _widened(shown, room(extras), gap)
    return TableLayout((number, method, *params, score, *extras), gap, before, after)


_DROPPED = ("delta", "phase", "folds")


def _smallest(axis: Axis) -> int:
    title = width_of(clean(axis.name))
    return max(min(value_width(axis), 14), min(title, 8))


def _window(
    axes: Sequence[Axis], smallest: Sequence[int], room: int, gap: int, first: int
) -> tuple[list[Axis], int, int]:
    total = len(axes)
    first = max(min(first, total - 1), 0)
    if sum(size + gap for size in smallest) <= room:
        first = 0
    shown: list[Axis] = []
    for axis, size in zip(axes[first:], smallest[first:], strict=True):
        if room < size + gap:
            break
        room -= size + gap
        shown.append(axis)
    return shown, first, total - first - len(shown)


def _widened(axes: Sequence[Axis], room: int, gap: int) -> list[Column]:
    widths = [_smallest(axis) for axis in axes]
    spare = room - sum(width + gap for width in widths)
    for place, axis in enumerate(axes):
        more = max(min(width_of(clean(axis.name)), _LONGEST_TITLE) - widths[place], 0)
        taken = min(more, max(spare, 0))
        widths[place] += taken
        spare -= taken
    return [
        Column("param:" + axis.name, clean(axis.name, 60), width, axis=axis)
        for axis, width in zip(axes, widths, strict=True)
    ]
