"""What a winner's test score was computed from comes back from the worker, and gives that score again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_run import MadeRun
from running import TREE, preset_of, run_through
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, get_scorer
from sklearn.svm import SVC
from tunetop.engine.record.predictions import pack
from tunetop.engine.scoring.scores import StoredScore
from tunetop.engine.verdict.judge import judge
from tunetop.engine.verdict.judgement import Verdict
from tunetop.engine.workers import fit

ROWS, CLASSES = load_iris(return_X_y=True)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("estimator", "scoring", "classes", "columns"),
    [
        (LogisticRegression(max_iter=20), "roc_auc", 2, 1),
        (SVC(), "roc_auc", 2, 1),
        (LogisticRegression(max_iter=20), "neg_log_loss", 3, 3),
        (LogisticRegression(max_iter=20), "roc_auc_ovr", 3, 3),
        (LogisticRegression(max_iter=20), "accuracy", 3, 0),
    ],
)
def test_what_a_scorer_looked_at_gives_its_score_again(
    estimator: Any, scoring: str, classes: int, columns: int
) -> None:
    some = 3 - classes <= CLASSES
    rows, target = ROWS[some][:, :2], CLASSES[some] - (3 - classes)
    scorer = get_scorer(scoring)
    score, given = fit._watched_score(scorer, estimator.fit(rows, target), rows, target, {})
    assert score == scorer(estimator, rows, target)
    assert len(given) == columns
    if columns:
        again = StoredScore(scoring, "classification")(target, given[0] if columns == 1 else np.stack(given, axis=1))
        assert again == pytest.approx(score, abs=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_more_probabilities_than_a_journal_should_hold_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "MOST_KEPT_VALUES", 3 * len(ROWS) - 1)
    estimator = LogisticRegression(max_iter=20).fit(ROWS, CLASSES)
    assert fit._watched_score(get_scorer("neg_log_loss"), estimator, ROWS, CLASSES, {})[1] == ()


def test_a_run_by_probabilities_is_judged_by_them(tmp_path: Path) -> None:
    text = """
title = "Probabilities"
[data]
source = "sklearn:wine"
test_size = 0.4
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0, max_depth = 1 }
[space]
max_depth = [2, 3]
[score]
scoring = "roc_auc_ovr"
folds = 3
[[method]]
kind = "grid"
"""
    verdict = judge(run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1))
    (grid,) = verdict.methods
    assert grid.test == "permutation"
    assert grid.p is not None
    assert grid.test_interval_kind == "bootstrap"
    assert grid.test_interval is not None
    assert grid.test_interval[0] <= (grid.test_score or 0.0) <= grid.test_interval[1]
    assert grid.cv_corrected_note == "roc_auc_ovr needs probabilities, which trials do not keep"


def judged(folder: Path, scoring: str, more: str = "", source: str = "sklearn:breast_cancer") -> Verdict:
    text = TREE.replace('source = "sklearn:iris"', f'source = "{source}"').replace('"accuracy"', scoring + more)
    return judge(run_through(preset_of(text, folder), folder / "runs", workers=1, methods=("random",)))


def test_a_metric_with_parameters_has_its_interval_and_test(tmp_path: Path) -> None:
    verdict = judged(tmp_path, '{ metric = "fbeta_score", beta = 2 }')
    one = verdict.methods[0]
    assert verdict.outcome != "untested"
    assert one.test == "permutation"
    assert one.test_interval is not None
    assert one.test_interval[0] <= (one.test_score or 0.0) <= one.test_interval[1]
    assert "keep no predictions for a metric with parameters" in one.cv_corrected_note


def test_classes_that_version_01_kept_by_their_numbers_have_their_intervals() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(1, 4, size=60)
    run = MadeRun(scoring="neg_log_loss", test_targets=targets.tolist(), classes={"1": 20, "2": 20, "3": 20})
    for method, sure in (("baseline", 1.0), ("grid", 3.0)):
        given = rng.random((60, 3)) + sure * np.eye(3)[targets - 1]
        given /= given.sum(axis=1, keepdims=True)
        score = -float(np.mean(-np.log(given[np.arange(60), targets - 1])))
        run.trial(method, 0, [score] * 3)
        run.finish(method, 0, score, targets.tolist(), [pack(column) for column in given.T])
    verdict = judge(run.end())
    assert verdict.outcome == "pays"
    assert verdict.methods[0].test_interval_kind == "bootstrap"


@pytest.mark.parametrize("average", ["binary", "macro", "micro", "weighted"])
def test_fbeta_of_resamples_is_scikit_learns(average: str) -> None:
    rng = np.random.default_rng(1)
    targets = rng.integers(2 if average == "binary" else 3, size=50)
    predicted = np.where(rng.random(50) < 0.3, 1, targets)
    score = StoredScore("any", "classification", {"metric": "fbeta_score", "beta": 2, "average": average})
    assert score(targets, predicted) == pytest.approx(fbeta_score(targets, predicted, beta=2, average=average))
