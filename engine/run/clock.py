"""The time that a run and its methods have: how much is left, and which limit is met first."""

from __future__ import annotations

import time

from ..state import RunState
from .method_run import MethodRun


class Clock:
    """Budgets in seconds, of each method by itself and of the whole run; used by the conductor's thread alone.

    A method's time runs while workers are at work: not until the first of them is ready. A run's is that of its
    journal, earlier parts of the run included.
    """

    def __init__(self, total: float | None, state: RunState) -> None:
        """Take the seconds of the whole run, None for no end."""
        self._total, self._state = total, state
        self._at_work_since: float | None = None

    def note_at_work(self) -> None:
        """Note that workers are at work."""
        if self._at_work_since is None:
            self._at_work_since = time.monotonic()

    def left(self, method: MethodRun) -> float | None:
        """Return how many seconds a method has left; None: no end is set."""
        return min((left for left in (self._total_left(), self._own_left(method)) if left is not None), default=None)

    def limit(self, method: MethodRun) -> str:
        """Return which limit a method meets first, as the reason of its end."""
        own, total = self._own_left(method), self._total_left()
        if total is not None and (own is None or total < own):
            return f"the {self._total:g} s of the run were over"
        return "" if method.stop is None else method.stop.limit

    def _total_left(self) -> float | None:
        return None if self._total is None else self._total - self._state.seconds(time.time())

    def _own_left(self, method: MethodRun) -> float | None:
        if method.stop is None:
            return None
        idle = self._at_work_since is None or not method.begun
        began = max(method.begun_at, self._at_work_since or 0.0)
        return method.stop.left(0.0 if idle else time.monotonic() - began)
