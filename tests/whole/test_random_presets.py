"""Small presets at random: one search, whatever carries it out, and the winner that GridSearchCV has.

TUNETOP_SOAK_PRESETS says how many (6 else); each is run with 1 and 2 workers, in turn and together.
Seen: 300 of 300, in 14 minutes on two busy cores.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from running import preset_of, run_through, trials_of
from sklearn import model_selection as ms
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

COUNT = int(os.environ.get("TUNETOP_SOAK_PRESETS", "6"))

MODELS: list[tuple[str, Any, dict[str, Any], dict[str, list[Any]], bool]] = [
    ("tree.DecisionTreeClassifier", DecisionTreeClassifier, {"random_state": 0}, {"max_depth": [1, 2, 4, 7]}, True),
    ("tree.DecisionTreeRegressor", DecisionTreeRegressor, {"random_state": 0}, {"max_depth": [1, 2, 4, 7]}, False),
    ("linear_model.LogisticRegression", LogisticRegression, {"max_iter": 500}, {"C": [0.01, 0.1, 1.0, 10.0]}, True),
    ("linear_model.Ridge", Ridge, {}, {"alpha": [0.01, 1.0, 10.0, 100.0]}, False),
    ("neighbors.KNeighborsClassifier", KNeighborsClassifier, {}, {"n_neighbors": [1, 3, 5, 9]}, True),
]


def made(seed: int, folder: Path) -> tuple[str, Any]:
    """Return a preset's text, and the search that a person would write for it, fitted."""
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    path, kind, params, grid, classifies = draw.choice(MODELS)
    rows, folds = draw.randint(40, 120), draw.choice([2, 3, 4])
    X = rng.normal(size=(rows, 3)).round(3)
    y = X[:, 0] + rng.normal(scale=0.6, size=rows)
    classes = draw.choice([["0", "1"], ["1", "2", "3"], ["ham", "spam"]]) if classifies else []
    cuts = np.quantile(y, np.linspace(0, 1, len(classes) + 1)[1:-1]) if classifies else []
    target: Any = np.array(classes)[np.searchsorted(cuts, y)] if classifies else y
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(y=target)
    frame.to_csv(folder / "table.csv", index=False)
    shuffled = ms.StratifiedKFold if classifies else ms.KFold
    scheme, cv = draw.choice(
        [
            ("", None),
            ('cv = "kfold"', ms.KFold(folds)),
            (
                'cv = "shuffled"\nseed = 5',
                shuffled(folds, shuffle=True, random_state=5),
            ),
            ('cv = "sklearn.model_selection.ShuffleSplit"\nseed = 5', ms.ShuffleSplit(folds, random_state=5)),
        ]
    )
    scoring = draw.choice(["accuracy", "f1_macro"] if classifies else ["r2", "neg_mean_absolute_error"])
    scaled = draw.random() < 0.5
    values = "\n".join(f"{name} = {choices}" for name, choices in grid.items())
    written = ", ".join(f"{name} = {value}" for name, value in params.items())
    prepare = 'prepare = ["standard"]' if scaled else ""
    text = f"""
title = "Preset {seed}"
[data]
source = "csv:table.csv"
target = "y"
seed = {seed}
[model]
estimator = "sklearn.{path}"
params = {{ {written} }}
{prepare}
[space]
{values}
[score]
scoring = "{scoring}"
folds = {folds}
{scheme}
[[method]]
kind = "grid"
[[method]]
kind = "random"
trials = 3
seed = {seed}
"""
    goal = np.unique(target, return_inverse=True)[1] if classifies else target
    train, test, train_y, test_y = ms.train_test_split(X, goal, test_size=0.2, random_state=seed)
    model = kind(**params)
    step = type(model).__name__.lower()
    search = ms.GridSearchCV(
        make_pipeline(StandardScaler(), model) if scaled else model,
        {f"{step}__{name}" if scaled else name: choices for name, choices in grid.items()},
        scoring=scoring,
        cv=cv or folds,
    ).fit(train, train_y)
    return text, (search.cv_results_["mean_test_score"], float(search.score(test, test_y)), int(search.best_index_))


@pytest.mark.parametrize("seed", range(COUNT))
def test_the_winner_is_grid_search_cvs_however_a_run_is_carried_out(seed: int, tmp_path: Path) -> None:
    text, (means, test_score, best) = made(seed, tmp_path)
    preset = preset_of(text, tmp_path)
    states = [
        run_through(preset, tmp_path / f"runs-{workers}-{together}", workers=workers, together=together)
        for workers in (1, 2)
        for together in (False, True)
    ]
    for state in states:
        grid = state.methods["grid"]
        found = [grid.trials[number].mean for number in sorted(grid.trials)]
        np.testing.assert_allclose(found, means, rtol=0, atol=1e-12)
        assert grid.result is not None
        assert grid.result.best == best
        assert grid.test_score == pytest.approx(test_score, abs=1e-12)
    kept = [trials_of(state) for state in states]
    assert kept[1:] == kept[:1] * 3
