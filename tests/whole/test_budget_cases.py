"""Runs that must end: fits that never do, limits, a score that is enough, chance, warnings, and winners taken early.

One row a case, as in `test_cases`; forests are made smaller here, which changes nothing of what is tested.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from leaving import assert_script_is_the_run_but_for_chance
from running import preset_of, run_through
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import cross_val_score, train_test_split
from tunetop.engine.preset.preset import load
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState
from tunetop.engine.verdict.summary import document, run_summary

CASES = Path(__file__).parent / "cases"
SMALL = {"model.params.n_estimators": 10}


def run(case: str, folder: Path, overrides: dict[str, Any] | None = None) -> RunState:
    return run_through(load(CASES / f"{case}.toml", overrides), folder / "runs", workers=1)


@pytest.mark.parametrize("limit", ["[stop]\nseconds = 0.5", "timeout = 0.3"])
def test_18_fits_that_never_end_are_ended_by_the_limit_that_there_is(limit: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(900, 5)) * [1, 10, 1e3, 1e4, 1e5]
    frame = pd.DataFrame(X).add_prefix("x").assign(y=(X[:, 0] + rng.normal(size=900) > 0).astype(int))
    frame.to_csv(tmp_path / "unscaled.csv", index=False)
    text = f"""
title = "Unscaled"
[data]
source = "csv:unscaled.csv"
target = "y"
[model]
estimator = "sklearn.svm.SVC"
params = {{ kernel = "linear" }}
[space]
C = [1.0, 10000.0]
[score]
scoring = "accuracy"
folds = 3
{limit}
[[method]]
kind = "grid"
"""
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    assert state.ended
    errors = {trial.error for trial in state.trials}
    what = "ended when" if "stop" in limit else "took longer than its timeout of 0.3 s"
    assert errors, "nothing was begun"
    assert all(what in error for error in errors), errors
    assert run_summary(state).outcome == "no_winner"


def test_27_a_search_by_chance_says_which_line_settles_it(tmp_path: Path) -> None:
    state = run("27-random/none", tmp_path, SMALL | {"method.random.trials": 1, "method.bayes.trials": 1})
    assert state.info is not None
    assert "params = { random_state = 0 } settles it" in " ".join(state.info.notes)
    (folder,) = Store(tmp_path / "runs").list()
    assert_script_is_the_run_but_for_chance(folder, tmp_path / "left")


def test_28_each_warning_is_told_once_and_counted(tmp_path: Path) -> None:
    state = run("28-warnings/sgd", tmp_path, {"method.random.trials": 4})
    (group,) = document(run_summary(state))["warnings"]
    assert group["warning"].startswith("ConvergenceWarning: Maximum number of iteration reached")
    assert (group["count"], group["trials"]) == (15, 5)


def test_40_a_score_that_is_enough_ends_at_once(tmp_path: Path) -> None:
    state = run("40-budget/score6", tmp_path, SMALL)
    grid = state.methods["grid"]
    assert len(grid.trials) == 1
    assert grid.result is not None
    assert grid.result.reason
    assert grid.test_score is not None


def test_40_a_short_methods_time_counts(tmp_path: Path) -> None:
    state = run("40-budget/grid6", tmp_path, {"model.params.n_estimators": 150, "stop.seconds": 0.4})
    grid = state.methods["grid"]
    assert grid.result is not None
    assert "0.4" in grid.result.reason
    assert sum(trial.phase == "done" for trial in grid.trials.values()) < 6


def test_50_the_winner_of_random_is_its_best_though_its_first_point_was_known(tmp_path: Path) -> None:
    state = run("50-early-close/deterministic", tmp_path, SMALL)
    random = state.methods["random"]
    frame = pd.read_csv(CASES / "00-shared/regression.csv")
    train, test = train_test_split(frame, test_size=0.2, random_state=0)

    def made(depth: Any) -> RandomForestRegressor:
        return RandomForestRegressor(10, random_state=0, max_depth=depth)

    X, y = train.drop(columns="y"), train["y"]
    depths = [trial.params["max_depth"] for _, trial in sorted(random.trials.items())]
    means = [cross_val_score(made(depth), X, y, cv=3, scoring="r2").mean() for depth in depths]
    assert len(depths) == 7
    assert random.result is not None
    assert random.result.best == int(np.argmax(means))
    fitted = made(depths[random.result.best]).fit(X, y)
    assert random.test_score == pytest.approx(fitted.score(test.drop(columns="y"), test["y"]), abs=1e-12)
