"""What a column of the trial table is: its cells, its numbers, its width, and when it leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.style import Style

from ...engine.events import Axis, RunStarted, Value
from ...engine.state import RunState, TrialState
from ...engine.trials.arrays import Columns
from ...engine.trials.scales import ScoreRange
from ..render.look import Look

if TYPE_CHECKING:
    from ...engine.trials.scales import Floats

PLAIN = Style.null()

FOR_ALL = 3
"""Columns that leave first, up to this order, make room for any hyperparameter; the others, only for two."""

Numbers = Callable[[Columns, RunState], "Floats"]
"""Gives a number of every trial, shape (n_trials,), NaN where there is none."""

Pieces = list[tuple[str, Style]]
"""A cell: one text, which the table fits to the column, or several that fill it together."""


@dataclass(frozen=True)
class Room:
    """What widths depend on: cells of the whole table, the methods' names, folds, and the most trials of a method."""

    width: int
    methods: Sequence[str] = ()
    folds: int = 5
    trials: int = 0


@dataclass(frozen=True)
class Drawing:
    """What all cells share: the look, the state, the number of folds, and the scales of folds and of means."""

    look: Look
    state: RunState
    folds: int
    fold_range: ScoreRange
    mean_range: ScoreRange


@dataclass(frozen=True)
class Field:
    """One column.

    `key` is what settings remember it by. `text` draws a trial's cell in so many cells, the best trial lit; `value`
    gives the numbers that trials are sorted and filtered by, those without one last in any order. `filter_term` is the
    filter's word for it, empty where there is none. `drop_order` says when it leaves where room is short, the lowest
    first; None: never. One with an `axis` is a hyperparameter: those that do not fit are reached by moving sideways.
    """

    key: str
    title: str
    about: str
    width: Callable[[Room], int]
    text: Callable[[Drawing, TrialState, int, bool], Pieces]
    value: Numbers
    side: Literal["left", "right"] = "right"
    drop_order: int | None = None
    sortable: bool = True
    descending: bool = False
    """Whether the largest comes first, unless the order is turned around."""
    filter_term: str = ""
    name: str = ""
    """What to call it, where the title is a mere sign."""
    axis: Axis | None = None
    setting: Callable[[TrialState], Value] | None = None
    """The value as recorded, where it may be a text: the filter compares it with words as well."""
    applies: Callable[[RunStarted], bool] = lambda _: True
    """Whether it means something for a run."""

    @property
    def hideable(self) -> bool:
        """True if a person may leave it out."""
        return self.drop_order is not None or self.axis is not None


def each(number: Callable[[TrialState], float | None]) -> Numbers:
    """Return what gives every trial's number by that of one, which changes only as long as the trial is running."""
    return lambda cols, _: cols.of(number)
