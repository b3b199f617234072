"""Successive halving is scikit-learn's own: the same candidates get the same resources and the same scores."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import preset_of, run_through
from scipy.stats import loguniform, randint
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - makes the two importable
from sklearn.model_selection import HalvingGridSearchCV, HalvingRandomSearchCV
from tunetop.engine.errors import PresetError, UsageError
from tunetop.engine.preset import parse
from tunetop.engine.problem import load_problem
from tunetop.engine.search.base import WAIT, Partial
from tunetop.engine.search.halving import Halving, Resources
from tunetop.engine.space import Choice, Dimension, Space
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


@pytest.mark.parametrize(
    ("resources", "candidates", "expected"),
    [
        # counts and resources of HalvingGridSearchCV / HalvingRandomSearchCV for the same arguments
        (Resources(rows=1000, folds=5, classes=2), None, [(20, 111), (7, 333), (3, 999)]),
        (Resources(rows=100, folds=5, classes=2), None, [(20, 20), (7, 60)]),
        (Resources(rows=100, folds=5, classes=2, aggressive=True), None, [(20, 20), (7, 20), (3, 60)]),
        (Resources(rows=1000, folds=5, classes=0, factor=4), None, [(20, 62), (5, 248), (2, 992)][:3]),
        (Resources(rows=100, folds=5, classes=2), 0, [(5, 20), (2, 60)]),
        (Resources("max_iter", least=5, most=50, factor=3), 12, [(12, 5), (4, 15), (2, 45)]),
    ],
)
def test_the_number_of_candidates_falls_as_resources_grow(
    resources: Resources, candidates: int | None, expected: list[tuple[int, int]]
) -> None:
    search = Halving(SPACE, candidates, 0, resources)
    counted: Counter[int] = Counter()
    order: list[tuple[int, int]] = []
    number, told = 0, []
    while (asked := search.ask()) is not None:
        if asked is WAIT:
            order.append((counted.total(), told[-1][1].resource))
            counted.clear()
            for index, partial in told:
                search.tell(index, partial.point, float(np.sin(partial.point["a"])))
            told.clear()
            continue
        assert isinstance(asked, Partial)
        counted[asked.resource] += 1
        told.append((number, asked))
        number += 1
    order.append((counted.total(), told[-1][1].resource))
    assert all(partial.final for _, partial in told)
    assert order == expected


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
