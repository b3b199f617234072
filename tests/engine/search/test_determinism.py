"""Every method proposes the same trials on any number of workers, and stopped and resumed at any place."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from running import finish, preset_of, run_through, trials_of, wait_until
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.state import RunState
from tunetop.tui.sessions.run import Feed

OPTUNA = """
[[method]]
kind = "optuna"
trials = 6
seed = 2
[[method]]
kind = "optuna"
name = "open-optuna"
trials = 12
seed = 3
open = 4
"""

EVERY = """
title = "Every method"
[data]
source = "sklearn:iris"
test_size = 0.3
stratify = true
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0 }
[space]
max_depth = { linear = [1, 8], integer = true, grid = [1, 2, 3] }
min_impurity_decrease = { log = [1e-4, 1e-1], grid = [1e-3, 1e-2] }
criterion = ["gini", "entropy"]
[score]
scoring = "accuracy"
folds = 4
[[method]]
kind = "halving"
candidates = 6
min_resources = 24
seed = 4
[[method]]
kind = "random"
name = "raced"
trials = 30
seed = 3
race = true
[[method]]
kind = "grid"
race = { alpha = 0.2 }
[[method]]
kind = "refine"
draws = 5
iterations = 5
seed = 5
[[method]]
kind = "bayes"
trials = 12
start = 6
seed = 6
[[method]]
kind = "bayes"
name = "open-bayes"
trials = 15
start = 6
seed = 8
open = 8
[[method]]
kind = "bayes"
name = "raced-bayes"
trials = 10
start = 6
seed = 7
race = true
""" + (OPTUNA if importlib.util.find_spec("optuna") else "")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> RunState:
    folder = tmp_path_factory.mktemp("undisturbed")
    return run_through(preset_of(EVERY, folder), folder / "runs", workers=1)


def test_every_method_ends_with_a_winner_and_races_save_fits(undisturbed: RunState) -> None:
    for method in undisturbed.methods.values():
        assert method.phase == "done", method.result
        assert method.test_score is not None
    raced = undisturbed.methods["raced"]
    assert raced.finished == 30
    assert raced.raced > 8
    fits = sum(len(trial.fit_seconds) for trial in raced.trials.values())
    assert fits < 0.75 * sum(trial.reused is None for trial in raced.trials.values()) * 4
    halving = [trial.resource for trial in undisturbed.methods["halving"].trials.values()]
    assert halving == [24] * 6 + [72] * 2


def test_a_raced_trial_says_which_folds_it_had(undisturbed: RunState) -> None:
    out = [trial for trial in undisturbed.methods["raced"].trials.values() if trial.phase == "raced"]
    for trial in out:
        assert trial.by_fold
        assert sorted(trial.by_fold) == sorted(set(trial.by_fold))
        assert {fold: score for fold, score in enumerate(trial.scores) if score is not None} == trial.by_fold
        assert len(trial.known_scores) < 4
        assert trial.estimate is not None


def test_four_workers_on_all_methods_at_once_give_the_trials_that_one_gives(
    undisturbed: RunState, tmp_path: Path
) -> None:
    state = run_through(preset_of(EVERY, tmp_path), tmp_path / "runs", workers=4, together=True)
    assert trials_of(state) == trials_of(undisturbed)


def test_stopped_and_resumed_at_five_places_it_comes_to_the_same_end(undisturbed: RunState, tmp_path: Path) -> None:
    trials = len(undisturbed.trials)
    run = launch(preset_of(EVERY, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=2))
    feed = Feed(run.folder)
    for part in range(1, 6):
        wait_until(lambda: (feed.poll(), feed.state.finished_trials)[1] >= part * trials // 6)  # noqa: B023
        run.stop_now() if part % 2 else run.stop()
        assert finish(run).phase in ("stopped", "done")
        run = resume(run.folder, RunOptions(workers=2 + part % 2))
        feed = Feed(run.folder)
    state = finish(run)
    assert state.phase == "done"
    assert trials_of(state) == trials_of(undisturbed)
    lines = run.folder.journal.read_text().splitlines()
    assert sum('"trial_finished"' in line for line in lines) == trials


LATE = """
title = "Failures in a race"
[data]
source = "sklearn:wine"
test_size = 0.3
seed = 1
[model]
estimator = "failing_estimators.Late"
params = { random_state = 0, first = 0.0 }
[space]
late = { choices = [false, true] }
max_depth = { linear = [1, 6], integer = true, steps = 6 }
random_state = [0, 1, 2]
[score]
scoring = "accuracy"
folds = 4
[[method]]
kind = "grid"
race = true
"""


def test_candidates_that_fail_in_a_later_fold_race_alike_after_a_resume(tmp_path: Path) -> None:
    trusted = ("failing_estimators",)
    preset = preset_of(LATE, tmp_path)
    first = float(load_problem(preset, RunOptions(allow_imports=trusted).allowed).split.train[0, 0])
    preset = preset_of(LATE.replace("first = 0.0", f"first = {first!r}"), tmp_path)
    store = Store(tmp_path / "runs")
    whole = finish(launch(preset, store, RunOptions(workers=2, allow_imports=trusted)))
    failed = [trial for trial in whole.methods["grid"].trials.values() if trial.phase == "failed"]
    assert 0 < len(failed) < 18
    assert any(trial.by_fold for trial in failed)
    run = launch(preset, store, RunOptions(workers=2, allow_imports=trusted))
    feed = Feed(run.folder)
    wait_until(lambda: (feed.poll(), feed.state.finished_trials)[1] >= 12)
    run.stop()
    finish(run)
    state = finish(resume(run.folder, RunOptions(workers=1, allow_imports=trusted)))
    assert trials_of(state) == trials_of(whole)
    assert {key: trial.by_fold for key, trial in state.methods["grid"].trials.items()} == {
        key: trial.by_fold for key, trial in whole.methods["grid"].trials.items()
    }
