"""What a view says when there is nothing to draw: one sentence, the same in every view."""

from __future__ import annotations

import numpy as np

from ...engine.state import RunState
from ...engine.text import clean
from .columns import FAILED, RACED, RUNNING, Columns, Mask
from .options import ViewOptions


def nothing_to_draw(state: RunState, cols: Columns, mask: Mask, options: ViewOptions) -> str:
    """Return why no trial of the mask can be drawn, or an empty text if one can."""
    if bool(np.any(mask & np.isfinite(cols.mean))):
        return ""
    if state.info is None:
        return "Waiting for the run to start."
    whose = f" of {clean(options.method, 30)}" if options.method else ""
    total = int(mask.sum())
    if options.method is not None and options.method not in state.methods:
        return f"There is no method {clean(options.method, 30)} in this run."
    if total == 0:
        return f"No trial{whose} yet."
    failed = int((mask & (cols.phase == FAILED)).sum())
    running = int((mask & (cols.phase == RUNNING)).sum())
    if failed and failed + int((mask & (cols.phase == RACED)).sum()) == total:
        reason = next(iter(state.failures), "")
        every = "The only trial" if total == 1 else f"All {total} trials"
        return f"{every}{whose} failed" + (f": {clean(reason, 160)}" if reason else ".")
    if running:
        return f"{running} {'trial' if running == 1 else 'trials'}{whose} running, none finished yet."
    return f"No trial{whose} has a score."


def nowhere(*axes: str) -> str:
    """Return the sentence for scored trials none of which has a value that lies on these axes."""
    return f"No scored trial has a place on {' and '.join(clean(axis, 30) for axis in axes)}."
