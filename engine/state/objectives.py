"""Several objectives, and constraints: a trial's figures by name, and whether it keeps to all bounds.

A figure is the mean over folds of the leading score, of a further metric, or of the seconds of fit or score.
"""

from __future__ import annotations

import math

from ..events import Constraint, RunStarted
from .trial import TrialState, mean

SECONDS = ("fit_seconds", "score_seconds")
"""Figures that are measured, so that they differ from run to run."""


def names_of_figures(info: RunStarted) -> list[str]:
    """Return the names of the figures that objectives and constraints are about, each once."""
    return list(dict.fromkeys(one.name for one in (*info.objectives, *info.constraints)))


def take_figures(trial: TrialState, source: TrialState | None, info: RunStarted | None) -> None:
    """Note a done trial's figures, and whether they keep to all constraints; another program has its own account."""
    if trial.phase == "done" and info is not None and not info.watched and (info.objectives or info.constraints):
        trial.measured = measure(trial, source, info)
        trial.feasible = keeps_to_all(trial.measured, info)


def measure(trial: TrialState, source: TrialState | None, info: RunStarted) -> dict[str, float]:
    """Return the figures of a trial that is done, by name; `source` is the trial whose scores it has taken."""
    timed = source or trial
    found: dict[str, float] = {}
    for name in names_of_figures(info):
        value = trial.mean if name == info.scoring else None
        if value is None and name in SECONDS:
            values = timed.fit_seconds if name == "fit_seconds" else timed.score_seconds
            value = mean(values) if values else None
        elif value is None and (values := (trial.others or {}).get(name)):
            value = mean(values)
        if value is not None and math.isfinite(value):
            found[name] = value
    return found


def margin(constraint: Constraint, value: float) -> float:
    """Return by how much a figure keeps to a constraint; negative: it does not."""
    return value - constraint.least if constraint.least is not None else (constraint.most or 0.0) - value


def keeps_to_all(measured: dict[str, float], info: RunStarted) -> bool:
    """Tell whether figures keep to all constraints; one that is not known does not."""
    return all(one.name in measured and margin(one, measured[one.name]) >= 0.0 for one in info.constraints)
