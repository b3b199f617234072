"""One search method as far as it is known: its plan, its trials by number, its best so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ..events import MethodFinished, MethodPlan, Point
from .trial import TrialState

MethodPhase = Literal["waiting", "running", "done", "skipped", "failed"]

ENDED: tuple[MethodPhase, ...] = ("done", "skipped", "failed")
"""The phases of a method that is through."""


class MethodState:
    """One search method: its plan, its trials by number, and its best so far."""

    def __init__(self, plan: MethodPlan) -> None:
        self.plan = plan
        self.name = plan.name
        self.phase: MethodPhase = "waiting"
        self.trials: dict[int, TrialState] = {}
        self.finished = 0
        self.done = 0
        self.failed = 0
        self.reused = 0
        self.raced = 0
        self.best: TrialState | None = None
        self.path: list[tuple[int, float]] = []
        """(trials finished, best so far) at each finished trial that raised it, for sparklines and trajectories."""
        self.fit_seconds = 0.0
        self.started_at: float | None = None
        self.finished_at: float | None = None
        self.result: MethodFinished | None = None
        self.late = 0
        """Trials that came to an end after the method had."""
        self.added: list[Point] = []
        """The points that a person added by hand, in order."""

    @property
    def test_score(self) -> float | None:
        """The winner's score on the test rows, once known."""
        return self.result.test_score if self.result else None

    @property
    def misjudged(self) -> bool:
        """True where the trial that it ended with is not the best of its trials: the test score is another's.

        Before version 0.2 a method could end before its trials did.
        """
        result = self.result
        if result is None or self.phase not in ENDED or (result.best is not None and result.best not in self.trials):
            return False
        return result.best != (None if self.best is None else self.best.number)

    @property
    def planned(self) -> int | None:
        """How many trials there will be, as far as that is known."""
        if self.phase in ENDED:
            return len(self.trials)
        return self.plan.trials

    @property
    def expected(self) -> int | None:
        """How many trials there will be: as planned, or else about, and never fewer than there are."""
        planned = self.planned
        if planned is not None or self.plan.expected is None:
            return planned
        return max(self.plan.expected, len(self.trials))


def doubts_of(methods: Iterable[MethodState]) -> list[str]:
    """Return what is doubtful about methods that an older version ended."""
    doubts: list[str] = []
    for method in methods:
        best = f"#{method.best.number}" if method.best else "none"
        ended = f"#{method.result.best}" if method.result and method.result.best is not None else "none"
        if method.misjudged:
            doubts.append(
                f"{method.name} was ended by an older version before its trials were: it took {ended} for its "
                f"winner, but the best is {best}, never scored on the test rows; run the preset anew for that"
            )
        elif method.late:
            doubts.append(
                f"{method.name} was ended by an older version before its trials were; its winner, {best}, is right"
            )
    return doubts
