"""What `life` puts in the place of people, machines and time, and the searches that a life may have."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from tunetop.engine.events import BASELINE, MANUAL, MethodPlan, Point
from tunetop.engine.preset.preset import Preset, parse
from tunetop.engine.problem.problem import Problem, load_problem
from tunetop.engine.run.search_thread import Proposals, SearchThread, Told
from tunetop.engine.search.base import WAIT, Search, Wait
from tunetop.engine.search.baseline import Baseline
from tunetop.engine.search.grid import Grid
from tunetop.engine.search.halving import Halving, Resources
from tunetop.engine.search.manual import Manual
from tunetop.engine.search.random import Random
from tunetop.engine.search.started import Started
from tunetop.engine.search.stop_rules import StopRules, StopSpec
from tunetop.engine.workers.task import FoldTask

FOLDS, PATIENCE, WINDOW, CANDIDATES = 3, 2, 3, 4
TIME, TOTAL = 20.0, 60.0
"""Seconds of the method that has its own time, and of a run that has one."""

METHODS = (
    *("grid", "random", "other", "raced", "ruled", "scored", "warm", "timed"),
    *("patient", "several", "halved", "broken"),
)
EXTENDABLE = METHODS[1:8]

RULES = {
    "ruled": StopSpec(no_improvement=PATIENCE),
    "scored": StopSpec(score=0.75),
    "timed": StopSpec(seconds=TIME),
    "halved": StopSpec(no_improvement=PATIENCE),
}
WARM: list[Point] = [{"max_depth": 3, "leaf": "two"}, {"max_depth": 2, "leaf": "same"}]

_RANDOM = "".join(
    f'[[method]]\nkind = "random"\nname = "{name}"\ntrials = {4 if name == "random" else 6}\nseed = {len(name)}\n'
    + ("race = true\n" if name == "raced" else "")
    for name in EXTENDABLE
)
PRESET = f"""
title = "Few configurations under many names"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = {{ random_state = 0, max_depth = 1 }}
[space]
max_depth = [1, 2, 3]
[space.leaf.choices]
one = {{ min_samples_leaf = 1 }}
same = {{ min_samples_leaf = 1 }}
two = {{ min_samples_leaf = 2 }}
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
{_RANDOM}
[[method]]
kind = "grid"
name = "patient"
[[method]]
kind = "grid"
name = "several"
[[method]]
kind = "halving"
name = "halved"
candidates = {CANDIDATES}
[[method]]
kind = "grid"
name = "broken"
"""


@functools.cache
def problem_of_lives() -> tuple[Preset, Problem]:
    """Return the preset and the problem that all lives share."""
    preset = parse(PRESET, "life.toml")
    return preset, load_problem(preset)


@functools.cache
def _draws(trials: int, seed: int) -> list[Point]:
    return list(problem_of_lives()[0].space.sample(trials, seed))


@functools.cache
def _grid() -> list[Point]:
    return list(problem_of_lives()[0].space.grid())


class Drawn:
    """The space of the preset, in which lives do not draw again what other lives have drawn."""

    dimensions = property(lambda _: problem_of_lives()[0].space.dimensions)
    sample_size = staticmethod(lambda trials: problem_of_lives()[0].space.sample_size(trials))
    sample = staticmethod(lambda trials, seed: map(dict, _draws(trials, seed)))
    grid = staticmethod(lambda: [dict(point) for point in _grid()])


def search_of(plan: MethodPlan, added: tuple[Point, ...]) -> Search:
    """Return the search of a method as it is planned, as `launch` makes them."""
    drawn: Any = Drawn()
    if plan.name == BASELINE:
        return Baseline()
    if plan.name == MANUAL:
        return Manual(added)
    if plan.name == "grid":
        return Grid(drawn)
    if plan.name == "halved":
        return Halving(drawn, CANDIDATES, 1, Resources(least=13, rows=120, folds=FOLDS, classes=3))
    if plan.name in ("patient", "several", "broken"):
        return Patient(list(drawn.grid()), plan.name)
    first = WARM if plan.name == "warm" else []
    earlier = [max(budget - len(first), 0) for budget in plan.earlier]
    search = Random(drawn, (plan.trials or 0) - len(first), len(plan.name), earlier)
    return Started(search, first) if first else search


def window_of(name: str) -> int:
    """Return how many trials of a method may be open; of those with rules fewer than `StopRules` says, for lives are
    short."""
    return min(StopRules(RULES[name]).window, WINDOW) if name in RULES else 64


class Patient:
    """A grid that waits for each result, or for all but two of them; or one that breaks down over its fourth point."""

    def __init__(self, points: list[Point], name: str) -> None:
        self._points, self._breaks = points, name == "broken"
        self._open, self._asked, self._told = 3 if name == "several" else 1, 0, 0

    def ask(self) -> Point | Wait | None:
        if self._asked >= self._told + self._open:
            return WAIT
        if self._breaks and self._asked == 3:
            raise ArithmeticError("it breaks down")
        if self._asked == len(self._points):
            return None
        self._asked += 1
        return self._points[self._asked - 1]

    def tell(self, number: int, point: Point, score: float) -> None:
        assert number == self._told, "results are told in trial order"
        assert point == self._points[number]
        self._told += 1


class AtOnce(SearchThread):
    """A search that carries an instruction out as soon as it has it, on the thread that gives it.

    What comes of it is taken when a life delivers it, be it long after: what there is to tell threads by is there, and
    each of them costs a third of a life.
    """

    def __init__(self, make: Callable[[], Search]) -> None:
        super().__init__(functools.cache(make))

    def start(self, name: str, post: Callable[[Proposals], None]) -> None:
        self._post = post

    def instruct(self, room: int, tells: Sequence[Told] = (), more: Sequence[Point | int] = ()) -> None:
        super().instruct(room, tells, more)
        super().close()
        self._work(self._post)

    def close(self) -> None: ...


class PlayedWorkers:
    """Keeps what it is asked until the machine answers it."""

    size = 3
    lag = 0.0

    def __init__(self) -> None:
        self.asked: list[tuple[FoldTask, Any, float | None]] = []

    def prepare(self, problem: Problem) -> None: ...

    def submit(self, task: FoldTask, answer: Any, timeout: float | None) -> str:
        self.asked.append((task, answer, timeout))
        return ""

    def close(self, *, at_once: bool = False) -> None: ...


class HandTime:
    """What time it is in a life, for all that asks."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    time = monotonic
