"""The winner of a method is the best of all its trials, and the tested one: against scikit-learn by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_run import MadeRun
from running import preset_of, run_through
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.tree import DecisionTreeRegressor
from tunetop.engine.verdict.summary import run_summary
from tunetop.tui.cli.tables import comparison
from tunetop.tui.widgets.header import Header

DEPTHS = [2, 1, 3, 4, 5, 6, 12]

SHARED_FIRST = f"""
title = "Methods that begin with a point that another one has scored"
[data]
source = "sklearn:diabetes"
test_size = 0.3
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeRegressor"
params = {{ random_state = 0, max_depth = 2 }}
[space]
max_depth = {{ choices = {DEPTHS}, grid = [2, 6, 3] }}
[score]
scoring = "r2"
folds = 3
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 7
seed = 1
"""


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_method_whose_first_point_is_known_already_waits_for_the_others(
    tmp_path: Path, workers: int, together: bool
) -> None:
    state = run_through(preset_of(SHARED_FIRST, tmp_path), tmp_path / "runs", workers=workers, together=together)
    train, test, target, test_target = train_test_split(*load_diabetes(return_X_y=True), test_size=0.3, random_state=1)
    for method, depths in (("grid", [2, 6, 3]), ("random", DEPTHS)):
        search = GridSearchCV(
            DecisionTreeRegressor(random_state=0), {"max_depth": depths}, scoring="r2", cv=3, n_jobs=1
        ).fit(train, target)
        known = state.methods[method]
        assert known.result is not None
        assert known.result.best is not None
        best = known.trials[known.result.best]
        assert best.params == search.best_params_
        assert best.mean == pytest.approx(search.best_score_, abs=1e-12)
        assert known.test_score == pytest.approx(search.score(test, test_target), abs=1e-12)
        assert known.finished == len(depths)


def test_a_failed_default_does_not_end_a_method_that_holds_it(tmp_path: Path) -> None:
    text = SHARED_FIRST.replace("sklearn.tree.DecisionTreeRegressor", "failing_estimators.Refusing")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", allow_imports=("failing_estimators",))
    grid = state.methods["grid"]
    assert state.methods["baseline"].failed == 1
    assert (grid.finished, grid.failed) == (3, 1)
    assert grid.result is not None
    assert grid.result.best == max((1, 2), key=lambda number: grid.trials[number].mean)
    assert grid.test_score is not None


def test_a_run_of_an_older_version_that_ended_a_method_early_says_so(tmp_path: Path) -> None:
    """Its winner is then the best of all its trials, and the test score of another trial is not given for it."""
    run = MadeRun(("baseline", "random"))
    run.trial("baseline", 0, [0.5, 0.5, 0.5])
    run.finish("baseline", 0, 0.5)
    run.trial("random", 0, [0.6, 0.6, 0.6])
    run.finish("random", 0, 0.61)
    run.trial("random", 1, [0.9, 0.9, 0.9])
    state = run.state()
    assert state.methods["random"].misjudged
    (doubt,) = state.doubts
    assert "random was ended by an older version" in doubt
    assert "took #0 for its winner, but the best is #1" in doubt
    document = run_summary(state)
    (row,) = document.methods
    assert (row.best_number, row.cv_score, row.test_score) == (1, pytest.approx(0.9), None)
    assert doubt in document.notes
    assert doubt in " ".join(comparison(document).split())
    banner = Header().banner(state)
    assert banner is not None
    assert banner == (doubt, "bad")


def test_a_late_trial_that_is_not_the_best_leaves_the_winner_right(tmp_path: Path) -> None:
    run = MadeRun(("baseline", "random"))
    run.trial("random", 0, [0.6, 0.6, 0.6])
    run.finish("random", 0, 0.61)
    run.trial("random", 1, [0.3, 0.3, 0.3])
    state = run.state()
    assert state.doubts == ["random was ended by an older version before its trials were; its winner, #0, is right"]
    (row,) = [row for row in run_summary(state).methods if row.method == "random"]
    assert row.test_score == 0.61
