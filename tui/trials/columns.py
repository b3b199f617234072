"""What trials are sorted and filtered by, as numpy columns that take in only what is new.

A hundred thousand trials are sorted in some milliseconds this way; asking each `TrialState` would take a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...engine.events import Axis, Value
from ...engine.state import RunState, TrialState

PHASES = ("running", "done", "failed", "raced")
"""Trials' phases by the code that the column `phase` holds."""

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Places = np.ndarray[Any, np.dtype[np.intp]]

_CODES: dict[str, float] = {phase: float(code) for code, phase in enumerate(PHASES)}
_FIXED = ("phase", "method", "number", "mean", "std", "seconds", "reused", "manual", "warned")


def plain_value(axis: Axis | None, value: Value) -> float:
    """Return a hyperparameter's value as a number to sort by: a choice's place among the labels, NaN for the rest."""
    if axis is not None and axis.scale == "choice":
        for place, label in enumerate(axis.labels):
            if label == value and type(label) is type(value):
                return float(place)
        return np.nan
    return float(value) if isinstance(value, int | float) else np.nan


class TrialColumns:
    """Arrays with one entry a trial, in order of arrival; unknown numbers are NaN, flags 0 or 1.

    `size` is the number of trials taken in, `changed` the places of those that the last `update` added or changed.
    """

    def __init__(self) -> None:
        self.size = 0
        self.changed: list[int] = []
        self.axes: dict[str, Axis] = {}
        self.methods: list[str] = []
        self._state: RunState | None = None
        self._columns: dict[str, Floats] = {}
        self._labels: dict[str, dict[tuple[type, Value], float]] = {}
        self._open: dict[int, int] = {}

    def __getitem__(self, name: str) -> Floats:
        return self._columns[name][: self.size]

    def param(self, axis: str) -> Floats:
        """Return the values of one hyperparameter (see `plain_value`)."""
        return self["param:" + axis]

    def update(self, state: RunState) -> bool:
        """Take in what is new in `state`; return True if the columns began anew."""
        anew = self._state is not state or (not self.axes and state.info is not None)
        if anew:
            self._begin(state)
        self.methods = list(state.methods)
        trials = state.trials
        running = [place for place, revision in self._open.items() if trials[place].revision != revision]
        added = range(self.size, len(trials))
        self.changed = [*running, *added]
        if added:
            self._grow(len(trials))
        if running:
            self._write(np.array(running), [trials[place] for place in running])
        if added:
            self._write(slice(added.start, added.stop), trials[added.start :])
        for place in self.changed:
            trial = trials[place]
            if trial.phase == "running":
                self._open[place] = trial.revision
            else:
                self._open.pop(place, None)
        return anew

    def _begin(self, state: RunState) -> None:
        self._state = state
        self.size = 0
        self._open.clear()
        self.axes = {axis.name: axis for axis in state.info.axes} if state.info else {}
        self._columns = {name: np.empty(0) for name in (*_FIXED, *("param:" + name for name in self.axes))}
        self._labels = {
            axis.name: {(type(label), label): float(place) for place, label in reversed(list(enumerate(axis.labels)))}
            for axis in self.axes.values()
            if axis.scale == "choice"
        }

    def _grow(self, size: int) -> None:
        self.size = size
        for name, column in self._columns.items():
            if len(column) < size:
                larger = np.full(max(2 * len(column), size, 256), np.nan)
                larger[: len(column)] = column
                self._columns[name] = larger

    def _write(self, where: slice | Places, trials: list[TrialState]) -> None:
        methods = {name: float(place) for place, name in enumerate(self.methods)}
        nan = float("nan")

        def put(name: str, values: Iterable[float]) -> None:
            self._columns[name][where] = list(values)

        put("phase", [_CODES[trial.phase] for trial in trials])
        put("method", [methods.get(trial.method, nan) for trial in trials])
        put("number", [trial.number for trial in trials])
        put("mean", [nan if trial.mean is None else trial.mean for trial in trials])
        put("std", [nan if trial.std is None else trial.std for trial in trials])
        put("seconds", [trial.seconds for trial in trials])
        put("reused", [trial.reused is not None for trial in trials])
        put("manual", [trial.manual for trial in trials])
        put("warned", [trial.warnings is not None for trial in trials])
        for name in self.axes:
            values = [trial.params.get(name) for trial in trials]
            labels = self._labels.get(name)
            if labels is None:
                put("param:" + name, [float(v) if isinstance(v, int | float) else nan for v in values])
            else:
                put("param:" + name, [labels.get((type(v), v), nan) for v in values])
