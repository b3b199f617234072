"""Successive halving is scikit-learn's own: the same candidates get the same resources and the same scores."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import preset_of, run_through
from scipy.stats import loguniform, randint
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the two importable
from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV
from tunetop.engine.errors import PresetError, UsageError
from tunetop.engine.preset.preset import parse
from tunetop.engine.problem.problem import load_problem
from tunetop.engine.search.base import WAIT, Partial
from tunetop.engine.search.halving import Halving, Resources
from tunetop.engine.space.space import Choice, Dimension, Space
from tunetop.engine.state import RunState

TREE = """
title = "Halving"
[data]
source = "sklearn:digits"
test_size = 0.3
seed = 1
[model]
estimator = "sklearn.tree.DecisionTreeClassifier"
params = { random_state = 0 }
[space]
max_depth = { linear = [2, 12], integer = true, grid = [2, 5, 9] }
min_impurity_decrease = { log = [1e-4, 1e-1], grid = [1e-4, 1e-3, 1e-2] }
[score]
scoring = "accuracy"
folds = 3
[[method]]
kind = "halving"
"""


def by_iteration(state: RunState) -> list[tuple[int, list[float]]]:
    """Return each iteration's resources and its candidates' means, in ascending order."""
    found: dict[int, list[float]] = {}
    for trial in state.methods["halving"].trials.values():
        found.setdefault(trial.resource, []).append(trial.mean or math.nan)
    return [(resource, sorted(means)) for resource, means in found.items()]


def their_iterations(search: Any) -> list[tuple[int, list[float]]]:
    results = search.cv_results_
    return [
        (resource, sorted(results["mean_test_score"][results["iter"] == i]))
        for i, resource in enumerate(search.n_resources_)
    ]


def test_rows_are_halved_as_halving_grid_search_does(tmp_path: Path) -> None:
    preset = preset_of(TREE + "seed = 7\n", tmp_path)
    state = run_through(preset, tmp_path / "runs", workers=2)
    problem = load_problem(preset)
    search = HalvingGridSearchCV(
        clone(problem.estimator),
        {"max_depth": [2, 5, 9], "min_impurity_decrease": [1e-4, 1e-3, 1e-2]},
        cv=3,
        scoring="accuracy",
        random_state=7,
        refit=False,
    ).fit(problem.split.train, problem.split.train_target)
    ours, theirs = by_iteration(state), their_iterations(search)
    assert [resource for resource, _ in ours] == [139, 417, 1251] == [resource for resource, _ in theirs]
    for (_, mine), (_, yours) in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(yours, abs=1e-12)
    best = state.methods["halving"].best
    assert best is not None
    assert best.resource == 1251
    assert best.params == search.best_params_
    assert state.methods["halving"].test_score is not None


def test_iterations_of_the_estimator_are_halved_as_halving_random_search_does(tmp_path: Path) -> None:
    text = TREE.replace("tree.DecisionTreeClassifier", "ensemble.ExtraTreesClassifier")
    options = 'candidates = 8\nresource = "n_estimators"\nmax_resources = 12\nmin_resources = 2\nfactor = 2\nseed = 3\n'
    preset = preset_of(text + options, tmp_path)
    state = run_through(preset, tmp_path / "runs", workers=2)
    problem = load_problem(preset)
    search = HalvingRandomSearchCV(
        clone(problem.estimator),
        {"max_depth": randint(2, 13), "min_impurity_decrease": loguniform(1e-4, 1e-1)},
        n_candidates=8,
        resource="n_estimators",
        max_resources=12,
        min_resources=2,
        factor=2,
        cv=3,
        scoring="accuracy",
        random_state=3,
        refit=False,
    ).fit(problem.split.train, problem.split.train_target)
    ours, theirs = by_iteration(state), their_iterations(search)
    assert [(resource, len(means)) for resource, means in ours] == [(2, 8), (4, 4), (8, 2)]
    assert [resource for resource, _ in theirs] == [2, 4, 8]
    for (_, mine), (_, yours) in zip(ours, theirs, strict=True):
        assert mine == pytest.approx(yours, abs=1e-12)


SPACE = Space((Dimension("a", "choice", choices=tuple(Choice.of("a", i) for i in range(20))),))


class Wave(ClassifierMixin, BaseEstimator):
    """Scores the sine of its parameter, whatever the rows."""

    def __init__(self, a: int = 0, max_iter: int = 1) -> None:
        self.a, self.max_iter = a, max_iter

    def fit(self, X: Any, y: Any) -> Wave:
        self.classes_ = np.unique(y)
        return self

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        return math.sin(self.a)


def stages(search: Halving) -> list[tuple[int, int]]:
    """Run a search to its end; return each iteration's number of candidates and their resources."""
    order: list[tuple[int, int]] = []
    number, asked_for = 0, list[Partial]()
    while (asked := search.ask()) is not None:
        if asked is WAIT:
            order.append((len(asked_for), asked_for[-1].resource))
            for partial in asked_for:
                search.tell(number, partial.point, float(np.sin(partial.point["a"])))
                number += 1
            asked_for.clear()
        else:
            assert isinstance(asked, Partial)
            asked_for.append(asked)
    assert all(partial.final for partial in asked_for)
    return [*order, (len(asked_for), asked_for[-1].resource)]


@pytest.mark.parametrize(
    ("rows", "classes", "candidates", "ours", "theirs"),
    [
        (1000, 2, None, {}, {}),
        (100, 2, None, {}, {}),
        (100, 2, None, {"aggressive": True}, {"aggressive_elimination": True}),
        (1000, 3, None, {"factor": 4}, {"factor": 4}),
        (1000, 2, None, {"least": 30, "most": 500}, {"min_resources": 30, "max_resources": 500}),
        (100, 2, 0, {}, {}),
        (300, 2, 0, {"factor": 2, "most": 200}, {"factor": 2, "max_resources": 200}),
        (300, 2, 7, {"least": 40}, {"min_resources": 40, "n_candidates": 7}),
        (
            100,
            2,
            12,
            {"kind": "max_iter", "least": 5, "most": 50},
            {"resource": "max_iter", "min_resources": 5, "max_resources": 50, "n_candidates": 12},
        ),
    ],
)
def test_the_number_of_candidates_falls_as_resources_grow(
    rows: int, classes: int, candidates: int | None, ours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    targets = np.arange(rows) % classes
    kind, space = (HalvingGridSearchCV, "param_grid") if candidates is None else (HalvingRandomSearchCV, None)
    values = {space or "param_distributions": {"a": list(range(20))}}
    search = kind(Wave(), **values, cv=5, refit=False, random_state=0, **theirs).fit(np.zeros((rows, 1)), targets)
    mine = Halving(SPACE, candidates, 0, Resources(rows=rows, folds=5, classes=classes, **ours))
    assert stages(mine) == list(zip(search.n_candidates_, search.n_resources_, strict=True))


def test_a_failed_candidate_is_never_promoted_before_one_that_succeeded() -> None:
    search = Halving(SPACE, 9, 0, Resources("n", least=1, most=9))
    first = [search.ask() for _ in range(9)]
    for number, asked in enumerate(first):
        assert isinstance(asked, Partial)
        search.tell(number, asked.point, math.nan if number % 2 == 0 else float(number))
    following = [search.ask() for _ in range(3)]
    assert [asked.point for asked in following if isinstance(asked, Partial)] == [
        first[number].point  # pyright: ignore
        for number in (3, 5, 7)
    ]


def test_too_few_rows_and_wrong_options_are_told() -> None:
    with pytest.raises(UsageError, match="min_resources 40 is greater than max_resources 30"):
        Halving(SPACE, None, 0, Resources(rows=30, folds=10, classes=2))
    with pytest.raises(PresetError, match=r"candidates: found 'all'; allowed: \"grid\""):
        parse(TREE + 'candidates = "all"\n', "x.toml")
    with pytest.raises(PresetError, match=r"factor: found 1; allowed: a whole number from 2"):
        parse(TREE + "factor = 1\n", "x.toml")
