"""A run over several objectives with a bound, held against scikit-learn and a plain loop; what presets may not say."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from made_run import MadeRun
from running import finish, in_order, preset_of, run_through, trials_of
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_validate, train_test_split
from sklearn.tree import DecisionTreeClassifier
from tunetop.engine.errors import PresetError
from tunetop.engine.events import Constraint
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.run_folder import RunFolder, load_state
from tunetop.engine.run.launch import RunOptions, resume
from tunetop.engine.state import RunState
from tunetop.engine.trials.arrays import columns
from tunetop.engine.trials.front import points_of
from tunetop.engine.verdict.front import on_front
from tunetop.engine.verdict.summary import document, run_summary
from tunetop.tui.cli.tables import comparison

TEXT = """
title = "Two goals and a bound"
[data]
source = "sklearn:breast_cancer"
test_size = 0.3
stratify = true
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0, max_depth = 1 }
[space]
max_depth = { linear = [1, 8], integer = true }
min_impurity_decrease = { log = [1e-4, 1e-1] }
[score]
scoring = "roc_auc"
also = ["recall", "precision"]
folds = 3
objectives = ["roc_auc", "recall"]
constraints = ["score.precision >= 0.92"]
[[method]]
kind = "bayes"
trials = 14
start = 6
seed = 3
[[method]]
kind = "random"
trials = 6
seed = 5
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunState, Path]:
    folder = tmp_path_factory.mktemp("goals")
    state = run_through(preset_of(TEXT, folder), folder / "runs", workers=1)
    return state, next(folder.rglob("journal.jsonl")).parent


def test_figures_bounds_winner_and_front_are_those_of_scikit_learn_and_a_plain_loop(
    ran: tuple[RunState, Path],
) -> None:
    state, _ = ran
    train, _, target, _ = train_test_split(
        *load_breast_cancer(return_X_y=True), test_size=0.3, random_state=1, stratify=load_breast_cancer().target
    )
    figures: dict[tuple[str, int], tuple[float, float, bool]] = {}
    for trial in state.trials:
        model = DecisionTreeClassifier(random_state=0, max_depth=1).set_params(**trial.params)
        scores = cross_validate(model, train, target, cv=3, scoring=["roc_auc", "recall", "precision"])
        auc, recall, precision = (np.mean(scores[f"test_{name}"]) for name in ("roc_auc", "recall", "precision"))
        figures[trial.key] = (auc, recall, bool(precision >= 0.92))
        assert trial.feasible == bool(precision >= 0.92)
        assert trial.measured == pytest.approx({"roc_auc": auc, "recall": recall, "precision": precision}, abs=1e-12)
    assert any(not kept for *_, kept in figures.values()), "the bound is to make a difference here"
    for name in ("bayes", "random"):
        known = {number: one for (method, number), one in figures.items() if method == name and one[2]}
        result = state.methods[name].result
        assert result is not None
        assert result.best == min(known, key=lambda number: (-known[number][0], number))
    kept = [one for one in figures.values() if one[2]]

    def beaten(one: tuple[float, float, bool]) -> bool:
        return any(o[0] >= one[0] and o[1] >= one[1] and o[:2] != one[:2] for o in kept)

    front = {one[:2] for one in kept if not beaten(one)}
    told = document(run_summary(state))
    assert {(one["values"]["roc_auc"], one["values"]["recall"]) for one in told["front"]} == front
    assert {figures[key][:2] for key in on_front(state)} == front
    assert np.nanmax(columns(state).mean) == max(auc for auc, *_ in kept)
    points = points_of(state, 0, 1)
    assert {tuple(points.better[index]) for index in points.front()} == front
    assert told["constraints"] == ["precision >= 0.92"]
    assert told["objectives"][1] == {"name": "recall", "direction": "maximize"}


def test_the_front_is_told_everywhere(ran: tuple[RunState, Path]) -> None:
    state, folder = ran
    summary = run_summary(state)
    told = comparison(summary)
    assert "a winner keeps to precision >= 0.92" in " ".join(told.split())
    assert isinstance(summary.front, list)
    for one in summary.front:
        assert any(line.split()[:2] == [one.method, str(one.number)] for line in told.splitlines())
    assert "## Pareto front" in (folder / "summary.md").read_text()
    assert json.loads((folder / "summary.json").read_text())["front"]


def test_it_is_the_same_on_more_workers_and_resumed_anywhere(ran: tuple[RunState, Path], tmp_path: Path) -> None:
    state, folder = ran
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    for place in (9, len(lines) // 2):
        copy = tmp_path / f"runs/cut-{place}"
        shutil.copytree(folder, copy)
        (copy / "journal.jsonl").write_bytes(b"".join(lines[:place]))
        resumed = finish(resume(RunFolder(copy), RunOptions(workers=2)))
        assert trials_of(resumed) == trials_of(state)
        assert [one.feasible for one in in_order(resumed.methods["bayes"])] == [
            one.feasible for one in in_order(state.methods["bayes"])
        ]


def test_where_nothing_keeps_to_a_bound_there_is_no_winner_and_the_run_says_so(tmp_path: Path) -> None:
    text = TEXT.replace("precision >= 0.92", "fit_seconds <= 0.0").replace("trials = 14", "trials = 8")
    text = text.replace('objectives = ["roc_auc", "recall"]', "")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    assert state.phase == "done"
    assert state.best is None
    assert state.baseline is not None
    assert all(state.methods[name].result.best is None for name in ("bayes", "random"))  # type: ignore[union-attr]
    summary = run_summary(state)
    assert "of 14 trials none keeps to fit_seconds <= 0" in summary.verdict
    assert "fit_seconds: measured" in " ".join(summary.notes)


def test_a_bounded_winner_is_not_corrected_as_if_it_were_the_best_of_all() -> None:
    run = MadeRun(("baseline", "random"), constraints=[Constraint("recall", least=0.8)])
    run.trial("baseline", 0, [0.5, 0.5, 0.5], {})
    run.trial("random", 0, [0.9, 0.9, 0.9], others={"recall": [0.7, 0.7, 0.7]})
    run.trial("random", 1, [0.8, 0.8, 0.8], others={"recall": [0.8, 0.9, 0.7]})
    run.trial("random", 2, [0.85, 0.85, 0.85])  # of which the recall is not known
    run.finish("random", 1, 0.8)
    state = run.end()
    assert not state.methods["random"].misjudged
    assert state.best is state.methods["random"].trials[1]
    row = next(one for one in run_summary(state).methods if one.method == "random")
    assert (row.best_number, row.cv_corrected_note) == (1, "the correction knows nothing of constraints")


def _refused(text: str, folder: Path) -> str:
    with pytest.raises(PresetError) as error:
        load_problem(preset_of(text, folder))
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"recall"]\nconstraints', '"recal"]\nconstraints', "Did you mean recall?"),
        ('["roc_auc", "recall"]\nc', '["recall", "roc_auc"]\nc', "which leads by score.scoring"),
        ('["roc_auc", "recall"]\nc', '["-roc_auc", "recall"]\nc', "which leads by score.scoring"),
        ('["roc_auc", "recall"]\nc', '["roc_auc"]\nc', "score.objectives: found 1 of them"),
        ('["roc_auc", "recall"]\nc', '["roc_auc", "-"]\nc', "score.objectives[1]"),
        ('["roc_auc", "recall"]\nc', '["roc_auc", "fit_seconds"]\nc', "of which more would be better"),
        ('["roc_auc", "recall"]\nc', '["roc_auc", "roc_auc"]\nc', "each once"),
        ("precision >= 0.92", "precision > 0.92", "score.constraints[0]"),
        ("precision >= 0.92", "precision >= much", "score.constraints[0]"),
        ("precision >= 0.92", "f1 >= 0.5", "also = ["),
        ('kind = "random"', 'kind = "random"\nrace = true', "method[1] (random).race"),
        ('kind = "random"\ntrials = 6', 'kind = "refine"\ndraws = 6', "Nelder-Mead climbs by one score"),
        ('kind = "random"\ntrials = 6', 'kind = "optuna"\nsampler = "cmaes"\ntrials = 6', "CMA-ES goes by one score"),
    ],
)
def test_goals_that_cannot_be_are_refused_with_what_may_be_said(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert old in TEXT
    assert told in _refused(TEXT.replace(old, new), tmp_path)


def test_a_run_of_one_score_says_nothing_of_goals(tmp_path: Path) -> None:
    text = TEXT.split("objectives")[0] + TEXT[TEXT.index("[[method]]") :].replace("trials = 14", "trials = 2")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    told = document(run_summary(state))
    assert not {"objectives", "constraints", "front"} & told.keys()
    assert load_state(RunFolder(next(tmp_path.rglob("journal.jsonl")).parent))[0].info == state.info
