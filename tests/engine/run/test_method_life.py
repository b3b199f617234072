"""The life of methods, by a state machine: whatever comes in whatever order, each winner is the one of a plain loop.

See `life` for what may happen, and what is real of it.
"""

from __future__ import annotations

import itertools
import os
import random

import pytest
from breadth import WHOLE
from life import Life, lived
from life_parts import AtOnce, HandTime, problem_of_lives
from tunetop.engine.events import BASELINE, MethodPlan
from tunetop.engine.model.estimators import canonical_parameters
from tunetop.engine.run.method_run import BrokenLife, MethodRun, OpenTrial
from tunetop.engine.run.outcomes import cut_short_by
from tunetop.engine.run.search_thread import SearchThread
from tunetop.engine.search.baseline import Baseline

LIVES = int(os.environ.get("TUNETOP_TESTS_LIVES", "0"))
"""So many lives drawn at random, as in `make soak`; 0: the same ones always, so a build tells of its change alone."""

SAME = 1400 if WHOLE else 300
"""So many are the same ones."""


def test_the_winners_of_every_life_are_those_of_a_plain_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    known = canonical_parameters(problem_of_lives()[1].estimator)  # of each run anew: a tenth of a life
    monkeypatch.setattr("tunetop.engine.run.trials.canonical_parameters", lambda estimator: known)
    time = HandTime()
    for module in ("clock", "method_run"):
        monkeypatch.setattr(f"tunetop.engine.run.{module}.time", time)
    first = random.SystemRandom().randrange(2**32) if LIVES else 0
    for seed in range(first, first + (LIVES or SAME)):
        # one in ten with searches in threads of their own
        searches = SearchThread if seed % 10 == 0 else AtOnce
        monkeypatch.setattr("tunetop.engine.run.method_run.SearchThread", searches)
        lived(seed, time)


def test_the_time_of_a_race_may_be_over_while_it_goes_through_its_trials_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time = HandTime()
    for module in ("clock", "method_run"):
        monkeypatch.setattr(f"tunetop.engine.run.{module}.time", time)
    monkeypatch.setattr("tunetop.engine.run.method_run.SearchThread", AtOnce)
    lives = (Life(random.Random(seed), time) for seed in itertools.count())
    life = next(one for one in lives if set(one.state.methods) == {BASELINE, "raced"} and one.total and one.together)
    life.tables.scores = {key: [0.5, 0.75, 1.0] for key in life.tables.scores}
    trials = life.state.methods["raced"].trials
    while not any(trial.known_scores and trial.phase == "running" for trial in trials.values()):
        life.dispatch()
        life.follow()
        life.deliver(0) if life.thinking else life.answer(-1, some=False)
    assert life.total is not None
    life.let_time_pass(life.total)
    assert all(cut_short_by(trial) for trial in trials.values())
    life.kill_and_resume(0)
    while life.thinking:
        life.deliver(0)
    race = next(one for one in life.running if one.name == "raced")
    assert any(trial.recorded is not None for trial in race.open.values())
    life.end()


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
