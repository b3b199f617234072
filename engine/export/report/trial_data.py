"""A run's trials for the page's script: columns of plain numbers, and what the filter needs to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...events import Axis, Value
from ...state import RunState, TrialState
from ...text import clean
from ...trials.arrays import Mask, columns
from ...verdict.judgement import finite
from ...verdict.numbers import number, score_text, value_text
from ..figures.scene import Scene

MOST_EXTRAS = 30

TEXT = 1e30
"""Stands for a text where numbers are compared."""

PHASES = ("running", "done", "failed", "raced", "waiting")


def trial_data(scene: Scene) -> dict[str, Any]:
    """Return what the script knows: axes, methods, and a list a column with an entry a trial in order of arrival.

    Scores are kept as the engine keeps them, greater being better; `sign` turns them into what is shown.
    """
    state = scene.state
    axes = state.info.axes if state.info else []
    trials = state.trials
    methods = list(state.methods)
    errors: dict[str, int] = {}
    base = state.baseline
    places = {name: place for place, name in enumerate(methods)}
    return {
        "sign": state.sign,
        "scoring": clean(state.info.scoring if state.info else "", 100),
        "baseline": finite(base.mean) if base is not None else None,
        "methods": [clean(name, 200) for name in methods],
        "best": scene.best,
        "axes": [_axis(axis) for axis in axes],
        "method": [places.get(trial.method, -1) for trial in trials],
        "number": [trial.number for trial in trials],
        "open": state.standing("running"),
        "phase": [PHASES.index(trial.phase) for trial in trials],
        "mean": [finite(trial.mean) for trial in trials],
        "std": [finite(trial.std) for trial in trials],
        "seconds": [round(trial.seconds, 6) for trial in trials],
        "flags": [(trial.reused is not None) + 2 * trial.manual + 4 * (trial.warnings is not None) for trial in trials],
        "params": [[_number(axis, trial.params.get(axis.name)) for trial in trials] for axis in axes],
        "extras": [_extra(one, trials) for one in extras(state)],
        "error": [errors.setdefault(trial.error, len(errors)) if trial.error else -1 for trial in trials],
        "errors": [clean(error, 400) for error in errors],
    }


@dataclass(frozen=True)
class Extra:
    """What trials carry besides: a further metric, as its mean over the folds, or an attribute of a watched trial."""

    name: str
    metric: bool

    def value(self, trial: TrialState) -> Value:
        """Return a trial's value, None where it has none."""
        if not self.metric:
            return (trial.attributes or {}).get(self.name)
        scores = (trial.others or {}).get(self.name)
        return sum(scores) / len(scores) if scores else None

    def text(self, trial: TrialState) -> str:
        """Return the value as it is shown."""
        value = self.value(trial)
        return "" if value is None else score_text(value) if self.metric else value_text(value)  # type: ignore[arg-type]


def extras(state: RunState) -> list[Extra]:
    """Return what the run's trials carry besides, metrics before attributes."""
    cols = columns(state)
    return [*(Extra(name, True) for name in cols.metrics), *(Extra(name, False) for name in cols.attributes)][
        :MOST_EXTRAS
    ]


def _extra(extra: Extra, trials: list[TrialState]) -> dict[str, Any]:
    values = [extra.value(trial) for trial in trials]
    told: dict[str, Any] = {"name": extra.name, "metric": extra.metric, "numbers": [_ranked(value) for value in values]}
    if not extra.metric:
        told["texts"] = [None if value is None else str(value) for value in values]
        told["shown"] = ["" if value is None else value_text(value) for value in values]
    return told


def _ranked(value: Value) -> float | int | None:
    """Return a number to compare and sort by, texts behind all numbers."""
    return TEXT if isinstance(value, str) else finite(float(value)) if value is not None else None


def line_data(scene: Scene, shown: list[Axis], drawn: Mask) -> dict[str, Any]:
    """Return each trial's heights on the axes of the parallel coordinates, and its step of the ramp; -1: not drawn."""
    columns = [scene.place(axis) for axis in shown] + [scene.scores.positions(scene.cols.mean)]
    levels = np.where(drawn, scene.levels(scene.cols.mean), -1)
    return {
        "heights": [[round(float(value), 4) if np.isfinite(value) else 0 for value in column] for column in columns],
        "level": levels.tolist(),
    }


def rows(state: RunState, trials: list[TrialState]) -> list[list[str]]:
    """Return the table's lines as text, as the script writes them."""
    axes = state.info.axes if state.info else []
    lines, besides = [], extras(state)
    for trial in trials:
        difference = state.difference_to_baseline(trial)
        points = [value_text(trial.params[axis.name]) if axis.name in trial.params else "" for axis in axes]
        spread = "" if finite(trial.std) is None else score_text(trial.std)
        score = "" if finite(trial.mean) is None else score_text(state.own(trial.mean))
        against = "" if difference is None or finite(difference) is None else signed_text(difference)
        stands = state.standing(trial.phase)
        ends = [score, spread, against, f"{trial.seconds:.2f}", *(one.text(trial) for one in besides), stands]
        lines.append([str(trial.number), clean(trial.method, 200), *points, *ends])
    return lines


def headings(state: RunState) -> list[tuple[str, bool]]:
    """Return the table's headings, each with whether numbers stand below it."""
    axes = state.info.axes if state.info else []
    score = clean(state.info.scoring if state.info else "", 60) or "score"
    points = [(clean(axis.name, 60), axis.scale != "choice") for axis in axes]
    numbers = [(name, True) for name in (score, "std", "Δ baseline", "s")]
    besides = [(clean(one.name, 60), True) for one in extras(state)]
    return [("#", True), ("method", False), *points, *numbers, *besides, ("state", False)]


def signed_text(difference: float) -> str:
    """Return a difference with its sign, four decimals or four figures."""
    return ("+" if difference > 0 else "-" if difference < 0 else "") + number(abs(difference))


def _axis(axis: Axis) -> dict[str, Any]:
    told: dict[str, Any] = {"name": axis.name, "choice": axis.scale == "choice", "integer": axis.integer}
    if axis.scale == "choice":
        told["labels"] = [
            {"text": str(label), "shown": value_text(label), "number": _plain(label)} for label in axis.labels
        ]
    return told


def _plain(label: Value) -> float | int | None:
    number = isinstance(label, int | float) and not isinstance(label, bool)
    return finite(label) if number else None  # type: ignore[arg-type]


def _number(axis: Axis, value: Value) -> float | int | None:
    """Return a value as the filter compares it: a choice's place among the labels, a number, or None."""
    if axis.scale == "choice":
        for place, label in enumerate(axis.labels):
            if label == value and type(label) is type(value):
                return place
        return None
    return finite(value) if isinstance(value, int | float) else None
