"""One search method as far as it is known: its plan, its trials by number, its best so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from ..events import BASELINE, MethodFinished, MethodPlan, Point, Simplest, TrialFinished
from .trial import TrialState, better
from .winner import simplest

MethodPhase = Literal["waiting", "running", "done", "skipped", "failed"]

ENDED: tuple[MethodPhase, ...] = ("done", "skipped", "failed")
"""The phases of a method that is through."""


class MethodState:
    """One search method: its plan, its trials by number, and its best so far."""

    def __init__(self, plan: MethodPlan, rule: Simplest | None = None) -> None:
        self.plan = plan
        self.rule = rule
        """How its winner is chosen; None: by the best mean."""
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
        self.spent = 0.0
        """Seconds at work, by the run's clock, when its last trial was through: what came of the rest is not known."""
        self._worked = 0.0
        self._since: float | None = None
        self.result: MethodFinished | None = None
        self.late = 0
        """Trials that came to an end after the method had."""
        self.added: list[Point] = []
        """The points that a person added by hand, in order."""
        self._chosen: tuple[int, TrialState | None] = (0, None)

    @property
    def chosen(self) -> TrialState | None:
        """The trial that its rule makes the winner, as things stand: the best so far where there is no other rule."""
        if self.rule is None:
            return self.best
        if self._chosen[0] != self.done:
            self._chosen = (self.done, simplest(self.trials.values(), self.best, self.rule))
        return self._chosen[1]

    def begin(self, t: float, active: float) -> None:
        """Note that it is at work from `t` on, when the run was active for `active` seconds."""
        self.phase, self.finished_at = "running", None
        self.started_at = t if self.started_at is None else self.started_at
        self._since = active if self._since is None else self._since

    def end(self, event: MethodFinished, t: float, active: float) -> None:
        """Note that it is through, and how."""
        self._worked, self._since = self.seconds(active), None
        self.phase, self.finished_at = event.state, t
        self.result, self.late = event, 0

    def seconds(self, active: float) -> float:
        """Return for how long it was at work once the run was active for so many seconds, which no pause adds to."""
        return self._worked + (0.0 if self._since is None else max(0.0, active - self._since))

    def finish(self, trial: TrialState, event: TrialFinished, active: float) -> None:
        """Count a trial that is through, and take it for the best where it is."""
        self.spent = self.seconds(active)
        self.finished += 1
        self.late += self.phase in ENDED
        self.fit_seconds += sum(event.fit_seconds)
        self.reused += event.reused is not None
        self.failed += event.state == "failed"
        self.raced += event.state == "raced"
        self.done += event.state == "done"
        # the baseline is what methods are measured against, whatever it keeps to
        if event.state != "done" or trial.mean is None or not (trial.feasible or self.name == BASELINE):
            return
        if self.best is None or self.best.mean is None or trial.mean > self.best.mean:
            self.path.append((self.finished, trial.mean))
        if better(trial, self.best):
            self.best = trial

    @property
    def test_score(self) -> float | None:
        """The winner's score on the test rows, once known."""
        return self.result.test_score if self.result else None

    @property
    def misjudged(self) -> bool:
        """True where the trial that it ended with is not the one to choose of its trials: the test score is another's.

        Before version 0.2 a method could end before its trials did.
        """
        result = self.result
        if result is None or self.phase not in ENDED or (result.best is not None and result.best not in self.trials):
            return False
        return result.best != (None if self.chosen is None else self.chosen.number)

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
        best = f"#{method.chosen.number}" if method.chosen else "none"
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
