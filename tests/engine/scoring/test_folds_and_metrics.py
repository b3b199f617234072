"""Folds of any scheme, metrics with parameters, weights and early stopping: equal to scikit-learn by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from msgspec import UNSET
from running import preset_of, run_through
from sklearn import model_selection as ms
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import fbeta_score, get_scorer, make_scorer
from sklearn.model_selection import GridSearchCV, GroupShuffleSplit, cross_val_score, train_test_split
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from tunetop.engine.errors import PresetError
from tunetop.engine.export.cv_results import cv_results
from tunetop.engine.preset.imports import ALLOWED
from tunetop.engine.preset.specs import UNLABELLED
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.scoring.unlabelled import unlabelled_scorer
from tunetop.engine.state import RunState
from tunetop.engine.verdict.figures import further
from tunetop.engine.verdict.summary import run_summary
from worked import worked

PRESET = """
title = "Folds"
[data]
source = "csv:table.csv"
target = "y"
seed = 3
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0 }
[space]
max_depth = [1, 3, 5]
[score]
scoring = "accuracy"
folds = 3
SCORE
[[method]]
kind = "grid"
"""


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = 90
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=rows).round(3),
            "b": rng.normal(size=rows).round(3),
            "patient": [f"p{number}" for number in rng.integers(0, 12, rows)],
            "day": rng.permutation(pd.date_range("2024-01-01", periods=rows).strftime("%Y-%m-%d").to_numpy()),
            "part": rng.integers(-1, 3, rows),
            "weight": rng.integers(1, 9, rows),
        }
    )
    frame["y"] = (frame["a"] + rng.normal(scale=0.7, size=rows) > 0).astype(int)
    frame.to_csv(tmp_path / "table.csv", index=False)
    return frame.reset_index(drop=True)


def run(tmp_path: Path, score: str, **changes: str) -> RunState:
    text = PRESET.replace("SCORE", score)
    for old, new in changes.items():
        text = text.replace(old, new)
    return run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)


def means_of(state: RunState) -> list[float]:
    known = state.methods["grid"]
    return [known.trials[number].mean or 0.0 for number in sorted(known.trials)]


def by_hand(frame: pd.DataFrame, features: list[str], train: Any, cv: Any, groups: Any = None, **fit: Any) -> Any:
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3, 5]}, cv=cv, scoring="accuracy")
    X, y = frame[features].to_numpy(), frame["y"].to_numpy()
    return search.fit(X[train], y[train], groups=groups, **fit)


EARLY = "early_stopping = { rounds = 5, share = 0.25, seed = 4 }"
BESIDE = ["f1", "neg_log_loss", "roc_auc"]
FBETA = "{ metric = 'fbeta_score', beta = 2 }"
SCHEMES = [
    ('cv = "kfold"', ms.KFold(3)),
    ('cv = "stratified"', ms.StratifiedKFold(3)),
    ('cv = "shuffled"\nseed = 7', ms.StratifiedKFold(3, shuffle=True, random_state=7)),
    ('cv = "repeated"\nseed = 7\nrepeats = 2', ms.RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=7)),
    ('cv = "sklearn.model_selection.ShuffleSplit"\nseed = 2', ms.ShuffleSplit(3, random_state=2)),
    (
        'cv = { class = "sklearn.model_selection.StratifiedShuffleSplit", params = { n_splits = 4, test_size = 0.3 } }',
        ms.StratifiedShuffleSplit(4, test_size=0.3, random_state=0),
    ),
    ('cv = "leave_one_out"', ms.LeaveOneOut()),
]


@pytest.mark.parametrize(("score", "cv"), SCHEMES, ids=lambda value: str(value)[:30])
def test_folds_are_scikit_learns(tmp_path: Path, table: pd.DataFrame, score: str, cv: Any) -> None:
    state = run(tmp_path, score, **{'target = "y"': 'target = "y"\nfeatures = ["a", "b"]'})
    train, test = train_test_split(np.arange(90), test_size=0.2, random_state=3)
    search = by_hand(table, ["a", "b"], train, cv)
    np.testing.assert_allclose(means_of(state), search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    hand = search.score(table[["a", "b"]].to_numpy()[test], table["y"].to_numpy()[test])
    assert state.methods["grid"].test_score == pytest.approx(hand, abs=1e-12)
    assert state.info is not None
    assert state.info.folds == search.n_splits_


def test_whole_groups_are_held_out_and_parted(tmp_path: Path, table: pd.DataFrame) -> None:
    state = run(tmp_path, 'groups = "patient"', **{'target = "y"': 'target = "y"\nfeatures = ["a", "b"]'})
    groups = table["patient"].to_numpy()
    train, test = next(GroupShuffleSplit(1, test_size=0.2, random_state=3).split(groups, groups=groups))
    assert not set(groups[train]) & set(groups[test])
    search = by_hand(table, ["a", "b"], train, ms.GroupKFold(3), groups[train])
    np.testing.assert_allclose(means_of(state), search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)


def test_the_latest_rows_are_held_out_and_the_folds_expand(tmp_path: Path, table: pd.DataFrame) -> None:
    state = run(tmp_path, 'time = "day"', **{'target = "y"': 'target = "y"\nfeatures = ["a", "b"]'})
    order = np.argsort(table["day"].to_numpy(), kind="stable")
    train, test = order[:72], order[72:]
    search = by_hand(table, ["a", "b"], train, ms.TimeSeriesSplit(3))
    np.testing.assert_allclose(means_of(state), search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    hand = search.score(table[["a", "b"]].to_numpy()[test], table["y"].to_numpy()[test])
    assert state.methods["grid"].test_score == pytest.approx(hand, abs=1e-12)


@pytest.mark.parametrize("column", ["", "day"])
def test_a_splitter_by_time_goes_by_a_column_or_by_the_order_of_the_rows(
    tmp_path: Path, table: pd.DataFrame, column: str
) -> None:
    cv = 'cv = { class = "sklearn.model_selection.TimeSeriesSplit", params = { max_train_size = 30, gap = 2 } }'
    text = PRESET.replace("SCORE", cv + (f'\ntime = "{column}"' if column else ""))
    preset = preset_of(text.replace('target = "y"', 'target = "y"\nfeatures = ["a", "b"]'), tmp_path)
    done = worked(preset, tmp_path, refit=False)
    order = np.argsort(table["day"].to_numpy(), kind="stable") if column else np.arange(90)
    search = by_hand(table, ["a", "b"], order[:72], ms.TimeSeriesSplit(3, max_train_size=30, gap=2))
    np.testing.assert_allclose(done.scores.mean(axis=1), search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(done.problem.split.test_rows, order[72:])
    assert any("in order of time" in note for note in done.problem.card.notes) == (not column)


def test_a_column_says_which_fold_scores_a_row(tmp_path: Path, table: pd.DataFrame) -> None:
    state = run(tmp_path, 'predefined = "part"', **{'target = "y"': 'target = "y"\nfeatures = ["a", "b"]'})
    train, _ = train_test_split(np.arange(90), test_size=0.2, random_state=3)
    search = by_hand(table, ["a", "b"], train, ms.PredefinedSplit(table["part"].to_numpy()[train]))
    np.testing.assert_allclose(means_of(state), search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)


def test_weights_count_in_the_fit_and_where_asked_in_the_score(tmp_path: Path, table: pd.DataFrame) -> None:
    features = {'target = "y"': 'target = "y"\nfeatures = ["a", "b"]'}
    train, _ = train_test_split(np.arange(90), test_size=0.2, random_state=3)
    weight = table["weight"].to_numpy(dtype=float)[train]
    X, y = table[["a", "b"]].to_numpy()[train], table["y"].to_numpy()[train]
    for asked in (False, True):
        score = f'weight = "weight"\nweigh_scores = {str(asked).lower()}'
        state = run(tmp_path, score, **features)
        found, expected = means_of(state), []
        assert state.info is not None
        assert any("weigh_scores = true" in note for note in state.info.notes) != asked
        for depth in (1, 3, 5):
            scores = []
            for fitted, scored in ms.StratifiedKFold(3).split(X, y):
                model = DecisionTreeClassifier(max_depth=depth, random_state=0)
                model.fit(X[fitted], y[fitted], sample_weight=weight[fitted])
                scores.append(model.score(X[scored], y[scored], sample_weight=weight[scored] if asked else None))
            expected.append(np.mean(scores))
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    search = GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3, 5]}, cv=3)
    search.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(found, search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)


def test_a_metric_with_parameters_leads_and_others_stand_beside(tmp_path: Path, table: pd.DataFrame) -> None:
    changes = {
        'target = "y"': 'target = "y"\nfeatures = ["a", "b"]',
        'scoring = "accuracy"': f"scoring = {FBETA}\nalso = {BESIDE}",
        '[[method]]\nkind = "grid"': '[[method]]\nkind = "grid"\n[[method]]\nkind = "random"\ntrials = 3\nseed = 0',
    }
    state = run(tmp_path, "", **changes)
    train, _ = train_test_split(np.arange(90), test_size=0.2, random_state=3)
    X, y = table[["a", "b"]].to_numpy(), table["y"].to_numpy()
    assert state.info is not None
    assert state.info.scoring == "fbeta_score(beta=2)"
    known = state.methods["grid"]
    for number, depth in enumerate((1, 3, 5)):
        model = DecisionTreeClassifier(max_depth=depth, random_state=0)
        for name in BESIDE:
            hand = cross_val_score(model, X[train], y[train], cv=3, scoring=name)
            np.testing.assert_allclose((known.trials[number].others or {})[name], hand, rtol=0, atol=1e-12)
        hand = cross_val_score(model, X[train], y[train], cv=3, scoring=make_scorer(fbeta_score, beta=2))
        assert known.trials[number].mean == pytest.approx(hand.mean(), abs=1e-12)
    assert known.result is not None
    assert set(known.result.test_others) == set(BESIDE)

    held = train_test_split(np.arange(90), test_size=0.2, random_state=3)[1]
    scorers = {"score": make_scorer(fbeta_score, beta=2)} | {name: get_scorer(name) for name in BESIDE}
    search = GridSearchCV(
        DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3, 5]}, cv=3, scoring=scorers, refit="score"
    ).fit(X[train], y[train])
    ours = cv_results(known, 3)
    for key in (key for key in search.cv_results_ if "_test_" in key):
        np.testing.assert_allclose(ours[key], search.cv_results_[key], rtol=0, atol=1e-12, err_msg=key)
    summary = run_summary(state)
    assert [(row[0], row[1]) for row in further(summary)][:3] == [
        (BESIDE[0], "baseline"),
        ("", "grid"),
        ("", "random"),
    ]
    for row in summary.methods:
        assert row.also is not UNSET
        for name, one in row.also.items():
            assert one.cv_score == pytest.approx(search.cv_results_[f"mean_test_{name}"][search.best_index_], abs=1e-12)
            hand = scorers[name](search.best_estimator_, X[held], y[held])
            assert one.test_score == pytest.approx(hand, abs=1e-12)
    # those of a configuration that was scored before come with it
    drawn = state.methods["random"].trials.values()
    assert all(trial.reused and set(trial.others or {}) == set(BESIDE) for trial in drawn)


def test_a_regressors_metric_of_sklearn_has_its_sign(tmp_path: Path, table: pd.DataFrame) -> None:
    changes = {
        "DecisionTreeClassifier": "DecisionTreeRegressor",
        'target = "y"': 'target = "a"\nfeatures = ["b"]',
        'scoring = "accuracy"': 'scoring = { metric = "mean_pinball_loss", alpha = 0.8 }',
    }
    state = run(tmp_path, "", **changes)
    train, _ = train_test_split(np.arange(90), test_size=0.2, random_state=3)
    X, y = table[["b"]].to_numpy()[train], table["a"].to_numpy()[train]
    from sklearn.metrics import mean_pinball_loss

    scorer = make_scorer(mean_pinball_loss, greater_is_better=False, alpha=0.8)
    hand = [
        cross_val_score(DecisionTreeRegressor(max_depth=d, random_state=0), X, y, cv=3, scoring=scorer).mean()
        for d in (1, 3, 5)
    ]
    np.testing.assert_allclose(means_of(state), hand, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        ('cv = "groups"', r"score\.cv: found 'groups'; allowed: .*Did you mean group"),
        ('cv = "group"', r"score\.groups: missing, and cv = 'group' needs it; allowed: groups = \"COLUMN\""),
        ('cv = "kfold"\ngroups = "patient"', r"score\.cv: found 'kfold', which pays no heed to groups"),
        ('groups = "patiant"', r"score\.groups: there is no column 'patiant'.*Did you mean patient"),
        ('time = "patient"', r"score\.time: 'patient' holds category; allowed: a column of dates or numbers"),
        ('weight = "a"', r"score\.weight: 'a' holds -.*; allowed: weights of 0 or more"),
        ("weigh_scores = true", r"score\.weight: missing"),
        ('also = ["f2"]', r"score\.also\[0\]: there is no scorer 'f2'"),
        ('also = ["accuracy"]', r"score\.also\[0\]: 'accuracy' stands there twice"),
        (
            'also = [{ metric = "fbeta_score", gamma = 2 }]',
            r"\[0\]\.gamma: fbeta_score has no such parameter",
        ),
        ('also = ["r2"]', r"score\.also\[0\]: 'r2' scores regressors"),
        ('cv = "sklearn.svm.SVC"', r"score\.cv: 'sklearn\.svm\.SVC' is no splitter"),
        (
            'cv = "leave_one_out"\nalso = ["roc_auc"]',
            r"\[0\]: 'roc_auc' is undefined on fold 0, one row of one",
        ),
        ("repeats = 0", r"score\.repeats: found 0"),
    ],
)
def test_what_cannot_be_parted_or_scored_is_told(tmp_path: Path, table: pd.DataFrame, score: str, said: str) -> None:
    with pytest.raises(PresetError, match=said):
        load_problem(preset_of(PRESET.replace("SCORE", score), tmp_path))


def test_a_metric_of_ones_own_may_be_undefined_for_equal_predictions_and_may_not_be_broken(
    tmp_path: Path, table: pd.DataFrame
) -> None:
    allowed, text = (*ALLOWED, "own_metrics"), PRESET.replace("SCORE", "")
    text = text.replace('"accuracy"', '"python:own_metrics:rank_correlation"')
    load_problem(preset_of(text, tmp_path), allowed)
    numbers = text.replace("TreeClassifier", "TreeRegressor").replace('target = "y"', 'target = "a"\nfeatures = ["b"]')
    load_problem(preset_of(numbers, tmp_path), allowed)
    with pytest.raises(PresetError, match=r"score\.scoring: 'broken' does not fit this data.*no such column"):
        load_problem(preset_of(text.replace("rank_correlation", "broken"), tmp_path), allowed)


def test_a_metric_that_no_configuration_has_is_noted_and_is_no_goal(tmp_path: Path, table: pd.DataFrame) -> None:
    text = PRESET.replace("tree.DecisionTreeClassifier", "svm.SVC").replace("max_depth = [1, 3, 5]", "C = [0.1, 1.0]")
    text, also = text.replace('target = "y"', 'target = "y"\nfeatures = ["a", "b"]'), 'also = ["neg_log_loss"]'
    notes = load_problem(preset_of(text.replace("SCORE", also), tmp_path)).card.notes
    assert any("score.also[0] will have no score: 'neg_log_loss' needs predict_proba, which SVC" in n for n in notes)
    with pytest.raises(PresetError, match=r"score\.also\[0\]: a goal, and 'neg_log_loss' needs predict_proba"):
        load_problem(preset_of(text.replace("SCORE", f'{also}\nconstraints = ["neg_log_loss >= -1"]'), tmp_path))


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("xgboost.XGBClassifier", "n_estimators = 300, random_state = 0, n_jobs = 1"),
        (
            "lightgbm.LGBMClassifier",
            "n_estimators = 300, random_state = 0, verbose = -1, min_child_samples = 3",
        ),
        ("catboost.CatBoostClassifier", "iterations = 300, random_seed = 0, thread_count = 1, verbose = false"),
    ],
)
def test_boosters_end_by_rows_kept_back_of_each_fold(
    tmp_path: Path, table: pd.DataFrame, estimator: str, params: str
) -> None:
    changes = {
        "sklearn.tree.DecisionTreeClassifier": estimator,
        "params = { random_state = 0 }": f"params = {{ {params} }}\n{EARLY}",
        "max_depth = [1, 3, 5]": "max_depth = [2]",
        'target = "y"': 'target = "y"\nfeatures = ["a", "b"]',
    }
    state = run(tmp_path, "", **changes)
    module, _, name = estimator.rpartition(".")
    kind = getattr(__import__(module), name)
    options = eval(f"dict({params.replace('false', 'False')})")
    train, _ = train_test_split(np.arange(90), test_size=0.2, random_state=3)
    X, y = table[["a", "b"]].to_numpy()[train], table["y"].to_numpy()[train]
    scores = []
    for fitted, scored in ms.StratifiedKFold(3).split(X, y):
        inside, kept = train_test_split(np.arange(len(fitted)), test_size=0.25, random_state=4, stratify=y[fitted])
        rows, held = fitted[inside], fitted[kept]
        more: dict[str, Any] = {"eval_set": [(X[held], y[held])]}
        if module == "xgboost":
            model = kind(**options, max_depth=2, early_stopping_rounds=5)
            more["verbose"] = False
        else:
            model = kind(**options, max_depth=2)
        if module == "lightgbm":
            import lightgbm

            more["callbacks"] = [lightgbm.early_stopping(5, verbose=False)]
        if module == "catboost":
            more["early_stopping_rounds"] = 5
        scores.append(model.fit(X[rows], y[rows], **more).score(X[scored], y[scored]))
    assert means_of(state) == [pytest.approx(np.mean(scores), abs=1e-12)]


def test_early_stopping_is_for_boosters_that_take_rows_kept_back(tmp_path: Path, table: pd.DataFrame) -> None:
    text = PRESET.replace("SCORE", "").replace("[space]", "early_stopping = { rounds = 5 }\n[space]")
    with pytest.raises(PresetError, match=r"early_stopping: .*DecisionTreeClassifier.*xgboost, lightgbm"):
        load_problem(preset_of(text, tmp_path))


def test_rows_kept_back_are_asked_for_in_their_own_key_and_pay_no_heed_to_groups(
    tmp_path: Path, table: pd.DataFrame
) -> None:
    text = PRESET.replace("sklearn.tree.DecisionTreeClassifier", "xgboost.XGBClassifier")
    with pytest.raises(PresetError, match=r"params\.early_stopping_rounds: .*early_stopping = \{ rounds = 5, share"):
        load_problem(preset_of(text.replace("SCORE", "").replace("0 }", "0, early_stopping_rounds = 5 }"), tmp_path))
    text = text.replace("SCORE", 'groups = "patient"').replace("[space]", f"{EARLY}\n[space]")
    notes = load_problem(preset_of(text, tmp_path)).card.notes
    assert any("keeps back rows at random, of the same groups" in note for note in notes)


def test_a_note_says_that_chance_is_not_fixed_and_how_to(tmp_path: Path, table: pd.DataFrame) -> None:
    loose = load_problem(preset_of(PRESET.replace("SCORE", "").replace("{ random_state = 0 }", "{}"), tmp_path))
    (note,) = [note for note in loose.card.notes if "random" in note]
    assert "params = { random_state = 0 } settles it" in note
    fixed = load_problem(preset_of(PRESET.replace("SCORE", ""), tmp_path))
    assert not any("random" in note for note in fixed.card.notes)
    assert LogisticRegression().get_params()["random_state"] is None
    calm = PRESET.replace("SCORE", "").replace("tree.DecisionTreeClassifier", "linear_model.LogisticRegression")
    calm = calm.replace("{ random_state = 0 }", "{}").replace("max_depth = [1, 3, 5]", "C = [1.0, 2.0]")
    assert not any("random" in note for note in load_problem(preset_of(calm, tmp_path)).card.notes)


def test_each_scorer_that_asks_for_no_target_is_there() -> None:
    assert all(unlabelled_scorer(name, {}) is not None for name in UNLABELLED)
    assert unlabelled_scorer("accuracy", {}) is None
