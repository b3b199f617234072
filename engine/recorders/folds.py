"""From what folds say to a run's events: trials begin with their first fold, and are through with their last."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ..events import AnyEvent, FoldFinished, FoldStarted, Point, TrialFinished, TrialStarted
from ..text import clean, clean_block
from .fold_task import STOPPED, is_number
from .spool import Said

MOST_FOLDS = 999
"""Folds that a run tells one by one; of more than that only the mean is kept."""

_LONGEST_DETAILS = 6000
_MODULE = re.compile(r"^(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_]\w*(?::|$))")


class TrialPlan(NamedTuple):
    """What is known of a trial before its first fold: its point, its folds, and what halving allows it."""

    params: Point
    folds: int
    resource: int = 0
    partial: bool = False
    """True where the trial has only a part of the resources, and cannot win with what it gets."""


class _Open:
    """A trial that has begun and is not through."""

    def __init__(self, plan: TrialPlan) -> None:
        self.plan = plan
        self.announced = False
        self.running: set[int] = set()
        self.results: dict[int, Mapping[str, Any]] = {}
        self.reused = 0


class FoldBook:
    """Keeps account of the folds of one method. `expect` may be called from any thread, `take` from one."""

    def __init__(self, method: str, leading: str = "") -> None:
        self.method = method
        self.leading = leading
        """The metric that leads where there are several; empty: there is one, or the first one does."""
        self.finished: set[int] = set()
        self.complete: set[int] = set()
        """Trials whose scores are all there and finite."""
        self.reused = 0
        """Folds that were taken over from an earlier run."""
        self.left: set[int] = set()
        """Trials that have folds which were not begun, because the search was stopped."""
        self.told = 0
        """Folds whose results have come in."""
        self._plans: dict[int, TrialPlan] = {}
        self._shrunk: set[int] = set()
        self._open: dict[int, _Open] = {}

    def expect(self, number: int, plan: TrialPlan) -> None:
        """Know a trial before its folds say anything."""
        self._plans.setdefault(number, plan)

    def plan(self, number: int) -> TrialPlan | None:
        """Return what is known of a trial, if it was dispatched."""
        return self._plans.get(number)

    def number_of(self, point: Point) -> int | None:
        """Return the first trial that has all its scores and these parameters among its own."""
        found = (number for number in sorted(self.complete) if point.items() <= self._plans[number].params.items())
        return next(found, None)

    def shrink(self, number: int, folds: int) -> None:
        """Know that a trial has only so many folds."""
        plan = self._plans.get(number)
        if plan is not None and plan.folds != folds:
            plan = self._plans[number] = plan._replace(folds=folds)
            if number in self._open:
                self._open[number].plan = plan
            self._shrunk.add(number)

    def furthest(self) -> int:
        """Return the open trial with the most folds done or begun, the earliest of several.

        Where none is open it is the earliest that is expected, or else the next one that will be: a search may be
        between two trials, and one that ended there without a score would fail.
        """
        key = {
            number: (len(one.results), len(one.running), -number)
            for number, one in list(self._open.items())
            if number not in self.left
        }
        if key:
            return max(key, key=key.__getitem__)
        plans = set(self._plans)
        return min(plans - self.finished - self.left, default=max(plans, default=-1) + 1)

    def missing(self, number: int) -> list[int]:
        """Return the folds of an expected trial whose results have not come in."""
        plan = self._plans.get(number)
        if plan is None or number in self.finished:
            return []
        had = self._open[number].results if number in self._open else {}
        return [fold for fold in range(plan.folds) if fold not in had]

    def take(self, news: Iterable[Said]) -> list[AnyEvent]:
        """Return the events for what was said. A trial that begins and ends within it is told as one."""
        events: list[AnyEvent] = []
        touched: dict[int, list[Said]] = {}
        for said in news:
            touched.setdefault(said.number, []).append(said)
        while self._shrunk:
            touched.setdefault(self._shrunk.pop(), [])
        for number, said in touched.items():
            events += self._of_trial(number, said)
        return events

    def _of_trial(self, number: int, news: list[Said]) -> list[AnyEvent]:
        plan = self._plans.get(number)
        if plan is None or number in self.finished:
            return []
        trial = self._open.setdefault(number, _Open(plan))
        events: list[AnyEvent] = []
        for said in news:
            events += self._of_fold(trial, number, said)
        if len(trial.results) < plan.folds:
            begun = bool(trial.running or trial.results)
            if begun and not trial.announced:
                trial.announced = True
                events.insert(0, TrialStarted(method=self.method, number=number, params=plan.params))
            return events if trial.announced else []
        del self._open[number]
        self.finished.add(number)
        ended = finished_trial(self.method, number, plan, trial.results, self.leading)
        if ended.state != "failed":
            self.complete.add(number)
        return [*(events if trial.announced else []), ended]

    def _of_fold(self, trial: _Open, number: int, said: Said) -> list[AnyEvent]:
        tell = trial.plan.folds <= MOST_FOLDS
        if said.kind == "begin":
            trial.running.add(said.fold)
            return [FoldStarted(method=self.method, number=number, folds=[said.fold])] if tell else []
        trial.running.discard(said.fold)
        if said.kind == "left":
            self.left.add(number)
        if said.kind == "left" or said.result is None or said.fold in trial.results:
            return []
        trial.results[said.fold] = said.result
        self.told += 1
        self.reused += said.reused
        scores = split_scores(said.result, self.leading)
        if not tell or scores is None or not math.isfinite(scores[0]):
            return []
        fold = FoldFinished(
            method=self.method,
            number=number,
            fold=said.fold,
            score=scores[0],
            fit_seconds=_seconds(said.result, "fit_time"),
            score_seconds=_seconds(said.result, "score_time"),
            others={name: score for name, score in scores[1].items() if math.isfinite(score)},
        )
        return [fold]


def split_scores(result: Mapping[str, Any], leading: str) -> tuple[float, dict[str, float]] | None:
    """Return a fold's leading score and its others, None where it has no score at all."""
    scores = result.get("test_scores")
    if isinstance(scores, Mapping):
        numbers = {clean(name, 60): float(score) for name, score in scores.items() if is_number(score)}
        first = leading if leading in numbers else next(iter(numbers), None)
        if first is None:
            return None
        return numbers.pop(first), numbers
    return (float(scores), {}) if is_number(scores) else None  # type: ignore[arg-type]


def _seconds(result: Mapping[str, Any], name: str) -> float:
    value = result.get(name)
    # a clock that is set back makes a fit take less than no time
    return max(float(value), 0.0) if is_number(value) and math.isfinite(value) else 0.0  # type: ignore[arg-type]


def reason_of(error: str) -> str:
    """Return the last line of a traceback: the reason that failures are grouped by."""
    lines = [line for line in error.splitlines() if line.strip()]
    # an exception's class says what it is, its module does not
    return clean(_MODULE.sub("", lines[-1]), 300) if lines else "it failed without a word"


def finished_trial(
    method: str, number: int, plan: TrialPlan, results: Mapping[int, Mapping[str, Any]], leading: str = ""
) -> TrialFinished:
    """Return the event for a trial all of whose folds have a result."""
    folds = sorted(results)
    split = {fold: split_scores(results[fold], leading) for fold in folds}
    scores = {fold: found[0] for fold, found in split.items() if found is not None and math.isfinite(found[0])}
    errors = [str(results[fold]["fit_error"]) for fold in folds if results[fold].get("fit_error")]
    whole = len(scores) == len(folds) == plan.folds
    told = plan.folds <= MOST_FOLDS
    facts: dict[str, Any] = {
        "method": method,
        "number": number,
        "params": plan.params,
        "resource": plan.resource,
        "fit_seconds": _listed([_seconds(results[fold], "fit_time") for fold in folds], told),
        "score_seconds": _listed([_seconds(results[fold], "score_time") for fold in folds], told),
        "others": _others(split) if whole and told else {},
    }
    if not whole:
        error = next((one for one in errors if STOPPED not in one), errors[0] if errors else "")
        reason = reason_of(error) if error else "the score is no finite number"
        details = clean_block(error[-_LONGEST_DETAILS:], _LONGEST_DETAILS)
        return TrialFinished(state="failed", error=reason, details=details, by_fold=scores if told else {}, **facts)
    values = list(scores.values())
    mean = sum(values) / len(values)
    warnings = {f"scored by error_score: {reason_of(error)}": errors.count(error) for error in errors}
    listed = values if told else [mean]
    if plan.partial:
        from ..state import mean as exact

        return TrialFinished(state="raced", scores=listed, estimate=exact(listed), warnings=warnings, **facts)
    return TrialFinished(state="done", scores=listed, warnings=warnings, **facts)


def _listed(seconds: list[float], one_by_one: bool) -> list[float]:
    return seconds if one_by_one else [sum(seconds)]


def _others(split: Mapping[int, tuple[float, dict[str, float]] | None]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for one in split.values():
        for name, score in (one[1] if one is not None else {}).items():
            if math.isfinite(score):
                found.setdefault(name, []).append(score)
    return {name: scores for name, scores in found.items() if len(scores) == len(split)}
