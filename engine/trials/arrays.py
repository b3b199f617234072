"""A run's trials as numpy columns, kept up to date by reading only what is new.

`RunState` holds a Python object a trial; drawing a hundred thousand of them means arrays. A finished trial never
changes, so columns once made for a state only take in the trials that came since, and those that were running.
"""

from __future__ import annotations

import math
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..events import BASELINE, Axis
from ..state import RunState, TrialState
from .scales import LARGEST, AxisScale, Floats, ScoreRange, axis_scale, bounded, score_range

RUNNING, DONE, FAILED, RACED = range(4)
"""Codes of a trial's phase."""

_PHASES = {"running": RUNNING, "done": DONE, "failed": FAILED, "raced": RACED}

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Ints = np.ndarray[Any, np.dtype[np.int64]]


class Columns:
    """Arrays with one entry a trial, in order of arrival, shape (n_trials,).

    `mean` is NaN unless the trial is done; `method` is the index into `names`; `finished_at` is NaN while running.
    """

    def __init__(self) -> None:
        self.revision = -1
        self.size = 0
        self.names: list[str] = []
        self.scales: dict[str, AxisScale] = {}
        self.sign = 1.0
        """-1.0 where the search's own tool minimises what leads: `mean` holds its scores so turned."""
        self._axes: list[Axis] | None = None
        self._open: list[int] = []
        self._unbounded: list[Axis] = []
        self._room = 0
        self._mean = self._finished = np.empty(0)
        self._phase = self._method = self._number = np.empty(0, dtype=np.int64)
        self._places: dict[str, Floats] = {}
        self._range: dict[tuple[Any, ...], ScoreRange | None] = {}

    # -- what views read ---------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Floats:
        """Mean scores of the trials that are done; NaN for others."""
        return self._mean[: self.size]

    @property
    def finished_at(self) -> Floats:
        """When each trial finished, in seconds since the epoch."""
        return self._finished[: self.size]

    @property
    def phase(self) -> Ints:
        """Codes of the trials' phases."""
        return self._phase[: self.size]

    @property
    def method(self) -> Ints:
        """Indexes of the trials' methods in `names`."""
        return self._method[: self.size]

    @property
    def number(self) -> Ints:
        """The trials' numbers within their methods."""
        return self._number[: self.size]

    def place(self, axis: str) -> Floats:
        """Return the trials' positions on an axis (see `AxisScale.position`)."""
        return self._places[axis][: self.size]

    def of_methods(self, method: str | None, hide: frozenset[str] = frozenset(), *, baseline: bool = False) -> Mask:
        """Return which trials belong to `method` (None: to any that is not hidden; the baseline only if asked for)."""
        if method is not None:
            shown = {method}
        else:
            shown = {name for name in self.names if name not in hide and (baseline or name != BASELINE)}
        # one entry more, False, for trials of a method that the run does not name: their index is -1
        wanted = np.array([name in shown for name in self.names] + [False])
        return wanted[self.method]

    def scores(self, method: str | None = None, hide: frozenset[str] = frozenset()) -> ScoreRange | None:
        """Return the range of the scores of those methods, computed once a revision."""
        key = (self.revision, method, hide)
        if key not in self._range:
            self._range = {k: v for k, v in self._range.items() if k[0] == self.revision}
            self._range[key] = score_range(self.mean[self.of_methods(method, hide)], self.sign)
        return self._range[key]

    # -- keeping up --------------------------------------------------------------------------------------------------

    def read(self, state: RunState) -> None:
        """Take in what is new in `state`."""
        if self.revision == state.revision and self.size == len(state.trials):
            return
        self.names = list(state.methods)
        self.sign = state.sign
        placed = self._know_axes(state)
        fresh = range(self.size, len(state.trials))
        self._grow(len(state.trials))
        self.size = len(state.trials)
        if self._open:
            self._take(np.array(self._open), [state.trials[index] for index in self._open])
        if fresh:
            self._take(slice(fresh.start, fresh.stop), state.trials[fresh.start :])
        # an open trial of a watched search may be asking for its parameters one by one
        stale = np.array(self._open, dtype=np.int64) if placed else np.empty(0, dtype=np.int64)
        self._open = [index for index in (*self._open, *fresh) if state.trials[index].phase == "running"]
        if not placed:
            self._place(state, slice(0, self.size))
        else:
            if len(stale):
                self._place(state, stale)
            if fresh:
                self._place(state, slice(fresh.start, fresh.stop))
        self.revision = state.revision

    def _know_axes(self, state: RunState) -> bool:
        """Take in the axes; return False where they are other ones than before, so that all trials are placed anew."""
        axes = state.info.axes if state.info is not None else None
        if axes is self._axes:
            return True
        self._axes = axes
        self.scales = {axis.name: axis_scale(axis) for axis in axes or ()}
        self._unbounded = [axis for axis in axes or () if not bounded(axis)]
        self._places = {name: np.full(self._room, math.nan) for name in self.scales}
        return False

    def _place(self, state: RunState, where: slice | Ints) -> None:
        for axis in self._unbounded:
            seen = [trial.params.get(axis.name) for trial in state.trials]
            self.scales[axis.name] = axis_scale(axis, seen)
            self._places[axis.name][: self.size] = self.scales[axis.name].positions(seen)
        trials = state.trials[where] if isinstance(where, slice) else [state.trials[index] for index in where]
        for name, scale in self.scales.items():
            self._places[name][where] = scale.positions([trial.params.get(name) for trial in trials])

    def _grow(self, size: int) -> None:
        if size <= self._room:
            return
        self._room = max(2 * self._room, size, 64)

        def larger(column: Any, fill: Any) -> Any:
            grown = np.full(self._room, fill, dtype=column.dtype)
            grown[: len(column)] = column
            return grown

        self._mean, self._finished = larger(self._mean, math.nan), larger(self._finished, math.nan)
        self._phase, self._method, self._number = (larger(c, 0) for c in (self._phase, self._method, self._number))
        self._places = {name: larger(column, math.nan) for name, column in self._places.items()}

    def _take(self, where: slice | Ints, trials: list[TrialState]) -> None:
        """Read trials, in bulk."""
        methods = {name: index for index, name in enumerate(self.names)}
        phases = np.array([_PHASES[trial.phase] for trial in trials])
        means = np.array([math.nan if trial.mean is None else trial.mean for trial in trials])
        self._phase[where] = phases
        # one that the run does not name has no index
        self._method[where] = [methods.get(trial.method, -1) for trial in trials]
        self._number[where] = [trial.number for trial in trials]
        self._mean[where] = np.where((phases == DONE) & (np.abs(means) <= LARGEST), means, math.nan)
        self._finished[where] = [math.nan if trial.finished_at is None else trial.finished_at for trial in trials]


_columns: WeakKeyDictionary[RunState, Columns] = WeakKeyDictionary()


def columns(state: RunState) -> Columns:
    """Return the state's columns, up to date. They belong to the state and change with it: read, don't keep."""
    found = _columns.get(state)
    if found is None:
        found = _columns[state] = Columns()
    found.read(state)
    return found


def best_index(cols: Columns, mask: Mask) -> int | None:
    """Return the index of the best trial among those of the mask, ties going to earlier methods, then lower numbers."""
    candidates = np.flatnonzero(mask & np.isfinite(cols.mean))
    if not len(candidates):
        return None
    top = candidates[cols.mean[candidates] == cols.mean[candidates].max()]
    return int(min(top, key=lambda index: (cols.method[index], cols.number[index])))


def best_per_cell(cells: Ints, scores: Floats) -> Ints:
    """Return, for every distinct cell, the index of its highest score (the earliest of equal ones), NaN ranking last.

    `cells` (small whole numbers from 0) and `scores` have one entry a trial; the result is ordered by cell.
    """
    if not len(cells):
        return np.empty(0, dtype=np.int64)
    scores = np.nan_to_num(scores, nan=-np.inf)
    top = np.full(int(cells.max()) + 1, -np.inf)
    np.maximum.at(top, cells, scores)
    # written last to first: of equal ones the earliest stays
    candidates = np.flatnonzero(scores == top[cells])[::-1]
    best = np.full(len(top), -1, dtype=np.int64)
    best[cells[candidates]] = candidates
    return best[best >= 0]


def spread(cols: Columns, scale: AxisScale, name: str) -> Floats:
    """Return positions on an axis, those on a choice strewn over its band, by trial number, so that they don't hide."""
    places = cols.place(name)
    if scale.kind != "choice" or len(scale.labels) < 2:
        return places
    # multiples of the golden ratio fill an interval evenly, however many there are
    offsets = (cols.number * 0.6180339887) % 1.0 - 0.5
    return places + 0.7 * offsets / len(scale.labels)
