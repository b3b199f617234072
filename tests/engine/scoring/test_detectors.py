"""Detectors of outliers held against labels: equal to scikit-learn with a scorer written by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from running import preset_of, run_through
from sklearn.base import clone
from sklearn.covariance import EllipticEnvelope
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score, f1_score, recall_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM
from tunetop.engine.errors import PresetError
from tunetop.engine.export.model import facts_of
from tunetop.engine.export.predict import Model, predict
from tunetop.engine.export.script import script
from tunetop.engine.export.winner import Choice, winner_of
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.record.store import Store
from worked import worked

TEXT = """
title = "Frauds"
[data]
source = "csv:table.csv"
target = "kind"
positive = "fraud"
seed = 1
stratify = true
[model]
estimator = "sklearn.ESTIMATOR"
prepare = ["standard"]
[space]
SPACE
[score]
scoring = "SCORING"
also = ["f1", "recall"]
folds = 3
[[method]]
kind = "grid"
"""
DETECTORS: dict[str, tuple[Any, str, list[Any]]] = {
    "ensemble.IsolationForest": (IsolationForest(random_state=0, n_estimators=10), "contamination", [0.05, 0.1]),
    "neighbors.LocalOutlierFactor": (LocalOutlierFactor(novelty=True), "n_neighbors", [5, 20]),
    "svm.OneClassSVM": (OneClassSVM(), "nu", [0.05, 0.2]),
    "covariance.EllipticEnvelope": (EllipticEnvelope(random_state=0), "contamination", [0.05, 0.1]),
}
BY_HAND: dict[str, Any] = {
    "roc_auc": lambda found, rows, labels: roc_auc_score(labels, -found.score_samples(rows)),
    "average_precision": lambda found, rows, labels: average_precision_score(labels, -found.score_samples(rows)),
    "f1": lambda found, rows, labels: f1_score(labels, found.predict(rows) == -1),
    "recall": lambda found, rows, labels: recall_score(labels, found.predict(rows) == -1),
}


def frauds(folder: Path) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    usual, odd = rng.normal(size=(110, 3)), rng.normal(scale=3.0, size=(14, 3))
    frame = pd.DataFrame(np.vstack([usual, odd]), columns=list("abc"))
    frame = frame.assign(kind=["legit"] * 110 + ["fraud"] * 14).sample(frac=1.0, random_state=0)
    frame.to_csv(folder / "table.csv", index=False)
    return pd.read_csv(folder / "table.csv")


def text_of(name: str, scoring: str = "roc_auc") -> str:
    model, parameter, values = DETECTORS[name]
    given = [
        (key, value) for key, value in clone(model).get_params().items() if value != type(model)().get_params()[key]
    ]
    params = ", ".join(f"{key} = {str(value).lower()}" for key, value in given)
    text = TEXT.replace("ESTIMATOR", f'{name}"\nparams = {{ {params} }}'.removesuffix('"'), 1)
    text = text.replace(' }"', " }").replace("SPACE", f"{parameter} = {values}")
    return text.replace("SCORING", scoring)


SCORED = list(zip(DETECTORS, ["roc_auc", "average_precision", "f1", "f1"], strict=True))


@pytest.mark.parametrize(("name", "scoring"), SCORED)
def test_grid_scores_are_those_of_a_scorer_written_by_hand(name: str, scoring: str, tmp_path: Path) -> None:
    frame = frauds(tmp_path)
    text = text_of(name, scoring).replace('["f1", "recall"]', '["recall"]')
    done = worked(preset_of(text, tmp_path), tmp_path)
    labels = (frame["kind"] == "fraud").astype(int)
    train, test, train_y, test_y = train_test_split(
        frame[list("abc")].to_numpy(), labels, test_size=0.2, random_state=1, stratify=labels
    )
    model, parameter, values = DETECTORS[name]
    search = GridSearchCV(
        make_pipeline(StandardScaler(), model),
        {f"{type(model).__name__.lower()}__{parameter}": values},
        scoring={scoring: BY_HAND[scoring], "recall": BY_HAND["recall"]},
        cv=StratifiedKFold(3),
        refit=scoring,
    ).fit(train, train_y)
    assert not done.errors
    for fold in range(3):
        np.testing.assert_allclose(done.scores[:, fold], search.cv_results_[f"split{fold}_test_{scoring}"], atol=1e-12)
        recalls = [one[fold]["recall"] for one in done.others]
        np.testing.assert_allclose(recalls, search.cv_results_[f"split{fold}_test_recall"], atol=1e-12)
    tested = BY_HAND[scoring](search.best_estimator_, test, test_y)
    assert done.refits[search.best_index_].score == pytest.approx(tested, abs=1e-12)
    shares = done.refits[search.best_index_].predictions
    np.testing.assert_array_equal(shares, search.best_estimator_.predict(test) == -1)


def test_a_whole_run_its_script_and_its_predictions_say_fraud_where_the_detector_says_minus_one(tmp_path: Path) -> None:
    frame = frauds(tmp_path)
    preset = preset_of(text_of("ensemble.IsolationForest"), tmp_path)
    state = run_through(preset, tmp_path / "runs", workers=1)
    assert state.info is not None
    assert (state.info.positive, state.info.task) == ("fraud", "classification")
    assert any("fitted without labels" in note and "'fraud', 14 of 124 rows" in note for note in state.info.notes)
    folder = Store(tmp_path / "runs").list()[0]
    again = winner_of(Choice(folder, "grid"), state)
    fitted = again.fitted()
    assert again.scored(fitted) == pytest.approx(again.test_score, abs=1e-12)
    made = predict(Model(fitted, facts_of(again, fitted), ()), tmp_path / "table.csv")
    outliers = fitted.predict(frame[list("abc")].to_numpy()) == -1
    assert [row[0] for row in made.rows] == np.where(outliers, "fraud", "legit").tolist()
    (tmp_path / "winner.py").write_text(script(again))
    told = subprocess.run([sys.executable, tmp_path / "winner.py"], capture_output=True, text=True, check=True).stdout
    scores = [float(line.rpartition(" ")[2]) for line in told.splitlines()]
    assert scores == pytest.approx([again.trial.mean, again.test_score], abs=1e-12)


REFUSED = {
    "data.positive": ("neighbors.LocalOutlierFactor", 'positive = "fraud"\n', ""),
    "model.params": ("neighbors.LocalOutlierFactor", "novelty = true", ""),
    "score.scoring": ("svm.OneClassSVM", "roc_auc", "neg_log_loss"),
    "data.positive of signs": ("svm.OneClassSVM", 'positive = "fraud"\n', ""),
    "data.target": ("svm.OneClassSVM", "", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_says_nothing_of_outliers_is_refused_with_what_to_write(case: str, tmp_path: Path) -> None:
    frame = frauds(tmp_path)
    name, old, new = REFUSED[case]
    if "signs" in case:
        frame.assign(kind=frame["kind"].map({"fraud": -1, "legit": 1})).to_csv(tmp_path / "table.csv", index=False)
    if case == "data.target":
        frame.assign(kind=[f"k{row % 3}" for row in range(124)]).to_csv(tmp_path / "table.csv", index=False)
        old = 'positive = "fraud"\n'
    with pytest.raises(PresetError) as told:
        load_problem(preset_of(text_of(name).replace(old, new), tmp_path))
    assert told.value.key == case.partition(" ")[0]
    assert told.value.allowed
