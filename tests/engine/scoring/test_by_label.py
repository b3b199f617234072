"""Classes by their labels, in metrics and in estimators: what comes is scikit-learn's with these labels, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from awkward_presets import F, N, by_hand, written
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, hinge_loss, make_scorer, recall_score, roc_auc_score
from sklearn.model_selection import FixedThresholdClassifier, KFold
from sklearn.neighbors import RadiusNeighborsClassifier
from sklearn.svm import LinearSVC
from tunetop.engine.errors import PresetError
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.scoring.metrics import recorded
from worked import worked

LETTERS = F["c"].to_numpy()
BAD = np.where(F["y"] == "yes", "bad", "good")
C = {"C": [0.1, 1.0]}
LR = LogisticRegression()
THREE, TWO = N.assign(y=LETTERS), N.assign(y=BAD)
FIXED = {
    "estimator": "sklearn.model_selection.FixedThresholdClassifier",
    "space": "threshold = [0.3, 0.6]",
    "model": 'params = { pos_label = "bad", estimator = { class = "sklearn.linear_model.LogisticRegression" } }',
    "data": 'positive = "bad"',
}
LDA = {"estimator": "sklearn.discriminant_analysis.LinearDiscriminantAnalysis", "space": 'solver = ["svd", "lsqr"]'}
SHUFFLED = '{ class = "sklearn.model_selection.KFold", params = { n_splits = 3, shuffle = true, random_state = 0 } }'
SVC = {"estimator": "sklearn.svm.LinearSVC", "space": "C = [0.1, 1.0]", "model": "params = { random_state = 0 }"}
EQUAL: dict[str, tuple[Any, str, dict[str, str], Any]] = {
    "some of several classes": (
        THREE,
        '{ metric = "f1_score", average = "macro", labels = ["u", "w"] }',
        {},
        lambda: by_hand(LR, C, y=LETTERS, scoring=make_scorer(f1_score, average="macro", labels=["u", "w"])),
    ),
    "one of several classes": (
        N.assign(y=F["c"].map({"u": 1, "v": 2, "w": 3})),
        '{ metric = "recall_score", average = "micro", labels = [2] }',
        {},
        lambda: by_hand(LR, C, y=LETTERS, scoring=make_scorer(recall_score, average="micro", labels=["v"])),
    ),
    "the positive class in the metric": (
        TWO,
        '{ metric = "f1", pos_label = "bad" }',
        {},
        lambda: by_hand(LR, C, y=BAD, scoring=make_scorer(f1_score, pos_label="bad")),
    ),
    "the positive class in the estimator": (
        TWO,
        '"f1"',
        FIXED,
        lambda: by_hand(
            FixedThresholdClassifier(LR, pos_label="bad"),
            {"threshold": [0.3, 0.6]},
            y=BAD,
            scoring=make_scorer(f1_score, pos_label="bad"),
        ),
    ),
    "priors by label": (
        TWO,
        '"accuracy"',
        LDA | {"model": "params = { priors = { good = 0.9, bad = 0.1 } }", "data": 'positive = "bad"'},
        lambda: by_hand(LinearDiscriminantAnalysis(priors=[0.1, 0.9]), {"solver": ["svd", "lsqr"]}, y=BAD),
    ),
    "areas of several classes": (
        THREE,
        '{ metric = "roc_auc_score", multi_class = "ovr" }',
        {},
        lambda: by_hand(
            LR,
            C,
            y=LETTERS,
            scoring=make_scorer(roc_auc_score, response_method="predict_proba", multi_class="ovr"),
        ),
    ),
    "decision values alone": (
        THREE,
        '{ metric = "hinge_loss" }',
        SVC,
        lambda: by_hand(
            LinearSVC(random_state=0),
            C,
            y=LETTERS,
            scoring=make_scorer(hinge_loss, response_method="decision_function", greater_is_better=False),
        ),
    ),
    "a splitter with parameters within": (
        TWO,
        '"accuracy"',
        {
            "estimator": "sklearn.linear_model.LogisticRegressionCV",
            "space": "Cs = [[0.1, 1.0], [10.0]]",
            "model": f"params = {{ use_legacy_attributes = false, cv = {SHUFFLED} }}",
        },
        lambda: _by_its_own_folds(),
    ),
    "where neighbours are none": (
        THREE,
        '"accuracy"',
        {
            "estimator": "sklearn.neighbors.RadiusNeighborsClassifier",
            "space": "radius = [0.2, 1.0]",
            "model": 'params = { outlier_label = "v" }',
        },
        lambda: by_hand(RadiusNeighborsClassifier(outlier_label="v"), {"radius": [0.2, 1.0]}, y=LETTERS),
    ),
    "signs and groups of columns by their places": (
        TWO,
        '"accuracy"',
        {
            "estimator": "xgboost.XGBClassifier",
            "space": "max_depth = [1, 3]",
            "model": "params = { n_estimators = 3, n_jobs = 1, monotone_constraints = [1, -1], "
            "interaction_constraints = [[0], [1]] }",
        },
        lambda: _constrained(),
    ),
    "classes to leave rows out of": (
        THREE,
        '"accuracy"',
        {
            "model": 'prepare = [{ class = "imblearn.under_sampling.TomekLinks", '
            'params = { sampling_strategy = ["u", "w"] } }]'
        },
        lambda: _without_links(),
    ),
}


def _constrained() -> Any:
    from xgboost import XGBClassifier

    tied = {"monotone_constraints": (1, -1), "interaction_constraints": "[[0], [1]]"}
    return by_hand(XGBClassifier(n_estimators=3, n_jobs=1, **tied), {"max_depth": [1, 3]}, y=BAD == "good")


def _without_links() -> Any:
    from imblearn.pipeline import Pipeline
    from imblearn.under_sampling import TomekLinks

    model = Pipeline([("links", TomekLinks(sampling_strategy=["u", "w"])), ("model", LR)])
    return by_hand(model, {"model__C": [0.1, 1.0]}, y=LETTERS)


def _by_its_own_folds() -> Any:
    from sklearn.linear_model import LogisticRegressionCV

    cv = KFold(3, shuffle=True, random_state=0)
    return by_hand(LogisticRegressionCV(cv=cv, use_legacy_attributes=False), {"Cs": [[0.1, 1.0], [10.0]]}, y=BAD)


def preset(content: Any, scoring: str, parts: dict[str, str], folder: Path) -> Any:
    made = written(content, folder, parts)
    path = Path(made.path)
    path.write_text(path.read_text().replace('scoring = "accuracy"', f"scoring = {scoring}"))
    from tunetop.engine.preset.preset import load

    return load(path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", EQUAL)
def test_scores_are_those_with_the_labels_themselves(case: str, tmp_path: Path) -> None:
    content, scoring, parts, expected = EQUAL[case]
    done = worked(preset(content, scoring, parts, tmp_path), tmp_path, refit=False)
    assert not done.errors
    np.testing.assert_allclose(done.scores, expected(), rtol=0, atol=1e-12)


REFUSED: dict[str, tuple[Any, str, dict[str, str], str]] = {
    "a label that is none": (
        THREE,
        '{ metric = "f1_score", average = "macro", labels = ["x"] }',
        {},
        r"score\.scoring\.labels\[0\]: there is no such class; allowed: u, v, w",
    ),
    "an array": (THREE, '{ metric = "f1_score", average = "None" }', {}, r"gives 3 numbers; allowed: one number"),
    "a list by class, in doubt": (
        TWO,
        '"accuracy"',
        LDA | {"model": "params = { priors = [0.1, 0.9] }", "data": 'positive = "bad"'},
        r'params\.priors: .*in doubt.*priors = \{ "bad" = 0\.1, "good" = 0\.9 \}',
    ),
    "rows without a label": (
        N.assign(y=np.where(F.index % 3, (F["y"] == "yes") * 1, -1)),
        '"accuracy"',
        {"estimator": "sklearn.semi_supervised.LabelSpreading", "space": "gamma = [1, 20]"},
        r"data\.target: holds -1, which LabelSpreading takes for no label",
    ),
    "weights that its fit does not take": (
        N.assign(w=1),
        '"accuracy"',
        {"estimator": "sklearn.neighbors.KNeighborsClassifier", "space": "n_neighbors = [3]", "score": 'weight = "w"'},
        r"score\.weight: KNeighborsClassifier takes no weights",
    ),
    "priors of some": (
        TWO,
        '"accuracy"',
        LDA | {"model": "params = { priors = { bad = 0.1 } }"},
        r"priors: nothing for the class 'good'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_names_no_class_or_leaves_it_in_doubt_is_told(case: str, tmp_path: Path) -> None:
    content, scoring, parts, said = REFUSED[case]
    with pytest.raises(PresetError, match=said):
        load_problem(preset(content, scoring, parts, tmp_path))


def test_runs_record_codes_which_the_verdict_scores_by(tmp_path: Path) -> None:
    """Of a table of classes 1, 2, 3 as of texts, and of a scorer's mere name nothing."""
    problem = load_problem(preset(*EQUAL["one of several classes"][:3], tmp_path))
    assert recorded(problem.preset.score.scoring, problem.values)["labels"] == [1]
    assert recorded("f1", problem.values) == {}
    assert recorded("python:mine:f1", problem.values) == {"metric": "python:mine:f1"}
