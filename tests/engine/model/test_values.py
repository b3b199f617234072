"""What TOML can write becomes what Python wants, at any depth; checked with scikit-learn by hand."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import preset_of, run_through
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from tunetop.engine.errors import PresetError
from tunetop.engine.model.estimators import configuration
from tunetop.engine.model.values import Values
from tunetop.engine.preset.imports import Imports
from tunetop.engine.problem.problem import load_problem

PRESET = """
title = "Parts within parts"
[data]
source = "sklearn:{data}"
test_size = 0.3
seed = 1
[model]
estimator = "{estimator}"
{params}
[space]
{space}
[score]
scoring = "{scoring}"
folds = 3
[[method]]
kind = "grid"
"""


def read(text: str, classes: tuple[str, ...] = (), name: str = "") -> Any:
    return Values(Imports("mine.toml"), classes).read(tomllib.loads(f"it = {text}")["it"], "it", name)


def test_each_spelling_means_what_the_page_says() -> None:
    assert read('"None"') is None
    assert read('["None", 3]') == [None, 3]
    assert read("{ tuple = [10.0, 90.0] }") == (10.0, 90.0)
    assert read('{ "0" = 1, "1" = 5 }') == {0: 1, 1: 5}
    assert read('{ "-1" = 1, "1" = 5 }') == {-1: 1, 1: 5}
    assert read('{ "0" = 1, b = 5 }') == {"0": 1, "b": 5}
    assert read('{ dict = [[0, 1], ["a", 5]] }') == {0: 1, "a": 5}
    assert read('{ function = "numpy.log1p" }') is np.log1p
    assert repr(read('{ class = "sklearn.svm.SVC", params = { C = 10, gamma = "auto" } }')) == "SVC(C=10, gamma='auto')"
    pairs = read('[["a", { class = "sklearn.svm.SVC" }], ["b", { class = "sklearn.naive_bayes.GaussianNB" }]]')
    assert [type(pair) for pair in pairs] == [tuple, tuple]
    assert read("{ fraud = 5, legit = 1 }", ("fraud", "legit"), "model__class_weight") == {0: 5, 1: 1}
    with pytest.raises(PresetError, match=r"it\.fruad: there is no such class.*fraud.*Did you mean fraud"):
        read("{ fruad = 5 }", ("fraud", "legit"), "class_weight")
    with pytest.raises(PresetError, match=r"it\.parms: no such key; allowed: class, params"):
        read('{ class = "sklearn.svm.SVC", parms = { C = 10 } }')


CASES = [
    (
        "sklearn.ensemble.AdaBoostClassifier",
        'params = { n_estimators = 4, random_state = 0, estimator = { class = "sklearn.tree.DecisionTreeClassifier" }}',
        "estimator__max_depth = [1, 2]\nlearning_rate = [0.1, 1.0]",
        AdaBoostClassifier(DecisionTreeClassifier(), n_estimators=4, random_state=0),
        {"estimator__max_depth": [1, 2], "learning_rate": [0.1, 1.0]},
    ),
    (
        "sklearn.ensemble.BaggingClassifier",
        'params = { random_state = 0, n_estimators = 4, estimator = { class = "sklearn.svm.SVC" } }',
        "estimator__C = [0.1, 1.0]\nestimator__gamma = ['scale', 0.01]",
        BaggingClassifier(SVC(), n_estimators=4, random_state=0),
        {"estimator__C": [0.1, 1.0], "estimator__gamma": ["scale", 0.01]},
    ),
    (
        "sklearn.ensemble.VotingClassifier",
        """[model.params]
estimators = [["a", { class = "sklearn.svm.SVC" }], ["b", { class = "sklearn.naive_bayes.GaussianNB" }]]""",
        "a__C = [0.01, 1.0]\nweights = [[1, 1], [1, 3]]",
        VotingClassifier([("a", SVC()), ("b", GaussianNB())]),
        {"a__C": [0.01, 1.0], "weights": [[1, 1], [1, 3]]},
    ),
    (
        "sklearn.ensemble.StackingClassifier",
        """[model.params]
cv = 3
final_estimator = { class = "sklearn.linear_model.LogisticRegression", params = { max_iter = 500 } }
estimators = [["tree", { class = "sklearn.tree.DecisionTreeClassifier", params = { random_state = 0 } }],
              ["bayes", { class = "sklearn.naive_bayes.GaussianNB" }]]""",
        "final_estimator__C = [0.01, 1.0]\ntree__max_depth = ['None', 2]",
        StackingClassifier(
            [("tree", DecisionTreeClassifier(random_state=0)), ("bayes", GaussianNB())],
            final_estimator=LogisticRegression(max_iter=500),
            cv=3,
        ),
        {"final_estimator__C": [0.01, 1.0], "tree__max_depth": [None, 2]},
    ),
    (
        "sklearn.pipeline.Pipeline",
        """[model.params]
steps = [["scale", { class = "sklearn.preprocessing.StandardScaler" }], ["svm", { class = "sklearn.svm.SVC" }]]""",
        "svm__C = [0.01, 1.0]\nscale__with_mean = [true, false]",
        Pipeline([("scale", StandardScaler()), ("svm", SVC())]),
        {"svm__C": [0.01, 1.0], "scale__with_mean": [True, False]},
    ),
    (
        "sklearn.svm.SVC",
        'params = { class_weight = { "0" = 1, "1" = 5 } }',
        "C = [0.01, 1.0]",
        SVC(class_weight={0: 1, 1: 5}),
        {"C": [0.01, 1.0]},
    ),
    (
        "sklearn.ensemble.AdaBoostClassifier",
        "params = { random_state = 0, n_estimators = 3 }",
        """[space.estimator]
choices = [{ class = "sklearn.tree.DecisionTreeClassifier", params = { max_depth = 2, random_state = 0 } },
           { class = "sklearn.naive_bayes.GaussianNB" }, "None"]""",
        AdaBoostClassifier(random_state=0, n_estimators=3),
        {"estimator": [DecisionTreeClassifier(max_depth=2, random_state=0), GaussianNB(), None]},
    ),
]


@pytest.mark.parametrize(("estimator", "params", "space", "by_hand", "grid"), CASES, ids=lambda value: str(value)[:40])
def test_a_grid_over_nested_estimators_equals_grid_search_cv(
    tmp_path: Path, estimator: str, params: str, space: str, by_hand: Any, grid: dict[str, list[Any]]
) -> None:
    text = PRESET.format(data="iris", estimator=estimator, params=params, space=space, scoring="accuracy")
    if space.startswith("[space."):
        text = text.replace("[space]\n", "")
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    X, y = load_iris(return_X_y=True)
    train, test, train_y, test_y = train_test_split(X, y, test_size=0.3, random_state=1)
    search = GridSearchCV(by_hand, grid, scoring="accuracy", cv=3).fit(train, train_y)
    known = state.methods["grid"]
    means = [known.trials[number].mean for number in sorted(known.trials)]
    np.testing.assert_allclose(means, search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)
    assert known.test_score == pytest.approx(search.score(test, test_y), abs=1e-12)


def test_a_log_target_is_a_function_by_name(tmp_path: Path) -> None:
    params = """[model.params]
regressor = { class = "sklearn.linear_model.Ridge" }
func = { function = "numpy.log1p" }
inverse_func = { function = "numpy.expm1" }"""
    text = PRESET.format(
        data="diabetes",
        estimator="sklearn.compose.TransformedTargetRegressor",
        params=params,
        space="regressor__alpha = [0.1, 1.0]",
        scoring="r2",
    ).replace("[space]", 'prepare = ["standard"]\n[space]')
    text = text.replace(params, 'prepare = ["standard"]\n' + params).replace(
        'prepare = ["standard"]\n[space]', "[space]"
    )
    state = run_through(preset_of(text, tmp_path), tmp_path / "runs", workers=1)
    X, y = load_diabetes(return_X_y=True)
    train, _, train_y, _ = train_test_split(X, y, test_size=0.3, random_state=1)
    model = TransformedTargetRegressor(Ridge(), func=np.log1p, inverse_func=np.expm1)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), model),
        {"transformedtargetregressor__regressor__alpha": [0.1, 1.0]},
        scoring="r2",
        cv=3,
    ).fit(train, train_y)
    known = state.methods["grid"]
    means = [known.trials[number].mean for number in sorted(known.trials)]
    np.testing.assert_allclose(means, search.cv_results_["mean_test_score"], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("estimator", "params", "space", "said"),
    [
        (
            "sklearn.ensemble.BaggingClassifier",
            'params = { estimator = "sklearn.svm.SVC" }',
            "n_estimators = [5]",
            r'model\.params\.estimator: .*Write \{ class = "sklearn\.svm\.SVC" \}',
        ),
        (
            "sklearn.ensemble.AdaBoostClassifier",
            "",
            "estimator__max_depth = [1]",
            r"space\.estimator__max_depth: the estimator's own 'estimator' is None.*class = ",
        ),
        (
            "sklearn.ensemble.VotingClassifier",
            "",
            "weights = [[1, 1]]",
            r"model\.params\.estimators: missing, and VotingClassifier needs it; allowed: estimators = \[\[",
        ),
        (
            "sklearn.ensemble.AdaBoostClassifier",
            'params = { estimator = { class = "sklearn.svm.SVC", params = { c = 1 } } }',
            "n_estimators = [5]",
            r"model\.params\.estimator\.params\.c: no such parameter; allowed: C, .*",
        ),
        (
            "sklearn.tree.DecisionTreeClassifier",
            "",
            'depth = { choices = { any = { max_depth = "none" }, two = { max_depth = 2 } } }',
            r'space\.depth\.choices\.any: .*max_depth = .none.; allowed: an int .* or None\. Write "None" for None',
        ),
        (
            "sklearn.tree.DecisionTreeClassifier",
            'params = { max_depth = "3" }',
            "min_samples_leaf = [1]",
            r"model\.params\.max_depth: .*Write it without quotes",
        ),
        (
            "sklearn.tree.DecisionTreeClassifier",
            "",
            "max_depth = { linear = [0, 4], integer = true, steps = 5 }",
            r"space\.max_depth: DecisionTreeClassifier does not take max_depth = 0; allowed: an int in the range \[1",
        ),
    ],
)
def test_what_no_fit_would_take_is_told_before_the_first(
    tmp_path: Path, estimator: str, params: str, space: str, said: str
) -> None:
    text = PRESET.format(data="iris", estimator=estimator, params=params, space=space, scoring="accuracy")
    with pytest.raises(PresetError, match=said):
        load_problem(preset_of(text, tmp_path))


def test_estimators_that_differ_in_one_parameter_deep_down_are_two_configurations(tmp_path: Path) -> None:
    many = ", ".join(f'["m{i}", {{ class = "sklearn.svm.SVC", params = {{ C = {i + 1} }} }}]' for i in range(40))
    space = f"[space.estimators]\nchoices = [[{many}], [{many.replace('C = 40', 'C = 41')}]]"
    text = PRESET.format(
        data="iris",
        estimator="sklearn.ensemble.VotingClassifier",
        params='params = { estimators = [["a", { class = "sklearn.svm.SVC" }]] }',
        space=space,
        scoring="accuracy",
    ).replace("[space]\n", "")
    problem = load_problem(preset_of(text, tmp_path))
    points = list(problem.preset.space.grid())
    assert len(points) == 2
    texts = {configuration(problem.estimator, problem.preset.space, point, problem.values) for point in points}
    assert len(texts) == 2
