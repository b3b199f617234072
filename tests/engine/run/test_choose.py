"""The one-standard-error rule for winners, held against scikit-learn's own way to it, `refit=callable`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_run import MadeRun
from running import finish, in_order, preset_of, run_through, trials_of, wait_until
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.tree import DecisionTreeRegressor
from tunetop.engine.errors import PresetError
from tunetop.engine.events import Simplest
from tunetop.engine.export.winner import Choice, winner_of
from tunetop.engine.preset.preset import Preset
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.record.store import Store
from tunetop.engine.run.launch import RunOptions, launch, resume
from tunetop.engine.state import MethodState, RunState
from tunetop.engine.verdict.judge import judge
from tunetop.engine.verdict.judgement import winner
from tunetop.engine.verdict.summary import document, run_summary
from winners import check_journals

TEXT = """
title = "A simple tree"
[data]
source = "sklearn:diabetes"
test_size = 0.3
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeRegressor"
params = { random_state = 0 }
[space]
max_depth = { linear = [1, 8], integer = true, grid = [1, 2, 3, 4, 6, 8] }
min_samples_leaf = { log = [1, 40], integer = true, grid = [1, 5, 20, 40] }
criterion = ["squared_error", "absolute_error"]
[score]
scoring = "r2"
folds = 4
choose = "simplest within 1 SE"
simple = { max_depth = "low", min_samples_leaf = "high", criterion = ["absolute_error", "squared_error"] }
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 8
seed = 1
"""


def _simplest(results: dict) -> int:
    """Return the candidate that `GridSearchCV(refit=…)` is to take."""
    means = results["mean_test_score"]
    folds = np.array([results[f"split{fold}_test_score"] for fold in range(4)])
    best = int(np.argmax(means))
    least = means[best] - folds[:, best].std(ddof=1) / 2.0
    ranks = [
        (p["max_depth"], -p["min_samples_leaf"], p["criterion"] != "absolute_error", -means[i], i)
        for i, p in enumerate(results["params"])
        if means[i] >= least
    ]
    return min(ranks)[-1]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunState, Path]:
    folder = tmp_path_factory.mktemp("chosen")
    return run_through(preset_of(TEXT, folder), folder / "runs"), folder / "runs"


def test_the_winner_its_refit_and_its_test_score_are_those_of_scikit_learn(ran: tuple[RunState, Path]) -> None:
    state, runs = ran
    train, test, target, test_target = train_test_split(*load_diabetes(return_X_y=True), test_size=0.3, random_state=1)
    grid = {"max_depth": [1, 2, 3, 4, 6, 8], "min_samples_leaf": [1, 5, 20, 40]}
    grid["criterion"] = ["squared_error", "absolute_error"]
    search = GridSearchCV(DecisionTreeRegressor(random_state=0), grid, scoring="r2", cv=4, refit=_simplest)
    search.fit(train, target)
    known = state.methods["grid"]
    assert known.result is not None
    assert known.best is not None
    assert known.best.params != search.best_params_, "the rule is to make a difference here"
    assert known.trials[known.result.best or 0].params == search.best_params_
    assert known.test_score == pytest.approx(search.score(test, test_target), abs=1e-12)
    assert check_journals(runs) == 1


def test_what_is_told_and_exported_is_the_winner_by_the_rule(ran: tuple[RunState, Path]) -> None:
    state, runs = ran
    summary = run_summary(state)
    told = document(summary)
    assert told["choose"] == {
        "simple": {
            "max_depth": "low",
            "min_samples_leaf": "high",
            "criterion": ["absolute_error", "squared_error"],
        }
    }
    chosen = next(one for one in told["methods"] if one["chosen"])
    method = state.methods[chosen["method"]]
    assert method.result is not None
    assert method.best is not None
    assert chosen["best_number"] == method.result.best
    assert chosen["highest"] == {"number": method.best.number, "cv_score": method.best.mean}
    assert told["best"] == {"method": method.name, "number": method.result.best}
    assert f"Its winner, trial {method.result.best}, is the simplest of the" in told["verdict"]
    assert "max_depth low first, then min_samples_leaf high first" in told["verdict"]
    assert "BBC-CV" not in told["verdict"]
    written = json.loads(next(runs.rglob("summary.json")).read_text())
    assert written["methods"] == told["methods"]
    folder = RunFolder(next(runs.rglob("journal.jsonl")).parent)
    made = winner_of(Choice(folder), load_state(folder)[0])
    assert made.trial.number == method.result.best
    assert made.scored(made.fitted()) == pytest.approx(made.test_score, abs=1e-12)


STARTED = (
    TEXT.replace('[[method]]\nkind = "grid"\n', "").replace("trials = 8\nseed = 1", "trials = 8\nseed = 7")
    + """
[start]
points = [
  { max_depth = 2, min_samples_leaf = 20, criterion = "absolute_error" },
  { max_depth = 3, min_samples_leaf = 10, criterion = "squared_error" },
]
"""
)


def _simplest_trial(method: MethodState) -> int:
    trials = in_order(method)
    assert [trial.number for trial in trials] == list(range(len(trials)))
    results: dict[str, object] = {"params": [trial.params for trial in trials]}
    scores = np.array([trial.scores for trial in trials])
    results |= {f"split{fold}_test_score": scores[:, fold] for fold in range(4)}
    return _simplest(results | {"mean_test_score": scores.mean(axis=1)})


def test_a_started_run_that_was_stopped_and_given_more_trials_takes_the_simplest_of_all(tmp_path: Path) -> None:
    run = launch(preset_of(STARTED, tmp_path), Store(tmp_path / "runs"), RunOptions(workers=1))
    wait_until(lambda: load_state(run.folder)[0].finished_trials > 3)
    run.stop()
    finish(run)
    found = []
    for more in (2, 10):
        state = finish(resume(run.folder, RunOptions(workers=2), trials=[f"random=+{more}"]))
        method = state.methods["random"]
        assert method.result is not None
        assert method.result.best == _simplest_trial(method)
        params = method.trials[method.result.best].params
        train, test, target, tested = train_test_split(*load_diabetes(return_X_y=True), test_size=0.3, random_state=1)
        by_hand = DecisionTreeRegressor(random_state=0, **params).fit(train, target)
        assert method.test_score == pytest.approx(by_hand.score(test, tested), abs=1e-12)
        assert method.best is not None
        assert method.best.number != method.result.best
        found.append(method.result.best)
    assert found[0] != found[1], "the later trials are to move the winner here"
    whole = run_through(preset_of(STARTED.replace("trials = 8", "trials = 20"), tmp_path), tmp_path / "whole")
    assert trials_of(whole) == trials_of(state)
    assert run_summary(whole).methods[-1].best_number == found[1]


def _made(rule: Simplest | None) -> MadeRun:
    run = MadeRun(("baseline", "random"), choose=rule)
    run.trial("baseline", 0, [0.5, 0.5, 0.5], {})
    run.finish("baseline", 0, 0.5)
    run.trial("random", 0, [0.88, 0.90, 0.92], {"alpha": 4.0, "solver": "adam"})
    run.trial("random", 1, [0.885, 0.895, 0.895], {"alpha": 2.0, "solver": "sgd"})
    run.trial("random", 2, [0.70, 0.70, 0.70], {"alpha": 1.0, "solver": "adam"})
    run.trial("random", 3, [], {"alpha": 0.5, "solver": "adam"})
    return run


@pytest.mark.parametrize(
    ("simple", "expected"),
    [
        ({"alpha": "low"}, 1),
        ({"alpha": "high"}, 0),
        ({"solver": ["adam", "sgd"], "alpha": "low"}, 0),
        ({"solver": ["sgd", "adam"]}, 1),
    ],
)
def test_orders(simple: dict, expected: int) -> None:
    run = _made(Simplest(simple))
    assert winner(run.state().methods["random"]).number == expected  # type: ignore[union-attr]
    run.finish("random", expected, 0.8)
    state = run.end()
    assert not state.methods["random"].misjudged
    assert judge(state).best == "random"


def test_a_run_without_a_rule_stands_by_the_best_mean() -> None:
    run = _made(None)
    run.finish("random", 0, 0.8)
    assert winner(run.end().methods["random"]).number == 0  # type: ignore[union-attr]
    assert "choose" not in document(run_summary(run.state()))


def _refused(text: str, folder: Path) -> str:
    with pytest.raises(PresetError) as error:
        load_problem(preset_of(text, folder))
    return str(error.value)


def test_what_is_simple_has_to_be_said(tmp_path: Path) -> None:
    line = next(line for line in TEXT.splitlines() if line.startswith("simple"))

    def told(simple: str) -> str:
        return _refused(TEXT.replace(line, simple), tmp_path)

    assert 'such as simple = { max_depth = "low" }' in told("")
    assert "score.simple.depth" in told('simple = { depth = "low" }')
    assert "Did you mean max_depth?" in told('simple = { max_deph = "low" }')
    assert '"low" or "high"' in told('simple = { max_depth = "small" }')
    assert "it is a range" in told("simple = { max_depth = [1, 2] }")
    assert "its choices are no numbers" in told('simple = { criterion = "low" }')
    assert "does not have 'squared_error' once" in told('simple = { criterion = ["absolute_error"] }')
    assert "none of its choices" in told('simple = { criterion = ["gini", "absolute_error"] }')
    assert "score.choose" in _refused(TEXT.replace("simplest within 1 SE", "simplest"), tmp_path)
    assert "has no use" in _refused(TEXT.replace('choose = "simplest within 1 SE"', ""), tmp_path)
    one_fold = 'cv = { class = "sklearn.model_selection.ShuffleSplit", params = { n_splits = 1, random_state = 0 } }'
    assert "of which there is one" in _refused(TEXT.replace("folds = 4", one_fold), tmp_path)
    preset: Preset = preset_of(TEXT, tmp_path)
    assert preset.rule is not None
