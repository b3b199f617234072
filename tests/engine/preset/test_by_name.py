"""Models and steps that know columns by their names get the table itself: scores are those by hand, with pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from awkward_presets import TRAIN, YES, F, N, by_hand, written
from running import preset_of
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, StandardScaler
from tunetop.engine.problem.problem import load_problem
from worked import worked

GAPS = F[["a", "b", "c"]].mask(np.random.default_rng(0).random((60, 3)) < 0.1)
STEP = '["{0}", {{ class = "sklearn.{1}" }}, ["{2}"]]'
PARTS = '{{ class = "sklearn.compose.ColumnTransformer", params = {{ transformers = [{0}, {1}] }} }}'
BY_HAND = {
    "estimator": "sklearn.pipeline.Pipeline",
    "space": "m__C = [0.1, 1.0]",
    "model": 'params = { steps = [["p", PARTS], ["m", { class = "sklearn.linear_model.LogisticRegression" }]] }',
}
MIXED = PARTS.format(
    STEP.format("n", "impute.SimpleImputer", 'a", "b'),
    '["c", { class = "sklearn.preprocessing.OneHotEncoder", params = { handle_unknown = "ignore" } }, ["c"]]',
)
NUMBERS = PARTS.format(
    STEP.format("s", "preprocessing.StandardScaler", "a"), STEP.format("k", "preprocessing.KBinsDiscretizer", "b")
)
HISTOGRAM = {
    "estimator": "sklearn.ensemble.HistGradientBoostingClassifier",
    "space": "monotonic_cst = ['None', { a = 1 }]",
    "model": "params = { random_state = 0, max_iter = 5, min_samples_leaf = 5 }",
}
FALLING = HISTOGRAM["model"].replace("5 }", '5, monotonic_cst = { a = -1 } }\nprepare = ["impute"]')
XGBOOST = {
    "estimator": "xgboost.XGBClassifier",
    "space": "max_depth = [1, 2]",
    "model": "params = { n_estimators = 4, n_jobs = 1, enable_categorical = true, monotone_constraints = { a = -1 } }",
}


def _histogram(**given: Any) -> Any:
    return HistGradientBoostingClassifier(random_state=0, max_iter=5, min_samples_leaf=5, **given)


def _parted(made: Any, columns: Any) -> np.ndarray:
    return by_hand(Pipeline([("p", made), ("m", LogisticRegression())]), {"m__C": [0.1, 1.0]}, columns)


def _xgboost() -> np.ndarray:
    from xgboost import XGBClassifier

    made = XGBClassifier(n_estimators=4, n_jobs=1, enable_categorical=True, monotone_constraints={"a": -1})
    return by_hand(made, {"max_depth": [1, 2]}, F[["a", "b", "c"]].astype({"c": "category"}))


def _catboost() -> np.ndarray:
    """Fold by fold: no search of scikit-learn's clones it with a list among its parameters."""
    from catboost import CatBoostClassifier

    X, y, scores = F[["a", "b", "c"]].iloc[TRAIN], YES[TRAIN], []
    for depth in (2, 3):
        for fitted, scored in StratifiedKFold(3).split(X, y):
            made = CatBoostClassifier(iterations=4, depth=depth, verbose=False, cat_features=["c"], thread_count=1)
            made.set_params(random_seed=0, allow_writing_files=False).fit(X.iloc[fitted], y[fitted])
            scores.append(made.score(X.iloc[scored], y[scored]))
    return np.array(scores).reshape(2, 3)


CATBOOST = {
    "estimator": "catboost.CatBoostClassifier",
    "space": "depth = [2, 3]",
    "model": 'params = { iterations = 4, verbose = false, cat_features = ["c"], thread_count = 1, random_seed = 0 }',
}
EQUAL: dict[str, tuple[pd.DataFrame, dict[str, str], Any]] = {
    "columns of several kinds, parted by hand": (
        GAPS.assign(y=F["y"]),
        BY_HAND | {"model": BY_HAND["model"].replace("PARTS", MIXED)},
        lambda: _parted(
            ColumnTransformer(
                [("n", SimpleImputer(), ["a", "b"]), ("c", OneHotEncoder(handle_unknown="ignore"), ["c"])]
            ),
            GAPS,
        ),
    ),
    "numbers, parted by hand": (
        N,
        {"model": f"prepare = [{NUMBERS}]"},
        lambda: by_hand(
            make_pipeline(
                ColumnTransformer([("s", StandardScaler(), ["a"]), ("k", KBinsDiscretizer(), ["b"])]),
                LogisticRegression(),
            ),
            {"logisticregression__C": [0.1, 1.0]},
            N[["a", "b"]],
        ),
    ),
    "a choice that names a column": (
        N,
        HISTOGRAM,
        lambda: by_hand(_histogram(), {"monotonic_cst": [None, {"a": 1}]}, N[["a", "b"]]),
    ),
    "names get through what stands in front": (
        GAPS[["a", "b"]].assign(y=F["y"]),
        HISTOGRAM | {"space": "max_leaf_nodes = [2, 4]", "model": FALLING},
        lambda: by_hand(
            make_pipeline(
                SimpleImputer(strategy="median").set_output(transform="pandas"), _histogram(monotonic_cst={"a": -1})
            ),
            {"histgradientboostingclassifier__max_leaf_nodes": [2, 4]},
            GAPS[["a", "b"]],
        ),
    ),
    "categories for xgboost": (F, XGBOOST, _xgboost),
    "categories for CatBoost, which cannot be cloned": (F, CATBOOST, _catboost),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", EQUAL)
def test_scores_are_those_of_a_person_who_names_columns(case: str, tmp_path: Path) -> None:
    content, parts, expected = EQUAL[case]
    done = worked(written(content, tmp_path, parts), tmp_path, refit=False)
    assert not done.errors
    np.testing.assert_allclose(done.scores, expected(), rtol=0, atol=1e-12)


def test_a_data_set_of_scikit_learns_comes_with_its_names(tmp_path: Path) -> None:
    text = Path(written(N, tmp_path, HISTOGRAM).path).read_text()
    text = text.replace("csv:table.csv", "sklearn:wine").replace('target = "y"\n', "").replace("a = 1", '"hue" = 1')
    problem = load_problem(preset_of(text, tmp_path))
    assert "hue" in problem.split.train.columns
    positions = text.replace('{ "hue" = 1 }', f"{[0] * 12 + [1]}")
    assert isinstance(load_problem(preset_of(positions, tmp_path)).split.train, np.ndarray)


def test_samplers_of_categories_stand_in_front_of_their_encoder(tmp_path: Path) -> None:
    pytest.importorskip("imblearn", reason="imbalanced-learn is not installed")
    sampler = '{ class = "imblearn.over_sampling.SMOTENC", params = { categorical_features = ["c"] } }'
    problem = load_problem(written(F, tmp_path, {"model": f'prepare = [{sampler}, "onehot"]'}))
    assert [name for name, _ in problem.estimator.steps] == ["SMOTENC", "prepare", "model"]
