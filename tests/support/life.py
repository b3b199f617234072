"""A life of methods: a run whose orders of events are drawn at random, and a plain loop that knows its winners.

The conductor's parts are real (methods, trials, dispatcher, clock, race, stop rules, searches in their threads); only
workers and time are played: they answer what is asked of them in any order, die, time out, or hand folds back. The
oracle knows nothing of orders: it looks each configuration up in a table of scores.
"""

from __future__ import annotations

import logging
import queue
import random
from collections.abc import Callable, Sequence
from typing import Any

from life_oracle import Tables, configuration_of
from life_parts import (
    EXTENDABLE,
    FOLDS,
    METHODS,
    RULES,
    TOTAL,
    HandTime,
    PlayedWorkers,
    problem_of_lives,
    search_of,
    window_of,
)
from tunetop.engine.events import (
    BASELINE,
    MANUAL,
    AnyEvent,
    Constraint,
    FoldFinished,
    FoldStarted,
    MethodFinished,
    MethodPlan,
    Record,
    RunResumed,
    RunStarted,
    Simplest,
    TrialFinished,
    TrialStarted,
)
from tunetop.engine.run.clock import Clock
from tunetop.engine.run.dispatch import Dispatcher, Job
from tunetop.engine.run.method_run import MethodRun
from tunetop.engine.run.methods import Methods
from tunetop.engine.run.search_thread import Proposals
from tunetop.engine.run.trials import Trials
from tunetop.engine.search.fold_race import FoldRace
from tunetop.engine.search.stop_rules import StopRules
from tunetop.engine.state import RunState
from tunetop.engine.workers.base import Answer, Lost
from tunetop.engine.workers.task import FoldResult, FoldTask, RefitResult

STEPS = 40
BOUND = 0.5

happenings: list[tuple[Callable[..., None], Callable[[Life], object], dict[str, Sequence[Any]]]] = []
"""What may happen, when it may, and what with."""


def rule(when: Callable[[Life], object] = lambda life: True, **choices: Sequence[Any]) -> Callable[[Any], Any]:
    def note(happen: Callable[..., None]) -> Callable[..., None]:
        happenings.append((happen, when, choices))
        return happen

    return note


class Life:
    """A run of the preset, with a table of scores and an order of events of its own."""

    def __init__(self, chance: random.Random, time: HandTime) -> None:
        self.preset, self.problem = problem_of_lives()
        self.time = time
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
        self.together, self.bounded = chance.random() < 0.5, chance.random() < 0.3
        self.total = TOTAL if chance.random() < 0.2 else None
        able = [name for name in METHODS if not (self.bounded and name in ("raced", "halved"))]
        chosen = chance.sample(able, chance.randint(1, 6))
        choose = Simplest({"max_depth": "low"}) if chance.random() < 0.3 else None
        self.tables = Tables(chance, choose, bound=BOUND if self.bounded else None)
        plans = [MethodPlan(name=BASELINE, kind=BASELINE, title="Baseline", trials=1)]
        plans += [method.plan(self.preset.space) for method in self.preset.methods if method.name in chosen]
        header = {"run": "life-1", "preset": "life", "title": "", "digest": "", "fingerprint": "", "estimator": ""}
        counts = {"folds": FOLDS, "train_rows": 120, "test_rows": 30, "features": 4, "workers": 3}
        constraints = [Constraint("other", least=BOUND)] if self.bounded else []
        more = {"scoring": "accuracy", "axes": [], "methods": plans, "choose": choose, "constraints": constraints}
        self.told.append(f"{'together' if self.together else 'in turn'}, {self.total} s: {chosen}")
        self.told.append(f"{choose}, {constraints}, {vars(self.tables)}")
        self.record(RunStarted(**header, **counts, **more, task="classification"))
        self.make()

    def make(self) -> None:
        """Begin, or go on, as `launch` and `Run` do it."""
        self.workers = PlayedWorkers()
        self.running: list[MethodRun] = []
        self.spent = {one.name: one.spent for one in self.state.methods.values() if one.phase == "running"}
        log = logging.Logger("life", logging.CRITICAL)
        clock = Clock(self.total, self.state)
        clock.note_at_work()
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
        stop = StopRules(RULES[name], self.spent.get(name, 0.0)) if name in RULES else None
        place = -1 if name == MANUAL else list(self.state.methods).index(name)
        plan, added = known.plan, tuple(known.added)  # as they are now: what comes later is given to the search
        window = window_of(name)
        method = MethodRun(plan, place, lambda: search_of(plan, added), lambda: window, fold_race=race, stop=stop)
        self.running.append(method)
        self.inboxes[method] = queue.SimpleQueue()
        return method

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
        self.records.append(Record(v=1, n=len(self.records), t=self.time.now, event=event))
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
        task, answer, timeout = self.workers.asked.pop(which % len(self.workers.asked))
        job = self.job_of(answer)
        answer(self.right_answer(task, job, task.folds[:1] if some else task.folds, timeout))

    @rule(lambda self: self.workers.asked, which=range(6), again=(False, False, False, True))
    def die(self, which: int, again: bool) -> None:
        """A worker dies: mostly once for each trial or refit, for the third time is the trial's own failure."""
        place = which % len(self.workers.asked)
        job = self.job_of(self.workers.asked[place][1])
        if again or (job.trial.method.lost if job.refit else job.trial.lost) == 0:
            self.workers.asked.pop(place)[1](Lost("the worker died"))

    @rule(lambda self: self.total or "timed" in self.state.methods, seconds=(1.0, 4.0, 16.0))
    def let_time_pass(self, seconds: float) -> None:
        self.time.now += seconds
        self.methods.look_at_the_clock(self.trials)

    @rule(name=(*METHODS, MANUAL))
    def skip(self, name: str) -> None:
        if any(
            method.name == name and method.begun and not method.closed and method.refitting is None
            for method in self.running
        ):
            self.skipped.add(name)
        self.methods.skip(name, self.trials)

    @rule(name=EXTENDABLE, more=(1, 2, 3), stopping=(False, False, False, True))
    def extend(self, name: str, more: int, stopping: bool) -> None:
        self.methods.extend(name, more, stopping=stopping)
        if stopping:
            self.kill_and_resume(0)

    @rule(depth=(1, 2, 3), leaf=("one", "same", "two"), stopping=(False, False, False, True))
    def add(self, depth: int, leaf: str, stopping: bool) -> None:
        self.methods.add({"max_depth": depth, "leaf": leaf}, stopping=stopping)
        if stopping:
            self.kill_and_resume(0)

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

    def job_of(self, answer: Any) -> Job:
        return answer.__closure__[answer.__code__.co_freevars.index("job")].cell_contents

    def answered(self, job: Job, answer: Answer) -> None:
        """Take an answer as `Run` does it."""
        self.dispatcher.note_answered()
        if job.refit:
            self.refitted[job.trial.method.name] = configuration_of(job.trial.arguments)
            self.methods.take_refit(job.trial, answer)
        else:
            self.trials.take_answer(job, answer)
        if job.trial.method.ended:
            self.methods.begin()

    def right_answer(self, task: FoldTask, job: Job, folds: tuple[int, ...], timeout: float | None) -> Answer:
        configuration = configuration_of(task.arguments)
        scores, others = self.tables.scores[configuration], self.tables.others[configuration]
        if not folds and configuration in self.tables.unfit:
            return RefitResult(error="ValueError: refused", fitted=False)
        if not folds:
            return RefitResult(score=self.tables.test_score(configuration))
        if scores == "timeout":
            self.time.now += timeout if job.by_clock and timeout else 0.0
            return Lost("the fold took longer than its timeout", timed_out=True)
        if scores == "error":
            return [FoldResult(folds[0], error="ValueError: refused")]
        return [FoldResult(fold, scores[fold], 0.01, others={"other": others[fold]}) for fold in folds]

    # -- the end -----------------------------------------------------------------------------------------------------

    def end(self) -> None:
        """Let what is under way come to its end, with nothing else happening, and judge each method."""
        while not self.methods.through or self.dispatcher.in_flight:
            self.methods.look_at_the_clock(self.trials)
            self.dispatcher.dispatch(self.trials.note_given)
            if self.methods.have_news:
                self.follow()
            elif self.workers.asked:
                self.answer(0, False)
            elif not self.methods.through:
                assert self.thinking, "nothing is under way, and the run is not through"
                self.deliver(0)
        self.methods.close()
        for method in self.state.methods.values():
            self.tables.check(method, self.refitted.get(method.name), skipped=method.name in self.skipped)


def lived(seed: int, time: HandTime) -> None:
    """Live one life; whatever is wrong with it is told with what happened in it."""
    chance = random.Random(seed)
    life = Life(chance, time)
    # in each life other things are rare, so that orders come about which no even mixture would give
    rare = chance.random()
    likely = [rule for rule in happenings if chance.random() >= rare]
    try:
        for _ in range(STEPS):
            possible = [one for one in likely if one[1](life)] or [one for one in happenings if one[1](life)]
            happen, _, choices = chance.choice(possible)
            chosen = {name: chance.choice(choice) for name, choice in choices.items()}
            life.told.append(f"{happen.__name__} {chosen or ''}")
            happen(life, **chosen)
        life.end()
    except BaseException as error:
        error.add_note("\n".join([f"life {seed}", *life.told]))
        raise
