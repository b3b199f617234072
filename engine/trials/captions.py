"""Captions of pictures that have nothing to draw: one sentence, the same on the screen and in files."""

from __future__ import annotations

import numpy as np

from ..state import RunState
from ..text import clean
from .arrays import FAILED, RACED, RUNNING, WAITING, Columns, Mask


def nothing_to_draw(state: RunState, cols: Columns, mask: Mask, method: str | None = None) -> str:
    """Return why no trial of the mask, all of `method` if named, can be drawn; an empty text if one can."""
    if bool(np.any(mask & np.isfinite(cols.mean))):
        return ""
    if state.info is None:
        return "Waiting for the run to start."
    of_method = f" of {clean(method, 30)}" if method else ""
    total = int(mask.sum())
    if method is not None and method not in state.methods:
        return f"There is no method {clean(method, 30)} in this run."
    if total == 0:
        return f"No trial{of_method} yet."
    failed = int((mask & (cols.phase == FAILED)).sum())
    running = int((mask & (cols.phase == RUNNING)).sum())
    if failed and failed + int((mask & (cols.phase == RACED)).sum()) == total:
        reason = next(iter(state.failures), "")
        every = "The only trial" if total == 1 else f"All {total} trials"
        return f"{every}{of_method} failed" + (f": {clean(reason, 160)}" if reason else ".")
    if running:
        stand = "stopped, none finished" if state.ended else "running, none finished yet"
        return f"{running} {'trial' if running == 1 else 'trials'}{of_method} {stand}."
    if waiting := int((mask & (cols.phase == WAITING)).sum()):
        return f"{waiting} {'trial' if waiting == 1 else 'trials'}{of_method} waiting, none begun yet."
    return f"No trial{of_method} has a score."


_SHORT = {
    "neg_mean_squared_error": "neg MSE",
    "neg_root_mean_squared_error": "neg RMSE",
    "neg_mean_absolute_error": "neg MAE",
}


def score_name(state: RunState) -> str:
    """Return the scorer's name, errors by the initials that everybody knows them by."""
    name = state.info.scoring if state.info else ""
    return _SHORT.get(name) or clean(name, 24) or "score"


def nowhere(*axes: str) -> str:
    """Return the sentence for scored trials none of which has a value that lies on these axes."""
    return f"No scored trial has a place on {' and '.join(clean(axis, 30) for axis in axes)}."
