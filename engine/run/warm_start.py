"""The points that a preset takes over from an earlier run, settled before a run begins.

The run's own preset names the points themselves, so it can be resumed, and run again, without the other run.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace

from ..errors import PresetError, UsageError
from ..events import BASELINE, Point
from ..preset.preset import Preset, as_toml, parse
from ..record.run_folder import load_state
from ..record.store import Store
from ..space.written import written
from ..state import RunState, TrialState
from ..text import clean


def settled(preset: Preset, store: Store) -> Preset:
    """Return the preset with the points of `[start] from` written out; raise `UsageError` where there are none."""
    spec = preset.start
    if spec.source is None:
        return preset
    try:
        folder = store.find(spec.source)
    except UsageError as error:
        raise PresetError(preset.path, "start.from", clean(error, 300), "id or path of a run") from None
    state, _ = load_state(folder)
    points, why = _best_points(preset, state, spec.most)
    if not points:
        reason = why or "it has no trial with a score over all folds"
        raise PresetError(
            preset.path,
            "start.from",
            f"{clean(folder.id)} has nothing to begin with: {reason}",
            "a run over this space",
        )
    document = copy.deepcopy(preset.document)
    names = [{name: _plain(value) for name, value in point.items()} for point in points]
    document["start"] = {"points": [*spec.points, *names], "taken_from": folder.id}
    return replace(parse(as_toml(document), preset.path), name=preset.name)


def note(preset: Preset) -> str:
    """Return what there is to say of how methods begin, "" for nothing."""
    able = [plan.name for plan in preset.plans() if plan.start]
    if not able:
        return ""
    source = f", taken from {clean(preset.start.taken_from, 80)}" if preset.start.taken_from else ""
    count = len(preset.points)
    which = "the point" if count == 1 else f"the {count} points"
    others = [method.name for method in preset.methods if method.name not in able]
    left = f"; {', '.join(others)} {'has' if len(others) == 1 else 'have'} a plan without them" if others else ""
    return f"{', '.join(able)} begin{'s' if len(able) == 1 else ''} with {which} of [start]{source}{left}"


def _best_points(preset: Preset, state: RunState, most: int) -> tuple[list[Point], str]:
    """Return the best configurations of a run that are in the preset's space, and why the first other one is not."""
    points: list[Point] = []
    why = ""
    # sorting is stable: on a tie the earlier trial
    for trial in sorted(state.trials, key=lambda trial: -_mean(trial)):
        if trial.method == BASELINE or trial.phase != "done" or trial.resource or not math.isfinite(_mean(trial)):
            continue
        if problem := preset.space.problem_with(trial.params):
            why = why or clean(problem, 200)
            continue
        point = preset.space.cast(trial.params)
        if point not in points:
            points.append(point)
    return points[:most], why


def _mean(trial: TrialState) -> float:
    return -math.inf if trial.mean is None else trial.mean


def _plain(value: object) -> object:
    """Return a value as TOML can hold it: it has no None."""
    return written(None) if value is None else value
