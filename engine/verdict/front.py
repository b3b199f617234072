"""Several objectives: what trials have of each, and the Pareto front, the trials that no other beats in all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from ..events import Objective, Point, TrialKey
from ..preset.objectives import constraint_text
from ..state import RunState, TrialState

MOST_ON_FRONT = 200
"""Trials of a Pareto front that a summary lists, at most."""


class Goal(msgspec.Struct, frozen=True):
    """A figure that a search looks at, and whether more or less of it is better."""

    name: str
    direction: str


class FrontTrial(msgspec.Struct, frozen=True):
    """A trial of the Pareto front: its configuration, and its value of each objective with that one's own sign."""

    method: str
    number: int
    params: Point
    values: dict[str, float | None]


def better_values(trial: TrialState, objectives: Sequence[Objective], leading: Objective) -> list[float]:
    """Return a trial's values of objectives, turned so that greater is better; NaN where one is not known."""
    return [_value(trial, one, leading) for one in objectives]


def _value(trial: TrialState, objective: Objective, leading: Objective) -> float:
    if objective == leading:
        # a watched search that minimises keeps its scores turned
        return math.nan if trial.mean is None else trial.mean
    if trial.measured is not None:
        own = trial.measured.get(objective.name, math.nan)
    else:
        own = ((trial.others or {}).get(objective.name) or [math.nan])[0]
    return -own if objective.direction == "minimize" else own


def keeps(trial: TrialState) -> bool:
    """Tell whether a trial keeps to all constraints, be they the run's or those of another program."""
    return trial.feasible and (trial.attributes or {}).get("feasible") is not False


_fronts: WeakKeyDictionary[RunState, tuple[int, frozenset[TrialKey]]] = WeakKeyDictionary()


def on_front(state: RunState) -> frozenset[TrialKey]:
    """Return the names of the trials of the Pareto front, worked out anew when another trial is through."""
    known = _fronts.get(state)
    if known is None or known[0] != state.finished_trials:
        known = _fronts[state] = (state.finished_trials, frozenset(trial.key for trial in front_of(state)))
    return known[1]


def front_of(state: RunState) -> list[TrialState]:
    """Return the trials of the Pareto front, from the best in the first objective on; of equal ones the earliest."""
    objectives = state.info.objectives if state.info is not None else []
    if len(objectives) < 2:
        return []
    known: dict[tuple[float, ...], TrialState] = {}
    for trial in state.trials:
        if trial.phase != "done" or not keeps(trial):
            continue
        values = tuple(better_values(trial, objectives, objectives[0]))
        if all(map(math.isfinite, values)) and (values not in known or state.place(trial) < state.place(known[values])):
            known[values] = trial
    # in this order no point is beaten by a later one
    front: list[tuple[float, ...]] = []
    for values in sorted(known, reverse=True):
        if not any(all(a >= b for a, b in zip(other, values, strict=True)) for other in front):
            front.append(values)
    return [known[values] for values in front]


def goals_of(state: RunState) -> dict[str, Any]:
    """Return several objectives with their front, and constraints, where there are some."""
    info = state.info
    if info is None:
        return {}
    found: dict[str, Any] = {}
    if info.objectives or info.watched:
        found["objectives"] = [Goal(one.name, one.direction) for one in info.objectives]
    if info.constraints:
        found["constraints"] = [constraint_text(one) for one in info.constraints]
    if len(info.objectives) > 1:
        found["front"] = [_on_front(trial, info.objectives) for trial in front_of(state)[:MOST_ON_FRONT]]
    return found


def _on_front(trial: TrialState, objectives: list[Objective]) -> FrontTrial:
    turned = better_values(trial, objectives, objectives[0])
    own: dict[str, float | None] = {
        one.name: -value if one.direction == "minimize" else value
        for one, value in zip(objectives, turned, strict=True)
    }
    return FrontTrial(trial.method, trial.number, dict(trial.params), own)
