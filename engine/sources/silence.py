"""Trials that have not been heard of for longer than trials take: their process may be gone, and nobody says so."""

from __future__ import annotations

import time

from ..state import RunState

FACTOR, LEAST = 3.0, 60.0
"""A trial that was not heard of for so many times as long as the median one took, and at least so many seconds."""

MOST = 500
"""Trials that the median is taken of: the last ones."""

EVERY = 1.0


class Silence:
    """Marks the silent trials of a search that is read from outside, now and then."""

    def __init__(self) -> None:
        self._looked = -EVERY

    def look(self, state: RunState, now: float | None = None) -> None:
        """Mark the trials that are silent at `now` (seconds since the epoch), unless that was done just now."""
        clock = time.monotonic()
        if clock - self._looked >= EVERY and not state.ended and state.running_jobs:
            self._looked = clock
            mark_silent(state, time.time() if now is None else now)


def mark_silent(state: RunState, now: float) -> None:
    """Mark the running trials that are silent at `now`, and take the mark from those that are not any more."""
    longest = limit(state)
    for method, number in {job[:2] for job in state.running_jobs}:
        trial = state.trial((method, number))
        if trial is not None and trial.silent != (now - trial.heard_at > longest):
            trial.silent = not trial.silent
            trial.revision += 1
            state.revision += 1


def limit(state: RunState) -> float:
    """Return for how many seconds a trial may not be heard of."""
    took = sorted(trial.seconds for trial in state.trials[-MOST:] if trial.phase == "done" and trial.fit_seconds)
    return max(FACTOR * took[len(took) // 2], LEAST) if took else LEAST
