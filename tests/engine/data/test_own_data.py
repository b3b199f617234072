"""Data of one's own functions, several targets, and rows without any: scores are those of scikit-learn by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import own_sources
import pandas as pd
import pytest
from running import preset_of, run_through
from sklearn.base import clone
from sklearn.cluster import DBSCAN, AgglomerativeClustering, KMeans
from sklearn.datasets import load_iris
from sklearn.ensemble import IsolationForest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, GroupKFold, GroupShuffleSplit, KFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tunetop.engine.errors import PresetError
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.state import RunState

OWN = ("own_sources",)
TEXT = """
title = "Own"
[data]
source = "{source}"
{data}
seed = 3
[model]
estimator = "sklearn.{estimator}"
{model}
[space]
{space}
[score]
scoring = "{scoring}"
folds = 3
{score}
[[method]]
kind = "grid"
"""
LOGISTIC = {"estimator": "linear_model.LogisticRegression", "space": "C = [0.01, 1.0]", "scoring": "accuracy"}
C = {"C": [0.01, 1.0]}


def text_of(source: str, **parts: str) -> str:
    source = source if ":" in source else f"python:own_sources:{source}"
    return TEXT.format(**({"source": source, "data": "", "model": "", "score": ""} | parts))


def run(folder: Path, source: str, **parts: str) -> RunState:
    return run_through(preset_of(text_of(source, **parts), folder), folder / "runs", workers=1, allow_imports=OWN)


def check(state: RunState, means: Any, test_score: float | None = None) -> None:
    trials = state.methods["grid"].trials
    np.testing.assert_allclose([trials[number].mean for number in sorted(trials)], means, rtol=0, atol=1e-12)
    if test_score is not None:
        assert state.methods["grid"].test_score == pytest.approx(test_score, abs=1e-12)


def searched(X: Any, y: Any, model: Any, grid: dict[str, list[Any]], scoring: Any, cv: Any = 3) -> tuple[Any, float]:
    train, test, train_y, test_y = train_test_split(X, y, test_size=0.2, random_state=3)
    search = GridSearchCV(model, grid, cv=cv, scoring=scoring, error_score="raise").fit(train, train_y)
    return search.cv_results_["mean_test_score"], float(search.score(test, test_y))


@pytest.mark.parametrize("source", ["arrays", "matrix", "frame_and_series", "frame"])
def test_arrays_matrices_and_frames(source: str, tmp_path: Path) -> None:
    given = getattr(own_sources, source)()
    X, y = (given.drop(columns="goal"), given["goal"]) if isinstance(given, pd.DataFrame) else given
    X = X.tocsr() if source == "matrix" else X
    data = 'target = "goal"' if source == "frame" else ""
    check(run(tmp_path, source, data=data, **LOGISTIC), *searched(X, y, LogisticRegression(), C, "accuracy"))


def test_lists_of_text_become_weights_of_words(tmp_path: Path) -> None:
    lines, y = own_sources.texts()
    chain = make_pipeline(TfidfVectorizer(), LogisticRegression())
    grid = {"logisticregression__C": C["C"]}
    coded = [int(label == "yes") for label in y]
    check(run(tmp_path, "texts", **LOGISTIC), *searched(lines, coded, chain, grid, "accuracy"))


def test_a_pipeline_of_ones_own_gets_texts_as_they_are(tmp_path: Path) -> None:
    steps = (
        'params = { steps = [["v", { class = "sklearn.feature_extraction.text.CountVectorizer" }], '
        '["m", { class = "sklearn.naive_bayes.MultinomialNB" }]] }'
    )
    parts = {"estimator": "pipeline.Pipeline", "space": "m__alpha = [0.1, 1.0]", "scoring": "accuracy", "model": steps}
    state = run(tmp_path, "texts", **parts)
    assert [trial.phase for trial in state.trials] == ["done"] * 3


def test_groups_by_name_and_a_test_set_of_ones_own(tmp_path: Path) -> None:
    given = own_sources.grouped()
    state = run(tmp_path, "grouped", **(LOGISTIC | {"data": 'positive = "good"', "score": 'groups = "who"'}))
    X, y, who = given["X"], (given["y"] == "good").astype(int), given["who"]
    train, test = next(GroupShuffleSplit(1, test_size=0.2, random_state=3).split(X, y, who))
    search = GridSearchCV(LogisticRegression(), C, cv=GroupKFold(3)).fit(X[train], y[train], groups=who[train])
    check(state, search.cv_results_["mean_test_score"], search.score(X[test], y[test]))
    given = own_sources.with_test_set()
    search = GridSearchCV(LogisticRegression(), C, cv=3).fit(given["X"], given["y"])
    state = run(tmp_path, "with_test_set", **LOGISTIC)
    check(state, search.cv_results_["mean_test_score"], search.score(given["X_test"], given["y_test"]))


def test_several_targets(tmp_path: Path) -> None:
    parts = {"estimator": "linear_model.Ridge", "space": "alpha = [0.1, 10.0]", "scoring": "r2"}
    alpha = {"alpha": [0.1, 10.0]}
    check(run(tmp_path, "linnerud", **parts), *searched(*own_sources.linnerud(), Ridge(), alpha, "r2"))
    X, y = own_sources.linnerud()
    table = pd.DataFrame(np.hstack([X, y]), columns=list("abcxyz"))
    table.to_csv(tmp_path / "table.csv", index=False)
    check(
        run(tmp_path, "csv:table.csv", data='target = ["x", "y", "z"]', **parts), *searched(X, y, Ridge(), alpha, "r2")
    )
    parts = {"estimator": "tree.DecisionTreeClassifier", "space": "max_depth = [2, 4]", "scoring": "f1_micro"}
    tree, depth = DecisionTreeClassifier(random_state=0), {"max_depth": [2, 4]}
    state = run(tmp_path, "labels", model="params = { random_state = 0 }", **parts)
    check(state, *searched(*own_sources.labels(), tree, depth, "f1_micro"))


def by_silhouette(model: Any, rows: np.ndarray) -> float:
    return float(silhouette_score(rows, model.predict(rows)))


def refitted(score: Callable[[Any, Any], float]) -> Callable[[Any, Any, Any], float]:
    def scored(model: Any, rows: np.ndarray, y: Any = None) -> float:
        return float(score(rows, clone(model).fit_predict(rows)))

    return scored


UNLABELLED: dict[str, tuple[str, str, str, Any, dict[str, list[Any]], Any]] = {
    "silhouette": (
        "cluster.KMeans",
        "params = { random_state = 0, n_init = 2 }",
        "n_clusters = [2, 3]",
        KMeans(random_state=0, n_init=2),
        {"n_clusters": [2, 3]},
        lambda model, rows, y=None: by_silhouette(model, rows),
    ),
    "calinski_harabasz": (
        "cluster.AgglomerativeClustering",
        "",
        "n_clusters = [2, 3]",
        AgglomerativeClustering(),
        {"n_clusters": [2, 3]},
        refitted(calinski_harabasz_score),
    ),
    "neg_davies_bouldin": (
        "cluster.DBSCAN",
        "",
        "eps = [0.8, 1.0]",
        DBSCAN(eps=0.8),
        {"eps": [0.8, 1.0]},
        refitted(lambda rows, labels: -davies_bouldin_score(rows, labels)),
    ),
    "score": (
        "mixture.GaussianMixture",
        "params = { random_state = 0 }",
        "n_components = [1, 2]",
        GaussianMixture(random_state=0),
        {"n_components": [1, 2]},
        None,
    ),
}


@pytest.mark.parametrize("scoring", UNLABELLED)
def test_rows_without_a_target(scoring: str, tmp_path: Path) -> None:
    estimator, model, space, by_hand, grid, scorer = UNLABELLED[scoring]
    state = run(tmp_path, "rows_alone", estimator=estimator, model=model, space=space, scoring=scoring)
    train, test = train_test_split(load_iris().data, test_size=0.2, random_state=3)
    search = GridSearchCV(by_hand, grid, cv=KFold(3), scoring=scorer).fit(train)
    check(state, search.cv_results_["mean_test_score"], search.score(test) if scoring != "neg_davies_bouldin" else None)


def test_outliers_are_parted_by_what_the_detector_sees(tmp_path: Path) -> None:
    model = 'params = { random_state = 0, n_estimators = 5 }\nprepare = ["standard"]'
    parts = {"estimator": "ensemble.IsolationForest", "space": "max_samples = [40, 60]", "scoring": "silhouette"}
    state = run(tmp_path, "rows_alone", model=model, **parts)
    chain = make_pipeline(StandardScaler(), IsolationForest(random_state=0, n_estimators=5))

    def scored(model: Any, rows: np.ndarray, y: Any = None) -> float:
        return float(silhouette_score(model[:-1].transform(rows), model.predict(rows)))

    train, test = train_test_split(load_iris().data, test_size=0.2, random_state=3)
    search = GridSearchCV(chain, {"isolationforest__max_samples": [40, 60]}, cv=KFold(3), scoring=scored).fit(train)
    check(state, search.cv_results_["mean_test_score"], search.score(test))


@pytest.mark.parametrize(
    ("source", "parts", "said"),
    [
        ("broken", {}, "data.source: python:own_sources:broken failed: ValueError: the server is away"),
        ("three", {}, r"data.source: python:own_sources:three gives a tuple of 3; allowed: a DataFrame, \(X, y\)"),
        ("nothing", {}, "data.source: own_sources has no 'nothing'"),
        ("frame", {}, "data.target: missing; allowed: a column: a, b, c"),
        ("linnerud", {"estimator": "svm.SVR", "scoring": "r2"}, "data.target: 3 columns, and SVR predicts one"),
        ("rows_alone", {"estimator": "cluster.KMeans", "space": "n_clusters = [2]"}, "gives no y.*silhouette"),
    ],
)
def test_what_cannot_be_is_answered(source: str, parts: dict[str, str], said: str, tmp_path: Path) -> None:
    preset = preset_of(text_of(source, **(LOGISTIC | parts)), tmp_path)
    with pytest.raises(PresetError, match=said):
        load_problem(preset, ("sklearn", *OWN))


def test_a_module_that_was_not_allowed_is_not_imported(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="--allow-import own_sources"):
        load_problem(preset_of(text_of("arrays", **LOGISTIC), tmp_path))
