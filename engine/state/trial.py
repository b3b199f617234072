"""One trial as far as it is known, and which of two is the better."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from ..events import FoldFinished, Point, Steps, StepsReported, TrialFinished, TrialKey

TrialPhase = Literal["waiting", "running", "done", "failed", "raced"]

Job = tuple[str, int, tuple[int, ...]]
"""What one worker holds: method, trial, folds; none of them for a whole trial."""


@dataclass(slots=True, eq=False)
class TrialState:
    """One trial. Scores are per fold, None where not (yet) known; seconds are sums over its folds."""

    method: str
    number: int
    params: Point
    order: int
    """Position in order of arrival, from 0, over all methods."""
    started_at: float
    heard_at: float = field(init=False)
    phase: TrialPhase = "running"
    scores: list[float | None] = field(default_factory=list)
    mean: float | None = None
    """The mean score over all folds; of a trial that was raced out, what the race reckoned it at."""
    std: float | None = None
    fit_seconds: list[float] = field(default_factory=list)
    score_seconds: list[float] = field(default_factory=list)
    warnings: dict[str, int] | None = None
    error: str = ""
    details: str = ""
    reused: TrialKey | None = None
    manual: bool = False
    attempt: int = 1
    lost: int = 0
    """How many workers have died over it."""
    finished_at: float | None = None
    silent: bool = False
    """True where whoever reads a watched search has not heard of it for longer than trials take."""
    estimate: float | None = None
    by_fold: dict[int, float] | None = None
    resource: int = 0
    predictions: str = ""
    others: dict[str, list[float]] | None = None
    """Further metrics, one number a fold, once it is through."""
    measured: dict[str, float] | None = None
    """Its figures by name, where the run has several objectives or constraints, once it is done."""
    feasible: bool = True
    """False where it is done and breaks a constraint of the run."""
    attributes: Point | None = None
    steps: Steps | None = None
    """What a watched trial told on its way."""
    hosts: dict[int, str] | None = None
    """Fold -> the host of a cluster that it was done on; None: this one."""
    revision: int = 0

    def __post_init__(self) -> None:
        self.heard_at = self.started_at

    @property
    def key(self) -> TrialKey:
        """The trial's name."""
        return self.method, self.number

    @property
    def seconds(self) -> float:
        """Seconds of fitting and scoring, summed over folds."""
        return sum(self.fit_seconds) + sum(self.score_seconds)

    @property
    def through(self) -> bool:
        """True once nothing more will happen to it."""
        return self.phase not in ("waiting", "running")

    @property
    def known_scores(self) -> list[float]:
        """The fold scores that are known so far."""
        return [score for score in self.scores if score is not None]

    def take_fold(self, event: FoldFinished, t: float) -> None:
        """Take the score of a fold while others are still to come."""
        self.scores.extend([None] * (event.fold + 1 - len(self.scores)))
        self.scores[event.fold] = event.score
        if event.host:
            self.hosts = (self.hosts or {}) | {event.fold: event.host}
        self.fit_seconds.append(event.fit_seconds)
        self.score_seconds.append(event.score_seconds)
        self.heard_at = t
        self.revision += 1

    def take_steps(self, event: StepsReported, t: float) -> None:
        """Take what it tells on its way."""
        self.steps = self.steps or []
        self.steps.extend(event.steps)
        self.heard_at = max(t, self.heard_at)
        self.revision += 1

    def finish(self, event: TrialFinished, t: float, *, watched: bool, whole: bool) -> None:
        """Take how it ended; `whole` tells that its scores are of folds, of which one number alone has no spread."""
        self.phase = event.state
        # a watched trial may have asked for its parameters one by one after its start
        self.params = event.params
        self.scores = list(event.scores)
        if event.by_fold and (event.state == "raced" or watched):
            self.scores = [event.by_fold.get(fold) for fold in range(max(event.by_fold) + 1)]
        self.fit_seconds, self.score_seconds = event.fit_seconds, event.score_seconds
        self.warnings = event.warnings or None
        self.error, self.details = event.error, event.details
        self.reused, self.manual, self.attempt = event.reused, event.manual, event.attempt
        self.predictions = event.predictions
        self.estimate, self.resource, self.by_fold = event.estimate, event.resource, event.by_fold or None
        self.others, self.attributes = event.others or None, event.attributes or None
        self.steps = event.steps or self.steps
        self.hosts = dict(enumerate(event.hosts)) or self.hosts
        self.finished_at = t
        self.silent = False
        self.revision += 1
        self._reckon(event, whole)

    def _reckon(self, event: TrialFinished, whole: bool) -> None:
        if scores := event.scores:
            # as scikit-learn does: a plain mean, and numpy's population standard deviation
            self.mean = mean(scores)
            self.std = spread(scores) if whole else None  # one number has no spread
        if event.state == "raced" and event.estimate is not None:
            # folds differ in difficulty: what the race reckoned can be compared with others, some folds' mean cannot
            self.mean = event.estimate
            self.std = None if event.by_fold else self.std


def better(trial: TrialState, other: TrialState | None) -> bool:
    """Tell whether `trial` wins over `other` of the same method: by mean score, a tie going to the lower number."""
    if trial.mean is None or math.isnan(trial.mean):
        return False
    if other is None or other.mean is None:
        return True
    return (trial.mean, -trial.number) > (other.mean, -other.number)


def mean(values: list[float]) -> float:
    """Return the plain mean, to the last bit as numpy and so scikit-learn compute it."""
    # numpy adds fewer than eight numbers one after the other; adding them likewise keeps ties exactly scikit-learn's
    if len(values) < 8:
        total = 0.0
        for value in values:
            total += value
        return total / len(values)
    import numpy as np

    return float(np.mean(values))


def spread(values: list[float]) -> float:
    """Return the population standard deviation, as numpy and so scikit-learn compute it."""
    middle = mean(values)
    apart = [value - middle for value in values]
    # not by **, which raises where the product is merely infinite
    return math.sqrt(mean([one * one for one in apart]))
