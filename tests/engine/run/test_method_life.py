"""The life of methods, by a state machine: whatever comes in whatever order, each winner is the one of a plain loop.

The conductor's parts are real (methods, trials, dispatcher, race, stop rules, searches in their threads); only the
workers are played: they answer what is asked of them in any order, die, time out, or hand folds back. The oracle knows
nothing of orders: it looks each configuration up in a table of scores.
"""

from __future__ import annotations

import functools
import logging
import math
import os
import queue
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tunetop.engine.events import (
    BASELINE,
    MANUAL,
    AnyEvent,
    FoldFinished,
    FoldStarted,
    MethodFinished,
    MethodPlan,
    Point,
    Record,
    RunResumed,
    RunStarted,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.model.estimators import canonical_parameters
from tunetop.engine.preset.preset import Preset, parse
from tunetop.engine.problem.problem import Problem, load_problem
from tunetop.engine.run.clock import Clock
from tunetop.engine.run.dispatch import Dispatcher, Job
from tunetop.engine.run.method_run import BrokenLife, MethodRun, OpenTrial
from tunetop.engine.run.methods import Methods
from tunetop.engine.run.search_thread import Proposals, SearchThread, Told
from tunetop.engine.run.trials import Trials
from tunetop.engine.search.base import WAIT, Search, Wait
from tunetop.engine.search.baseline import Baseline
from tunetop.engine.search.fold_race import FoldRace
from tunetop.engine.search.grid import Grid
from tunetop.engine.search.manual import Manual
from tunetop.engine.search.random import Random
from tunetop.engine.search.stop_rules import StopRules, StopSpec
from tunetop.engine.state import MethodState, RunState
from tunetop.engine.workers.base import Answer, Lost
from tunetop.engine.workers.task import FoldResult, FoldTask, RefitResult

LIVES = int(os.environ.get("TUNETOP_TESTS_LIVES", "0"))
"""So many lives drawn at random, as in `make soak`; 0: the same 2,000 always, so a build tells of its change alone."""
STEPS = 40
FOLDS, WINDOW, PATIENCE = 3, 3, 2
SCORES = (0.25, 0.5, 0.75, 1.0)
METHODS = ("grid", "random", "other", "raced", "ruled", "patient")

PRESET = """
title = "Few configurations under many names"
[data]
source = "sklearn:iris"
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0, max_depth = 1 }
[space]
max_depth = [1, 2, 3]
leaf = { choices = { one = { min_samples_leaf = 1 }, same = { min_samples_leaf = 1 }, two = { min_samples_leaf = 2 } } }
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 4
seed = 1
[[method]]
kind = "random"
name = "other"
trials = 6
seed = 2
[[method]]
kind = "random"
name = "raced"
trials = 6
seed = 3
race = true
[[method]]
kind = "random"
name = "ruled"
trials = 6
seed = 4
[[method]]
kind = "grid"
name = "patient"
"""


def _configuration(arguments: Any) -> tuple[int, int]:
    return arguments.get("max_depth", 1), arguments.get("min_samples_leaf", 1)


class Patient:
    """A grid that waits for each result, so that everything it proposes comes alone."""

    def __init__(self, points: list[Point]) -> None:
        self._points, self._asked, self._told = points, 0, 0

    def ask(self) -> Point | Wait | None:
        if self._asked > self._told:
            return WAIT
        if self._asked == len(self._points):
            return None
        self._asked += 1
        return self._points[self._asked - 1]

    def tell(self, number: int, point: Point, score: float) -> None:
        assert number == self._told, "results are told in trial order"
        assert point == self._points[number]
        self._told += 1


class PlayedWorkers:
    """Keeps what it is asked until the machine answers it."""

    size = 3
    lag = 0.0

    def __init__(self) -> None:
        self.asked: list[tuple[FoldTask, Any]] = []

    def prepare(self, problem: Problem) -> None: ...

    def submit(self, task: FoldTask, answer: Any, timeout: float | None) -> str:
        self.asked.append((task, answer))
        return ""

    def close(self, *, at_once: bool = False) -> None: ...


@functools.cache
def _problem() -> tuple[Preset, Problem]:
    preset = parse(PRESET, "life.toml")
    return preset, load_problem(preset)


@functools.cache
def _draws(trials: int, seed: int) -> list[Point]:
    return list(_problem()[0].space.sample(trials, seed))


class Drawn:
    """The space of the preset, in which lives do not draw again what other lives have drawn."""

    dimensions = property(lambda _: _problem()[0].space.dimensions)
    sample_size = staticmethod(lambda trials: _problem()[0].space.sample_size(trials))
    sample = staticmethod(lambda trials, seed: map(dict, _draws(trials, seed)))


RULES: list[tuple[Callable[..., None], Callable[[Life], object], dict[str, Sequence[Any]]]] = []
"""What may happen, when it may, and what with."""


def rule(when: Callable[[Life], object] = lambda life: True, **choices: Sequence[Any]) -> Callable[[Any], Any]:
    def note(happen: Callable[..., None]) -> Callable[..., None]:
        RULES.append((happen, when, choices))
        return happen

    return note


class Life:
    """A run of the preset, with a table of scores and an order of events of its own."""

    def __init__(self, chance: random.Random) -> None:
        self.preset, self.problem = _problem()
        self.records: list[Record] = []
        self.durable = 0
        """Records that would be there after a loss of power."""
        self.state = RunState()
        self.closed: set[str] = set()
        self.skipped: set[str] = set()
        self.refitted: dict[str, tuple[int, int]] = {}
        self.methods: Methods | None = None
        self.inboxes: dict[MethodRun, queue.SimpleQueue[Proposals]] = {}
        self.told: list[str] = []
        self.begin(chance)

    # -- the run -----------------------------------------------------------------------------------------------------

    def begin(self, chance: random.Random) -> None:
        self.together = chance.random() < 0.5
        chosen = chance.sample(METHODS, chance.randint(1, len(METHODS)))
        self.table = {(depth, leaf): self.outcome(chance) for depth in (1, 2, 3) for leaf in (1, 2)}
        self.told.append(f"{'together' if self.together else 'in turn'}: {chosen} of {self.table}")
        plans = [MethodPlan(name=BASELINE, kind=BASELINE, title="Baseline", trials=1)]
        plans += [method.plan(self.preset.space) for method in self.preset.methods if method.name in chosen]
        header = {"run": "life-1", "preset": "life", "title": "", "digest": "", "fingerprint": "", "estimator": ""}
        counts = {"folds": FOLDS, "train_rows": 120, "test_rows": 30, "features": 4, "workers": 3}
        self.record(RunStarted(**header, **counts, task="classification", scoring="", axes=[], methods=plans))
        self.make()

    def outcome(self, chance: random.Random) -> list[float] | str:
        """Draw what becomes of a configuration: the scores of its folds, or its failure."""
        if chance.random() < 0.5:
            return chance.choice(["error", "timeout"])
        return [chance.choice(SCORES) for _ in range(FOLDS)]

    def make(self) -> None:
        """Begin, or go on, as `Run` does it."""
        self.workers = PlayedWorkers()
        self.running: list[MethodRun] = []
        log = logging.Logger("life", logging.CRITICAL)
        clock = Clock(None, self.state)
        self.dispatcher = Dispatcher(
            self.workers,
            120,
            FOLDS,
            None,
            together=self.together,
            left=clock.left,
            answered=self.answered,
        )
        self.methods = Methods(
            self.method_run_of,
            self.preset,
            self.state,
            self.dispatcher,
            together=self.together,
            clock=clock,
            record=self.record,
            post=lambda method, proposals: self.inboxes[method].put(proposals),
            log=log,
        )
        self.trials = Trials(
            self.problem,
            self.state,
            self.dispatcher,
            clock=clock,
            record=self.record,
            progress=self.methods.note,
            log=log,
        )
        self.trials.remember()
        self.methods.begin()

    def method_run_of(self, name: str) -> MethodRun:
        known = self.state.methods[name]
        race = FoldRace(FOLDS) if name == "raced" else None
        stop = StopRules(StopSpec(no_improvement=PATIENCE)) if name == "ruled" else None
        place = -1 if name == MANUAL else list(self.state.methods).index(name)
        plan, added = known.plan, tuple(known.added)  # as they are now: what comes later is given to the search
        window = WINDOW if stop else 64
        method = MethodRun(plan, place, lambda: self.search(plan, added), lambda: window, fold_race=race, stop=stop)
        self.running.append(method)
        self.inboxes[method] = queue.SimpleQueue()
        return method

    def search(self, plan: MethodPlan, added: tuple[Point, ...]) -> Search:
        if plan.name == BASELINE:
            return Baseline()
        if plan.name == MANUAL:
            return Manual(added)
        if plan.name == "grid":
            return Grid(self.preset.space)
        if plan.name == "patient":
            return Patient(list(self.preset.space.grid()))
        return Random(Drawn(), plan.trials or 0, len(plan.name), plan.earlier)  # type: ignore[arg-type]

    def record(self, event: AnyEvent) -> None:
        """Take an event as the journal would; what no journal may say fails here."""
        if isinstance(event, TrialFinished):
            assert event.method not in self.closed, "a trial ends after its method"
        elif isinstance(event, MethodFinished):
            self.closed.add(event.method)
        elif (method := getattr(event, "method", None) or getattr(getattr(event, "plan", None), "name", None)) and (
            type(event).__name__ in ("MethodStarted", "MethodExtended", "TrialAdded")
        ):
            self.closed.discard(method)
        self.records.append(Record(v=1, n=len(self.records), t=float(len(self.records)), event=event))
        if not isinstance(event, TrialStarted | FoldStarted | FoldFinished | TrialFinished):
            self.durable = len(self.records)
        self.state.apply(self.records[-1])

    # -- what may happen ---------------------------------------------------------------------------------------------

    @property
    def thinking(self) -> bool:
        return any(method.busy and not method.closed for method in self.running)

    @rule()
    def dispatch(self) -> None:
        self.dispatcher.dispatch(self.trials.note_given)

    @rule(lambda self: self.methods.have_news)
    def follow(self) -> None:
        """What has come in is made durable, and then had its consequences."""
        self.durable = len(self.records)
        self.methods.follow()

    @rule(lambda self: self.thinking, which=range(6))
    def deliver(self, which: int) -> None:
        """A search says what came of its instruction: any of those that have one, not whichever thread was first."""
        busy = [method for method in self.running if method.busy and not method.closed]
        method = busy[which % len(busy)]
        self.methods.take_proposals(method, self.inboxes[method].get(timeout=300), self.trials)

    @rule(lambda self: self.workers.asked, which=range(6), some=(False, True))
    def answer(self, which: int, some: bool) -> None:
        """A worker is through with what it was given, or after its first fold with that."""
        task, answer = self.workers.asked.pop(which % len(self.workers.asked))
        answer(self.right_answer(task, task.folds[:1] if some else task.folds))

    @rule(lambda self: self.workers.asked, which=range(6))
    def die(self, which: int) -> None:
        """A worker dies, once for each trial or refit at most: the third time would be the trial's own failure."""
        place = which % len(self.workers.asked)
        job = self.jobs_of(self.workers.asked[place][1])
        if (job.trial.method.lost if job.refit else job.trial.lost) == 0:
            _, answer = self.workers.asked.pop(place)
            answer(Lost("the worker died"))

    @rule(name=(*METHODS, MANUAL))
    def skip(self, name: str) -> None:
        if any(
            method.name == name and method.begun and not method.closed and method.refitting is None
            for method in self.running
        ):
            self.skipped.add(name)
        self.methods.skip(name, self.trials)

    @rule(name=METHODS[1:5], more=(1, 2, 3))
    def extend(self, name: str, more: int) -> None:
        self.methods.extend(name, more)

    @rule(depth=(1, 2, 3), leaf=("one", "same", "two"))
    def add(self, depth: int, leaf: str) -> None:
        self.methods.add({"max_depth": depth, "leaf": leaf})

    @rule(lost=range(4))
    def kill_and_resume(self, lost: int) -> None:
        """Everything but the journal is gone, and of that the end, if it was not durable."""
        self.methods.close()
        del self.records[max(self.durable, len(self.records) - lost) :]
        self.durable = len(self.records)
        self.state = RunState()
        self.state.apply_all(self.records)
        # one that a rule had ended before it was skipped is done, and what was given up of it stays so
        self.skipped &= {name for name, method in self.state.methods.items() if method.phase in ("skipped", "done")}
        self.record(RunResumed(workers=3))
        self.make()

    # -- answers -----------------------------------------------------------------------------------------------------

    def jobs_of(self, answer: Any) -> Job:
        return answer.__closure__[answer.__code__.co_freevars.index("job")].cell_contents

    def answered(self, job: Job, answer: Answer) -> None:
        """Take an answer as `Run` does it."""
        self.dispatcher.note_answered()
        if job.refit:
            self.refitted[job.trial.method.name] = _configuration(job.trial.arguments)
            self.methods.take_refit(job.trial, answer)
        else:
            self.trials.take_answer(job, answer)
        if job.trial.method.ended:
            self.methods.begin()

    def right_answer(self, task: FoldTask, folds: tuple[int, ...]) -> Answer:
        configuration = _configuration(task.arguments)
        scores = self.table[configuration]
        if not folds:
            return RefitResult(score=self.test_score(configuration))
        if scores == "timeout":
            return Lost("the fold took longer than its timeout of 1 s", timed_out=True)
        if scores == "error":
            return [FoldResult(folds[0], error="ValueError: refused")]
        return [FoldResult(fold, score=scores[fold], fit_seconds=0.01) for fold in folds]

    def test_score(self, configuration: tuple[int, int]) -> float:
        return (10 * configuration[0] + configuration[1]) / 100

    # -- the oracle --------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Let what is under way come to its end, with nothing else happening, and judge each method."""
        while not self.methods.through or self.dispatcher.in_flight:
            self.dispatcher.dispatch(self.trials.note_given)
            if self.methods.have_news:
                self.follow()
            elif self.workers.asked:
                self.answer(0, False)
            else:
                assert self.thinking, "nothing is under way, and the run is not through"
                self.deliver(0)
        self.methods.close()
        for method in self.state.methods.values():
            self.check(method)

    def check(self, method: MethodState) -> None:
        assert method.result is not None
        assert not method.misjudged
        assert not method.late
        best, highest = None, -math.inf
        for number, trial in sorted(method.trials.items()):
            configuration = _configuration(self.preset.space.arguments(trial.params) if trial.params else {})
            scores = self.table[configuration]
            if trial.phase == "done":
                assert trial.scores == scores
                if np.mean(scores) > highest:
                    best, highest = number, float(np.mean(scores))
            elif trial.phase == "failed":
                assert isinstance(scores, str)
            elif trial.phase == "running":
                # it had begun before the process was killed, and was given up before it began anew
                assert method.name in self.skipped
            else:
                assert (trial.phase, method.name) == ("raced", "raced")
        assert method.result.best == best
        if best is not None:
            winner = _configuration(
                self.preset.space.arguments(method.trials[best].params) if method.trials[best].params else {}
            )
            assert self.refitted[method.name] == winner
            assert method.test_score == self.test_score(winner)
        if method.name not in self.skipped and method.phase == "done":
            assert sorted(method.trials) == list(range(self.expected_trials(method)))

    def expected_trials(self, method: MethodState) -> int:
        planned = len(method.added) if method.name == MANUAL else method.plan.trials
        assert planned is not None
        if method.name != "ruled":
            return planned
        best, since = -math.inf, 0
        for number in range(planned):
            trial = method.trials[number]
            mean = float(np.mean(trial.known_scores)) if trial.phase == "done" else -math.inf
            best, since = (mean, 0) if mean > best else (best, since + 1)
            if since >= PATIENCE:
                # the window was asked for before the one that ended it was told
                return min(planned, number + WINDOW)
        return planned


def lived(seed: int) -> None:
    """Live one life; whatever is wrong with it is told with what happened in it."""
    chance = random.Random(seed)
    life = Life(chance)
    # in each life other things are rare, so that orders come about which no even mixture would give
    rare = chance.random()
    likely = [rule for rule in RULES if chance.random() >= rare]
    try:
        for _ in range(STEPS):
            possible = [rule for rule in likely if rule[1](life)] or [rule for rule in RULES if rule[1](life)]
            happen, _, choices = chance.choice(possible)
            chosen = {name: chance.choice(choice) for name, choice in choices.items()}
            life.told.append(f"{happen.__name__} {chosen or ''}")
            happen(life, **chosen)
        life.end()
    except BaseException as error:
        error.add_note("\n".join([f"life {seed}", *life.told]))
        raise


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


def test_the_winners_of_every_life_are_those_of_a_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    known = canonical_parameters(_problem()[1].estimator)  # of each run anew: a tenth of a life
    monkeypatch.setattr("tunetop.engine.run.trials.canonical_parameters", lambda estimator: known)
    first = random.SystemRandom().randrange(2**32) if LIVES else 0
    for seed in range(first, first + (LIVES or 2000)):
        # one in ten with searches in threads of their own
        searches = SearchThread if seed % 10 == 0 else AtOnce
        monkeypatch.setattr("tunetop.engine.run.method_run.SearchThread", searches)
        lived(seed)


def test_a_step_that_a_life_does_not_allow_is_loud() -> None:
    method = MethodRun(MethodPlan(name=BASELINE, kind=BASELINE, title="Baseline", trials=1), 0, Baseline, lambda: 64)
    trial = OpenTrial(method, 0, {}, {}, b"")
    method.open_trial(trial)
    with pytest.raises(BrokenLife, match="before its trials are through"):
        method.begin_refit(trial)
    with pytest.raises(BrokenLife, match="closes before"):
        method.finish(0)
    method.note_finished(trial, 0.5, 0.5)
    with pytest.raises(BrokenLife, match="not open"):
        method.note_finished(trial, 0.6, 0.6)
    method.ended = True
    with pytest.raises(BrokenLife, match="refitted None"):
        method.finish(0)
    method.begin_refit(trial)
    with pytest.raises(BrokenLife, match="after its end"):
        method.open_trial(OpenTrial(method, 1, {}, {}, b""))
