"""One trial of a Ray Tune experiment: its reports, its attempts, and the event for how it ended."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ..events import Point, TrialFinished
from ..text import clean, clean_block
from .ray_files import TrialError, trial_of

METHOD = "tune"
"""The one method of an experiment."""

MOST_METRICS = 20
"""Metrics of a trial that are kept, at most."""


class RayTrial:
    """One trial, as its folder or Ray itself tells of it."""

    def __init__(self, number: int, name: str) -> None:
        self.number, self.name = number, name
        self.folders: list[Path] = []
        self.config: Any = None
        self.position = 0
        self.reports: list[tuple[int, dict[str, float]]] = []
        """Reports that wait for it to be known which of their numbers leads."""
        self.steps: list[tuple[int, float]] = []
        self.told = 0
        """Steps that were told of; `fresh` gives the others."""
        self.last: dict[str, float] = {}
        self.iterations = 0
        self.attempt = self.announced = 0
        self.seconds = 0.0
        self.started: float | None = None
        self.ended: float | None = None
        self.over = self.done = self.queued = False
        self.over_as, self.over_at = "", 0.0
        """The state that Ray has a trial in that was told to be over, and when it was told so."""

    def report(self, report: Mapping[str, Any], numbers: dict[str, float]) -> bool:
        """Take in a report; return whether it is of a further attempt, which begins at an iteration that there was."""
        told, seconds, at = (report.get(name) for name in ("training_iteration", "time_total_s", "timestamp"))
        iteration = told if isinstance(told, int) else self.iterations + 1
        if again := iteration <= self.iterations:
            self.reports = [one for one in self.reports if one[0] < iteration]
            self.steps = [one for one in self.steps if one[0] < iteration]
            self.told = 0
        self.iterations = iteration
        self.last.update(numbers)
        self.reports.append((iteration, numbers))
        self.done = report.get("done") is True
        self.seconds = float(seconds) if isinstance(seconds, int | float) and seconds >= 0 else self.seconds
        if isinstance(at, int | float) and 0 <= at < 2e11:
            self.ended = float(at)
        return again

    def value(self, metric: str, sign: float) -> None:
        """Take the numbers that lead from the reports that wait."""
        values = ((step, sign * numbers.get(metric, math.nan)) for step, numbers in self.reports)
        self.steps += [(step, value) for step, value in values if math.isfinite(value)]
        self.reports.clear()

    def fresh(self) -> list[tuple[int, float]]:
        """Return the steps that nobody was told of, who are told now."""
        fresh, self.told = self.steps[self.told :], len(self.steps)
        return fresh

    def ended_event(
        self, metric: str, sign: float, point: Point, longest: float, failure: TrialError | None
    ) -> TrialFinished:
        """Return the event for how it ended, the longest trial having had so many iterations."""
        attributes: Point = {"iterations": self.iterations}
        if failure is None and self.iterations < longest:
            attributes["stopped early?"] = True
        common: dict[str, Any] = {
            "method": METHOD,
            "number": self.number,
            "params": point,
            "fit_seconds": [self.seconds],
            "steps": self.steps,
            "attributes": attributes,
            "attempt": self.attempt + 1,
        }
        score = self.last.get(metric)
        if failure is not None:
            details = clean_block(failure.details, 6000)
            return TrialFinished(state="failed", error=failure.reason, details=details, **common)
        if not self.iterations:
            # the experiment ended before it came to this one
            return TrialFinished(state="raced", **common)
        if score is None or not math.isfinite(score):
            return TrialFinished(state="failed", error=f"it reported no finite {clean(metric, 60)}", **common)
        others = {name: [value] for name, value in self.last.items() if name != metric and math.isfinite(value)}
        kept = dict(list(others.items())[:MOST_METRICS])
        return TrialFinished(state="done", scores=[sign * score], others=kept, **common)


def number_for(name: str, trials: Collection[RayTrial]) -> int:
    """Return the number that a trial has in its name, or the next one that none of these has."""
    taken = {trial.number for trial in trials}
    found = trial_of(name)
    number = found[1] if found is not None else len(taken)
    while number in taken:
        number += 1
    return number
