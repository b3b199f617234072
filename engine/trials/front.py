"""Several objectives: the trials over two of them, and those that no other beats in both."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..events import Objective
from ..state import RunState
from ..verdict.front import better_values, keeps
from .arrays import Ints
from .scales import Floats, drawable


@dataclass(frozen=True)
class Points:
    """Trials with a value of both objectives, in order of their end: greater is better in `better`, shape (n, 2)."""

    better: Floats
    feasible: np.ndarray
    number: Ints

    def front(self) -> Ints:
        """Return the trials that no other beats in both, from the best in the first objective on."""
        indexes = np.flatnonzero(self.feasible)
        if not len(indexes):
            return indexes
        # the best of equal firsts in the second comes first, the earliest of equals before the others
        order = indexes[np.lexsort((indexes, -self.better[indexes, 1], -self.better[indexes, 0]))]
        second = self.better[order, 1]
        before = np.concatenate([[-np.inf], np.maximum.accumulate(second)[:-1]])
        return order[second > before]


def has_front(state: RunState) -> bool:
    """Tell whether the run has several objectives."""
    return len(objectives_of(state)) > 1


def objectives_of(state: RunState) -> list[Objective]:
    """Return what the search looks at, the leading one first."""
    return state.info.objectives if state.info is not None else []


def sign_of(objective: Objective) -> float:
    """Return what makes an objective's values greater for better."""
    return -1.0 if objective.direction == "minimize" else 1.0


def points_of(state: RunState, *pair: int) -> Points:
    """Return what trials that are through have of two objectives."""
    objectives = objectives_of(state)
    found: list[tuple[float, float, bool, float, int]] = []
    for trial in state.trials:
        if trial.phase != "done" or trial.mean is None:
            continue
        values = better_values(trial, [objectives[place] for place in pair], objectives[0])
        if all(drawable(value) for value in values):
            found.append((*values, keeps(trial), trial.finished_at or 0.0, trial.number))  # type: ignore[arg-type]
    found.sort(key=lambda one: one[3])
    better = np.array([one[:2] for one in found], dtype=np.float64).reshape(-1, 2)
    return Points(better, np.array([one[2] for one in found], dtype=bool), np.array([one[4] for one in found]))
