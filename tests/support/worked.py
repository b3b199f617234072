"""A preset's grid, done by the workers' own code in this process: the same scores as a run's, without its processes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tunetop.engine.preset.imports import ALLOWED
from tunetop.engine.preset.preset import Preset
from tunetop.engine.problem.problem import Problem, load_problem
from tunetop.engine.workers import fit
from tunetop.engine.workers.shared import Shared, write_shared
from tunetop.engine.workers.task import FoldTask, RefitResult


class Worked(NamedTuple):
    """A grid's problem, its scores by configuration and fold, the other metrics', and each configuration's refit."""

    problem: Problem
    scores: np.ndarray
    others: list[list[dict[str, float]]]
    refits: list[RefitResult]
    errors: list[str]


def worked(preset: Preset, folder: Path, *, refit: bool = True) -> Worked:
    """Return what the workers make of each configuration of a preset's grid."""
    problem = load_problem(preset)
    write_shared(Shared.of(problem), folder / "shared")
    # as in a run's folder: with whatever was changed in it
    kept = folder / "preset.toml"
    kept.write_text(problem.preset.text, encoding="utf-8")
    fit.prepare(str(folder / "shared"), str(kept), ALLOWED, str(problem.preset.code))
    scores, others, refits, errors = [], [], [], []
    for point in preset.space.grid():
        arguments: dict[str, Any] = preset.space.arguments(point)
        folds = [_done(FoldTask(arguments, (fold,)))[0] for fold in range(len(problem.folds))]
        again = [_done(FoldTask(arguments))] if refit else []
        scores.append([one.score for one in folds])
        others.append([one.others for one in folds])
        errors += [one.error for one in (*folds, *again) if one.error]
        refits += again
    return Worked(problem, np.array(scores), others, refits, errors)


def _done(task: FoldTask) -> Any:
    return fit.run_task(task)
