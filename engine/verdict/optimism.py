"""A winner's cross-validation score less what selecting it added: bias-corrected by bootstrap (BBC-CV).

The correction is reckoned on mean scores of rows, on which it is exact, then carried over to the scorer's unit and
taken off the score that cross-validation gave, a mean over folds. (A root or a share of variance of all rows pooled is
not the mean of the folds' own, which would look like optimism, or hide it.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..events import BASELINE, RunStarted
from ..preset.imports import OWN
from ..record.predictions import unpack
from ..scoring.scores import link, row_scores, why_not_resampled
from ..search.catalog import KINDS
from ..state import MethodState, RunState, TrialState
from ..statistics import Interval, bbc_cv
from ..text import clean
from .judgement import SEED, finite, winner

VALUES = 50_000_000
"""Out-of-fold predictions that one correction looks at, at most; of more, the best candidates' are taken."""

BLOCK = 2_000_000
"""Out-of-fold predictions that are held unpacked at once."""

WORK = 2_000_000_000
"""Draws times predictions, about: from 1,000 draws down to 200 are made."""

MEMORY = 4_000_000
"""Draws times rows, about; likewise."""


class Corrected(NamedTuple):
    """A corrected score with its interval, both None where there are none; `note` says why, or what to know of it."""

    score: float | None = None
    interval: Interval | None = None
    note: str = ""


def corrected_score(state: RunState, method: MethodState) -> Corrected:
    """Return the score of the method's winner, corrected for its having been selected among the others."""
    info, best = state.info, winner(method)
    if info is None or best is None or (score := finite(best.mean)) is None:
        return Corrected(note="no trial has a score")
    if reason := _why_not_kept(info):
        return Corrected(note=reason)
    if method.rule is not None and method.plan.kind != BASELINE:
        return Corrected(note="the correction is for winners by the best mean alone")
    if method.plan.kind in KINDS and KINDS[method.plan.kind].partial:
        return Corrected(note="its candidates were selected on parts of the resources")
    if info.constraints and method.plan.kind != BASELINE:
        return Corrected(note="the correction knows nothing of constraints")
    try:
        return _corrected(state, method, score)
    except ValueError as error:
        return Corrected(note=clean(error))


def _why_not_kept(info: RunStarted) -> str:
    """Return why trials keep no out-of-fold predictions, "" if they do."""
    if info.task == "unlabelled":
        return "without a target there are no predictions to resample"
    if info.weighed:
        return f"{clean(info.scoring, 60)} weighs its rows"
    if info.metric:
        kind = "of one's own" if str(info.metric.get("metric")).startswith(OWN) else "with parameters"
        return f"trials keep no predictions for a metric {kind}"
    if reason := why_not_resampled(info.scoring, info.train_rows):
        return reason
    if info.targets > 1:
        return "there are several targets"
    return "the folds do not score each row once" if not info.train_targets and info.fold_ratio else ""


def _corrected(state: RunState, method: MethodState, score: float) -> Corrected:
    assert state.info is not None
    packed, left_out = _candidates(state, method)
    if not state.info.train_targets or not packed:
        raise ValueError("out-of-fold predictions were not kept")
    targets = unpack(state.info.train_targets)
    scoring, rows = state.info.scoring, len(targets)
    draws = int(max(min(WORK // (rows * len(packed)), MEMORY // rows, 1000), 200))
    result = bbc_cv(_blocks(scoring, targets, packed), draws, SEED)
    to_score, everything = link(scoring, targets), np.ones((1, rows))

    def in_unit(mean: float) -> float:
        return mean if to_score is None else float(to_score(np.array([mean]), everything)[0])

    # with one candidate only nothing was selected
    middle = result.optimistic if len(packed) == 1 else result.score
    shift = score - in_unit(result.optimistic)
    low, high, middle = (in_unit(mean) + shift for mean in (result.low, result.high, middle))
    if not all(map(math.isfinite, (low, high, middle))):
        raise ValueError("the resampled scores are not all finite")
    note = f"{left_out} of the candidates could not be counted" if left_out else ""
    return Corrected(middle, Interval(low, high), note)


def _candidates(state: RunState, method: MethodState) -> tuple[list[str], int]:
    """Return the packed predictions of the method's candidates by trial number, each once, and how many it lacks.

    Missing are those that were raced out, for they have no predictions for all rows, and the worst of very many.
    """
    found: dict[str, TrialState] = {}
    lacking = 0
    for _, trial in sorted(method.trials.items()):
        if trial.phase == "done" and finite(trial.mean) is not None:
            packed = trial.predictions or _source_of(state, trial)
            lacking += not packed
            if packed:
                found.setdefault(packed, trial)
        elif trial.phase == "raced":
            lacking += 1
    most = max(VALUES // max(state.info.train_rows if state.info else 1, 1), 20)
    if len(found) > most:
        kept = {*sorted(found, key=lambda packed: -(found[packed].mean or 0.0))[:most]}
        lacking += len(found) - most
        return [packed for packed in found if packed in kept], lacking
    return list(found), lacking


def _source_of(state: RunState, trial: TrialState) -> str:
    source = state.trial(trial.reused) if trial.reused else None
    return source.predictions if source else ""


def _blocks(scoring: str, targets: np.ndarray, packed: list[str]) -> Iterator[np.ndarray]:
    """Yield row scores, shape (rows, candidates), some candidates at a time."""
    rows = len(targets)
    kind = np.float32 if scoring == "accuracy" else np.float64
    step = max(BLOCK // max(rows, 1), 1)
    for first in range(0, len(packed), step):
        part = packed[first : first + step]
        table = np.empty((rows, len(part)), dtype=kind)
        for column, text in enumerate(part):
            values = unpack(text)
            if len(values) != rows:
                raise ValueError(f"out-of-fold predictions are of {len(values)} rows where there are {rows}")
            with np.errstate(all="ignore"):
                table[:, column] = row_scores(scoring, targets, values)
        if not np.isfinite(table).all():
            raise ValueError("the out-of-fold predictions have no finite score")
        yield table
