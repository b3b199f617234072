"""Rules by which a method ends before its budget: a score reached, no improvement for long, its time over."""

from __future__ import annotations

import math

import msgspec

from ..errors import PresetError, found

WINDOW = 8
"""How many trials may be open at once where a rule looks at each in turn: so many less one follow the last of them, on
any number of workers."""


class StopSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A preset's `[stop]` table; each rule is for every method by itself."""

    score: float | None = None
    """End once a trial's mean score is at least this."""
    no_improvement: int | None = None
    """End after so many trials in a row that did not raise the best mean score."""
    seconds: float | None = None
    """End when the method, or the untuned baseline, has been at work for so long; running folds end as well."""
    total_seconds: float | None = None
    """End all methods when the run has been at work for so long; what has a score by then is still tested."""

    @property
    def told(self) -> list[str]:
        """The rules in words, each as what a method ends at."""
        rules = []
        if self.score is not None:
            # trials go one after another then, so that none follows the one that reaches it
            rules.append(f"a score of {self.score:g}")
        if self.no_improvement is not None:
            more = "" if self.score is not None else f" (up to {WINDOW - 1} more that were open by then follow)"
            rules.append(f"{self.no_improvement} trials without improvement{more}")
        if self.seconds is not None:
            rules.append(f"{self.seconds:g} s")
        if self.total_seconds is not None:
            rules.append(f"{self.total_seconds:g} s of the run")
        return rules

    def check(self, file: str) -> None:
        """Raise `PresetError` for a rule that makes no sense."""
        if self.score is not None and not math.isfinite(self.score):
            raise PresetError(file, "stop.score", found(self.score), "a finite number")
        if self.no_improvement is not None and not 1 <= self.no_improvement <= 2**31:
            raise PresetError(file, "stop.no_improvement", found(self.no_improvement), "a whole number from 1")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise PresetError(file, "stop.seconds", found(self.seconds), "seconds a method, more than 0")
        if self.total_seconds is not None and not 0 < self.total_seconds < math.inf:
            raise PresetError(file, "stop.total_seconds", found(self.total_seconds), "seconds of a run, more than 0")


class StopRules:
    """The rules of one method at work. Scores are looked at in trial order, so they end it at the same trial always."""

    def __init__(self, spec: StopSpec, spent: float = 0.0) -> None:
        self._spec = spec
        self._spent = spent
        self._best = -math.inf
        self._since = 0

    def after(self, score: float | None) -> str:
        """Return why the method ends after its next trial with that mean score (None: it has none), "" if not."""
        if score is not None and score > self._best:
            self._best, self._since = score, 0
        else:
            self._since += 1
        spec = self._spec
        if spec.score is not None and self._best >= spec.score:
            return f"a score of {spec.score:g} was reached"
        if spec.no_improvement is not None and self._since >= spec.no_improvement:
            return f"no improvement in {self._since} trials"
        return ""

    @property
    def window(self) -> int:
        """How many trials may be open at once."""
        return 1 if self._spec.score is not None else WINDOW

    @property
    def limit(self) -> str:
        """The end of its time in words."""
        return "" if self._spec.seconds is None else f"its {self._spec.seconds:g} s were over"

    def left(self, seconds: float) -> float | None:
        """Return how many seconds are left after so many in this process; None: no end is set."""
        return None if self._spec.seconds is None else self._spec.seconds - self._spent - seconds
