"""Runs side by side against scipy by hand, and what stands in the way of comparing them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from made_run import MadeRun
from running import TREE, preset_of, run_through
from scipy import stats
from sklearn.metrics import r2_score
from tunetop.engine.export.known_runs import known_run
from tunetop.engine.record.journal import Journal
from tunetop.engine.record.store import Store
from tunetop.engine.state import RunState
from tunetop.engine.verdict.side_by_side import Known, PairedTest, differences, side_by_side
from tunetop.tui.cli.main import main

GRID = ("grid",)
FEW = TREE.split("[[method]]")[0] + '[[method]]\nkind = "grid"\n'
REGRESSION = """
title = "Diabetes"
[data]
source = "sklearn:diabetes"
test_size = 0.3
[model]
estimator = "sklearn.tree.DecisionTreeRegressor"
params = { random_state = 0, max_depth = 2 }
[space]
min_samples_leaf = [1, 20]
[score]
scoring = "r2"
folds = 4
[[method]]
kind = "grid"
"""
SECOND = {
    "shallow": (FEW, FEW.replace("random_state = 0", "random_state = 0, max_leaf_nodes = 3")),
    "another estimator": (
        FEW,
        FEW.replace("tree.DecisionTree", "ensemble.ExtraTrees").replace(
            "random_state = 0", "random_state = 0, n_estimators = 5"
        ),
    ),
    "other features of the same rows": (
        FEW,
        FEW.replace('"sklearn:iris"', '"sklearn:iris"\nfeatures = ["sepal length (cm)", "sepal width (cm)"]'),
    ),
    "prepared before the split": (FEW, FEW.replace("[model]", '[model]\nprepare_before_split = ["standard"]')),
    "numbers": (REGRESSION, REGRESSION.replace("max_depth = 2", "max_depth = 1")),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Known]:
    """Every text above as a run, each once."""
    root = tmp_path_factory.mktemp("runs")
    known: dict[str, Known] = {}
    for first, second in SECOND.values():
        for text in (first, second):
            if text not in known:
                run_through(preset_of(text, root, f"case{len(known)}.toml"), root / "runs", workers=1)
                known[text] = known_run(Store(root / "runs").list()[0])
    return known


def results(state: RunState) -> tuple[list[float], np.ndarray]:
    """Return the winner's fold scores and its predictions for the test rows."""
    method = state.methods["grid"]
    assert method.best is not None
    assert method.result is not None
    return method.best.known_scores, np.array(method.result.test_predictions)


@pytest.mark.parametrize("pair", SECOND)
def test_winners_are_compared_as_scipy_does_it(pair: str, runs: dict[str, Known]) -> None:
    first, second = (runs[text] for text in SECOND[pair])
    found = side_by_side([first, second])
    assert not found.refusals
    (test,) = [one for one in found.tests if one.first_method == one.second_method == "grid"]
    ours, theirs = results(first.state), results(second.state)
    info = first.state.info
    assert info is not None
    targets = np.array(info.test_targets)
    gaps = np.array(ours[0]) - np.array(theirs[0])
    assert test.folds_difference == pytest.approx(gaps.mean(), abs=1e-12)
    if gaps.std() > 0:
        ratio = 1 / (len(gaps) - 1)
        t = gaps.mean() / np.sqrt((1 / len(gaps) + ratio) * gaps.var(ddof=1))
        assert test.folds_t == pytest.approx(t, rel=1e-9)
        assert test.folds_p == pytest.approx(2 * stats.t.sf(abs(t), len(gaps) - 1), rel=1e-9)
    if info.scoring == "accuracy":
        right = [part[1] == targets for part in (ours, theirs)]
        alone = int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum())
        assert (test.first_alone, test.second_alone) == alone
        p = stats.binomtest(alone[0], sum(alone)).pvalue if sum(alone) else 1.0
        assert test.p == pytest.approx(p, rel=1e-9)
        assert test.test_difference == pytest.approx(right[0].mean() - right[1].mean(), abs=1e-12)
    else:

        def gap(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
            wrong = ((b - targets) ** 2).sum(axis) - ((a - targets) ** 2).sum(axis)
            return wrong / ((targets - targets.mean()) ** 2).sum()

        exchange = stats.permutation_test(
            ours[1:] + theirs[1:], gap, permutation_type="samples", n_resamples=9999, rng=1
        )
        assert exchange.statistic == pytest.approx(r2_score(targets, ours[1]) - r2_score(targets, theirs[1]), abs=1e-12)
        assert test.test_difference == pytest.approx(exchange.statistic, abs=1e-12)
        # both draw some 10,000 exchanges: within four standard errors
        assert test.p == pytest.approx(exchange.pvalue, abs=4 * (2 * 0.25 / 9999) ** 0.5)
    tested = sorted((one for one in found.tests if one.p is not None), key=lambda one: one.p or 0.0)
    steps = [one.p * (len(tested) - place) for place, one in enumerate(tested) if one.p is not None]
    assert [one.p_holm for one in tested] == pytest.approx(np.maximum.accumulate(steps).clip(max=1.0), abs=1e-12)


def test_what_is_not_comparable_is_refused_with_its_reason(runs: dict[str, Known]) -> None:
    tree, numbers = runs[FEW], runs[REGRESSION]
    found = side_by_side([tree, numbers])
    assert not found.tests
    assert found.refusals == [f"{tree.name} and {numbers.name}: they are scored by accuracy and by r2"]
    features = runs[SECOND["other features of the same rows"][1]]
    # without their presets nobody knows that the rows are the same
    found = side_by_side([Known("a", tree.state), Known("b", features.state)])
    assert "their presets are not known any more" in found.refusals[0]
    document = dict(features.document or {}) | {"data": {**(features.document or {})["data"], "seed": 99}}
    found = side_by_side([tree, Known("b", features.state, document)])
    assert "data.seed differs" in found.refusals[0]


def test_folds_that_differ_are_not_paired_and_test_rows_still_are(runs: dict[str, Known]) -> None:
    tree = runs[FEW]
    document = dict(tree.document or {}) | {"score": {"scoring": "accuracy", "folds": 3, "cv": "shuffled"}}
    (test, *_) = side_by_side([tree, Known("b", tree.state, document)]).tests
    assert test.p == 1.0
    assert test.folds_p is None
    assert test.note == "folds are not compared: score.cv differs"


def test_what_differs_is_told_key_by_key(runs: dict[str, Known]) -> None:
    first, second = (runs[text] for text in SECOND["another estimator"])
    told = {one.key: one.values for one in differences([first, second])}
    assert told["model.estimator"] == ["sklearn.tree.DecisionTreeClassifier", "sklearn.ensemble.ExtraTreesClassifier"]
    assert told["model.params.n_estimators"] == ["", "5"]
    assert not {"data.source", "score.folds", "title"} & set(told)


def test_the_command_prints_it_and_of_one_run_the_leaderboard(
    runs: dict[str, Known], capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = next(Path(path) for path in tmp_path_factory.getbasetemp().glob("runs*/runs"))
    first, second = (runs[text] for text in SECOND["shallow"])
    place = ["--runs-dir", str(root)]
    assert main(["compare", first.name, second.name, "--json", *place]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [run["run"] for run in document["runs"]] == [first.name, second.name]
    assert set(document["tests"][0]) == set(PairedTest.__struct_fields__)
    assert main(["compare", first.name, second.name, runs[REGRESSION].name, *place]) == 0
    out = capsys.readouterr().out
    assert "not comparable" in out
    assert "McNemar's exact test" in out
    assert main(["compare", first.name, "--json", *place]) == 0
    board = json.loads(capsys.readouterr().out)
    scores = [line["cv_score"] for line in board]
    assert [line["place"] for line in board] == [1, 2, 3]
    assert scores == sorted(scores, reverse=True)
    assert runs[REGRESSION].name not in {line["run"] for line in board}
    assert main(["compare", "no-such-run", *place]) == 2


def test_a_run_without_a_place_is_told_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = MadeRun(("baseline", "grid"))
    failed.trial("grid", 0, [], error="ValueError: no")
    study = MadeRun(("study",), watched=True, fingerprint="", test_rows=0)
    study.trial("study", 0, [0.5])
    for name, made in (("failed", failed), ("study", study)):
        folder = Store(tmp_path).create(name, "")
        journal = Journal.create(folder.journal)
        for record in made.records:
            journal.append(record.event)
        journal.close()
    assert main(["compare", "failed-1", "--runs-dir", str(tmp_path)]) == 0
    assert "failed-1 has no place: none of its trials has succeeded" in capsys.readouterr().out
    assert main(["compare", "study-1", "--runs-dir", str(tmp_path)]) == 2
    assert "nobody knows on which data this search is" in capsys.readouterr().err
