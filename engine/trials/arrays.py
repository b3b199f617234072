"""A run's trials as numpy columns, kept up to date by reading only what is new.

`RunState` holds a Python object a trial; drawing, sorting or filtering a hundred thousand of them means arrays. A
finished trial never changes, so a column once made takes in the trials that came since, and those that were running,
alone. Columns are made when they are first asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ..events import BASELINE, Axis
from ..state import RunState, TrialState
from .scales import AxisScale, Floats, ScoreRange, axis_scale, bounded, drawable, score_range

WAITING, RUNNING, DONE, FAILED, RACED = range(-1, 4)
"""Codes of a trial's phase; those that are through come behind `RUNNING`."""

PHASES = {"waiting": WAITING, "running": RUNNING, "done": DONE, "failed": FAILED, "raced": RACED}

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

Reading = Callable[[Sequence[TrialState]], Sequence[float] | Floats]

_MOST_KEPT = 60
"""Columns that are kept; of more, those that were not asked for the longest are made anew when they are."""


@dataclass
class _Kept:
    """One column: how it is read, and its entries, with room for more."""

    read: Reading
    entries: np.ndarray


class Columns:
    """Arrays with one entry a trial, in order of arrival, shape (n_trials,).

    `names` are the methods; `metrics` and `attributes` are the names of what trials have been found to carry besides
    their score; `changed` holds the places of the trials that the last `read` added or changed.
    """

    def __init__(self) -> None:
        self.revision = -1
        self.version = 0
        """Counts the times that anything about the trials changed."""
        self.size = 0
        self.changed: list[int] = []
        self.names: list[str] = []
        self.metrics: dict[str, None] = {}
        self.attributes: dict[str, None] = {}
        self.scales: dict[str, AxisScale] = {}
        self._trials: list[TrialState] = []
        self.sign = 1.0
        """-1.0 where the search's own tool minimises what leads: `mean` holds its scores so turned."""
        self._axes: list[Axis] | None = None
        self._open: dict[int, int] = {}
        self._unbounded: list[Axis] = []
        self._methods: dict[str, int] = {}
        self._kept: OrderedDict[object, _Kept] = OrderedDict()
        self._range: dict[tuple[Any, ...], ScoreRange | None] = {}

    # -- what is read ------------------------------------------------------------------------------------------------

    @property
    def mean(self) -> Floats:
        """Mean scores of the trials that are done and keep to all constraints; NaN for others."""
        return self.of(_score)

    @property
    def finished_at(self) -> Floats:
        """When each trial finished, in seconds since the epoch; NaN while running."""
        return self.of(_finished_at)

    @property
    def phase(self) -> Ints:
        """Codes of the trials' phases."""
        return self._column("phase", lambda trials: [PHASES[trial.phase] for trial in trials], np.int64)

    @property
    def method(self) -> Ints:
        """Indexes of the trials' methods in `names`; -1 for one that the run does not name."""
        return self._column("method", lambda trials: [self._methods.get(one.method, -1) for one in trials], np.int64)

    @property
    def number(self) -> Ints:
        """The trials' numbers within their methods."""
        return self._column("number", lambda trials: [trial.number for trial in trials], np.int64)

    def of(self, number: Callable[[TrialState], float | None]) -> Floats:
        """Return a number of every trial, NaN where it is None; hand in the same function each time.

        The number of a trial that is through must stay as it is.
        """
        # numpy makes NaN of None
        return self._column(number, lambda trials: np.array([number(trial) for trial in trials], dtype=float))

    def place(self, axis: str) -> Floats:
        """Return the trials' positions on an axis (see `AxisScale.position`)."""
        scale = self.scales[axis]
        return self._column(scale, lambda trials: scale.positions([trial.params.get(axis) for trial in trials]))

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
        self._trials = trials = state.trials
        running = [place for place, revision in self._open.items() if trials[place].revision != revision]
        added = range(self.size, len(trials))
        self.changed = [*running, *added]
        self.size, self.revision = len(trials), state.revision
        self.names = list(state.methods)
        self._methods = {name: index for index, name in enumerate(self.names)}
        self.sign = state.sign
        self._know_axes(state)
        for place in self.changed:
            self._notice(place, trials[place])
        for kept in self._kept.values():
            self._update(kept, running, added)

    def _notice(self, place: int, trial: TrialState) -> None:
        if not trial.through:
            self._open[place] = trial.revision
        else:
            self._open.pop(place, None)
        if trial.others:
            self.metrics.update(dict.fromkeys(trial.others))
        if trial.attributes:
            self.attributes.update(dict.fromkeys(trial.attributes))

    def _know_axes(self, state: RunState) -> None:
        """Take over the hyperparameters, where they are other ones; a scale without bounds depends on the trials."""
        axes = state.info.axes if state.info is not None else None
        if self.changed or axes is not self._axes:
            self.version += 1
        if axes is not self._axes:
            # what is kept was read by way of the hyperparameters as they were
            self._kept.clear()
            self._axes = axes
            self.metrics = dict.fromkeys(state.info.also if state.info else ()) | self.metrics
            self.scales = {axis.name: axis_scale(axis) for axis in axes or ()}
            self._unbounded = [axis for axis in axes or () if not bounded(axis)]
        for axis in self._unbounded:
            self.scales[axis.name] = axis_scale(axis, [trial.params.get(axis.name) for trial in state.trials])

    def _update(self, kept: _Kept, running: list[int], added: range) -> None:
        if len(kept.entries) < self.size:
            larger = np.empty(max(2 * len(kept.entries), self.size, 64), dtype=kept.entries.dtype)
            larger[: added.start] = kept.entries[: added.start]
            kept.entries = larger
        if running:
            kept.entries[np.array(running)] = kept.read([self._trials[place] for place in running])
        if added:
            kept.entries[added.start : added.stop] = kept.read(self._trials[added.start : added.stop])

    def _column(self, key: object, read: Reading, kind: Any = np.float64) -> Any:
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _Kept(read, np.empty(0, dtype=kind))
            self._update(kept, [], range(self.size))
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return kept.entries[: self.size]


def _score(trial: TrialState) -> float | None:
    return trial.mean if trial.phase == "done" and trial.feasible and drawable(trial.mean) else None


def _finished_at(trial: TrialState) -> float | None:
    return trial.finished_at


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
