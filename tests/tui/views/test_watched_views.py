"""Views of searches that other programs make: curves, fronts, and scores with their own sign on every axis."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import optuna
import pytest
from made_run import MadeRun
from optuna._hypervolume import compute_hypervolume
from tunetop.engine.events import AxesKnown, Axis, Objective, StepsReported, TrialStarted
from tunetop.engine.state import RunState
from tunetop.tui.render.look import LOOKS
from tunetop.tui.views.catalog import VIEWS, view_for, views_for
from tunetop.tui.views.options import ViewOptions
from tunetop.tui.views.pareto import Points, hypervolumes

LR = Axis(name="lr", scale="linear", low=0.0, high=1.0)


def watched(direction: Any = "minimize", *more: Objective, axes: list[Axis] | None = None) -> MadeRun:
    goals = [Objective("loss", direction), *more]
    axes = [LR] if axes is None else axes
    return MadeRun(methods=("study",), axes=axes, folds=0, watched=True, objectives=goals, scoring="loss")


def text(state: RunState, view: str, width: int = 80, height: int = 24, **options: Any) -> str:
    lines = VIEWS[view].draw(state, ViewOptions(**options), width, height, LOOKS["dark"].with_colors("none"))
    return "\n".join(line.plain for line in lines)


def cells(picture: str, glyph: str) -> list[tuple[int, int]]:
    return [(x, y) for y, line in enumerate(picture.split("\n")) for x, c in enumerate(line) if c == glyph and y > 1]


def of_losses(losses: list[float], **more: Any) -> RunState:
    run = watched(**more)
    for number, loss in enumerate(losses):
        run.trial("study", number, [-loss], {"lr": number / len(losses)})
    return run.state()


@pytest.mark.parametrize("view", ["heatmap", "scatter", "trajectory", "parallel"])
def test_scores_of_a_minimised_objective_have_their_own_sign_in_views(view: str) -> None:
    picture = text(of_losses([3.5, 2.25, 1.5, 2.75]), view)
    assert "1.5" in picture
    assert "-1.5" not in picture
    assert "-3" not in picture


def test_the_path_of_what_is_minimised_falls_and_that_of_what_is_maximised_rises() -> None:
    falling = text(of_losses([3.5, 2.25, 1.5, 2.75]), "trajectory")
    assert "┐" in falling
    assert "┌" not in falling
    (_, star) = cells(falling, "★")[0]
    assert star > max(y for _, y in cells(falling, "·"))
    run = watched("maximize")
    for number, score in enumerate([1.0, 2.0, 3.0]):
        run.trial("study", number, [score], {"lr": 0.5})
    rising = text(run.state(), "trajectory")
    assert "┌" in rising
    assert "┐" not in rising


def test_axes_that_become_known_later_place_the_trials_that_were_there_before() -> None:
    run = watched(axes=[])
    run.trial("study", 0, [-1.0], {"lr": 0.25})
    state = RunState()
    state.apply_all(run.records)
    text(state, "scatter")
    known = len(run.records)
    run.add(AxesKnown(axes=[LR]))
    run.add(TrialStarted(method="study", number=1, params={}))
    run.trial("study", 2, [-2.0], {"lr": 0.75})
    for record in run.records[known:]:
        state.apply(record)
        text(state, "scatter")
    run.add(TrialStarted(method="study", number=1, params={"lr": 1.0}))
    state.apply(run.records[-1])
    assert text(state, "scatter") == text(run.state(), "scatter")
    assert "▶" in text(state, "scatter", height=12).split("\n")[0] or cells(text(state, "scatter"), "▶")


def test_only_views_that_mean_something_are_offered() -> None:
    plain = of_losses([1.0, 2.0])
    assert [view.name for view in views_for(plain)] == [
        name for name in VIEWS if name not in ("bars", "curves", "pareto")
    ]
    assert view_for(plain, "bars").name == "heatmap"
    run = watched("minimize", Objective("speed"))
    run.trial("study", 0, [-1.0], {"lr": 0.1}, steps=[(0, -2.0)], others={"speed": [1.0]})
    assert {"curves", "pareto"} <= {view.name for view in views_for(run.state())}
    assert {"curves", "pareto"}.isdisjoint(view.name for view in views_for(MadeRun().state()))


def test_curves_end_where_trials_ended_early_and_a_loss_falls() -> None:
    run = watched()
    run.trial("study", 0, [-0.5], {"lr": 0.1}, steps=[(step, -2.0 + step * 0.15) for step in range(11)])
    run.trial("study", 1, [], {"lr": 0.2}, state="raced", estimate=-1.5, steps=[(0, -2.0), (5, -1.5)])
    run.add(TrialStarted(method="study", number=2, params={"lr": 0.3}))
    run.add(StepsReported(method="study", number=2, steps=[(0, -2.0)]))
    run.add(StepsReported(method="study", number=2, steps=[(2, -1.9)]))
    picture = text(run.state(), "curves")
    ((pruned, _),), ((running, _),), ((done, bottom),) = (cells(picture, glyph) for glyph in "‖▶★")
    assert running < pruned < done
    assert bottom > 18
    assert "1 running" in picture
    assert "1 ended early" in picture
    assert "study #0 0.5000" in picture
    # the middle of eleven steps is half-way across
    assert abs((pruned - 5) / (done - 5) - 0.5) < 0.03


def test_of_very_many_curves_those_that_run_and_the_best_are_drawn() -> None:
    run = watched()
    for number in range(900):
        run.trial("study", number, [-1.0 - number % 7], {"lr": 0.1}, steps=[(0, -9.0), (1, -1.0 - number % 7)])
    run.add(TrialStarted(method="study", number=900, params={"lr": 0.3}))
    run.add(StepsReported(method="study", number=900, steps=[(0, -5.0)]))
    picture = text(run.state(), "curves")
    assert "of 901 curves" in picture
    assert "1 running" in picture
    assert "study #0 1.0000" in picture


# -- fronts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_the_front_is_what_optuna_calls_the_best_trials(seed: int) -> None:
    rng = random.Random(seed)
    ways = [rng.choice(["minimize", "maximize"]) for _ in range(2)]
    study = optuna.create_study(directions=ways)
    better = []
    for _ in range(40):
        values = [float(rng.randrange(8)), float(rng.randrange(8))]
        study.add_trial(optuna.create_trial(values=values))
        better.append([v if way == "maximize" else -v for v, way in zip(values, ways, strict=True)])
    points = Points(np.array(better), np.ones(40, dtype=bool), np.arange(40))
    expected = {tuple(trial.values) for trial in study.best_trials}
    assert {tuple(study.trials[number].values) for number in points.front().tolist()} == expected


@pytest.mark.parametrize("seed", range(8))
def test_the_hypervolume_after_each_trial_is_optunas(seed: int) -> None:
    rng = np.random.default_rng(seed)
    better = rng.integers(0, 6, (30, 2)).astype(float) if seed % 2 else rng.normal(size=(30, 2))
    feasible = rng.random(30) > 0.2
    worst, best = better.min(axis=0), better.max(axis=0)
    losses = 1.0 - (better - worst) / (best - worst)
    for place, volume in enumerate(hypervolumes(better, feasible)):
        seen = losses[: place + 1][feasible[: place + 1]]
        expected = compute_hypervolume(seen, np.ones(2)) if len(seen) else 0.0
        assert volume == pytest.approx(expected, abs=1e-12)


def test_a_front_of_three_objectives_shows_each_two_in_turn() -> None:
    run = watched("minimize", Objective("speed"), Objective("size", "minimize"))
    for number in range(5):
        others = {"speed": [float(number)], "size": [float(number)]}
        run.trial("study", number, [-float(number)], {"lr": 0.1}, others=others)
    state, options, seen = run.state(), ViewOptions(), []
    for _ in range(6):
        lines = VIEWS["pareto"].draw(state, options, 80, 20, LOOKS["dark"])
        seen.append(lines[0].plain.strip())
        form = VIEWS["pareto"].next_form(state, options)
        assert form is not None
        options = form.change(options)
    assert seen[0] == "speed better ↑  loss better ←"
    assert "hypervolume" in seen[1]
    assert seen[2] == "size better ↓  loss better ←"
    assert seen[4] == "size better ↓  speed better →"


def test_what_breaks_a_constraint_is_no_part_of_the_front() -> None:
    run = watched("minimize", Objective("speed"))
    run.trial("study", 0, [-1.0], {"lr": 0.1}, others={"speed": [1.0]}, attributes={"feasible": True})
    run.trial("study", 1, [-0.5], {"lr": 0.2}, others={"speed": [2.0]}, attributes={"feasible": False})
    picture = text(run.state(), "pareto")
    assert "1 of 2 on the front" in picture
    assert "1 break a constraint" in picture
