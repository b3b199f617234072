"""Small presets at random: one search, whatever carries it out, and the winner that a plain loop by scikit-learn has.

TUNETOP_SOAK_PRESETS says how many (6 else), drawn anew each time; each is run with 1 and 2 workers, in turn and
together. Folds, scores and winners of the grid and of two methods beside it are held against scikit-learn's, whatever
there is of weights, groups, times, goals, stop rules, open trials, races and points to begin with.
Seen: 300 presets drawn anew, in 38 minutes on two busy cores: all winners right, all four runs alike but for what two
failed trials say, which failed in two folds at once.
"""

from __future__ import annotations

import math
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from running import in_order, preset_of, run_through, trials_of
from sklearn import model_selection as ms
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import get_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from threadpoolctl import threadpool_limits
from tunetop.engine.state import MethodState

SOAK = int(os.environ.get("TUNETOP_SOAK_PRESETS", "0"))
FIRST = random.SystemRandom().randrange(2**31) if SOAK else 0
DEPTHS = [1, 2, 4, 7]
TREE = 'estimator = { class = "sklearn.tree.DecisionTreeClassifier", params = { random_state = 0 } }'

MODELS: list[tuple[str, Any, str, str, list[Any], bool]] = [
    (
        "tree.DecisionTreeClassifier",
        DecisionTreeClassifier(random_state=0),
        "random_state = 0",
        "max_depth",
        DEPTHS,
        True,
    ),
    (
        "tree.DecisionTreeRegressor",
        DecisionTreeRegressor(random_state=0),
        "random_state = 0",
        "max_depth",
        DEPTHS,
        False,
    ),
    (
        "linear_model.LogisticRegression",
        LogisticRegression(max_iter=500),
        "max_iter = 500",
        "C",
        [0.01, 0.1, 1, 10],
        True,
    ),
    ("linear_model.Ridge", Ridge(), "", "alpha", [0.01, 1.0, 10.0, 100.0], False),
    ("neighbors.KNeighborsClassifier", KNeighborsClassifier(), "", "n_neighbors", [1, 3, 5, 9], True),
    (
        "ensemble.BaggingClassifier",
        BaggingClassifier(DecisionTreeClassifier(random_state=0), n_estimators=3, random_state=0),
        f"n_estimators = 3, random_state = 0, {TREE}",
        "estimator__max_depth",
        DEPTHS,
        True,
    ),
]
METHODS = [
    ("bayes", "trials = 4"),
    ("bayes", "trials = 4\nopen = 3"),
    ("optuna", "trials = 4"),
    ("optuna", 'trials = 4\nsampler = "qmc"'),
    ("random", "trials = 4"),
    ("random", "trials = 4\nrace = true"),
    ("halving", "candidates = 4"),
]
"""Those that stand beside the grid; the last two go by one score alone."""


@dataclass
class Drawn:
    """A preset's text, and what a person would need to search it by hand."""

    text: str
    model: Any
    name: str
    values: list[Any]
    X: np.ndarray
    y: np.ndarray
    rows: tuple[np.ndarray, np.ndarray]
    folds: list[tuple[np.ndarray, np.ndarray]]
    """Places among the training rows."""
    scoring: str
    weight: np.ndarray | None = None
    also: list[str] = field(default_factory=list)
    bound: float | None = None
    simple: bool = False
    weighs: bool = False


def drawn(seed: int, folder: Path) -> Drawn:
    """Draw a preset and write its table."""
    draw, rng = random.Random(seed), np.random.default_rng(seed)
    path, model, params, name, values, classifies = draw.choice(MODELS)
    count, k = draw.randint(48, 120), draw.choice([2, 3, 4])
    X = rng.normal(size=(count, 3)).round(3)
    y = X[:, 0] + rng.normal(scale=0.6, size=count)
    classes = draw.choice([["0", "1"], ["1", "2", "3"], ["ham", "spam"]]) if classifies else []
    cuts = np.quantile(y, np.linspace(0, 1, len(classes) + 1)[1:-1]) if classifies else []
    target: Any = np.array(classes)[np.searchsorted(cuts, y)] if classifies else y
    goal = np.unique(target, return_inverse=True)[1] if classifies else target
    groups, weight, when = rng.integers(0, 12, count), rng.integers(1, 5, count).astype(float), rng.permutation(count)
    role = draw.choice(["", "", "weight", "weighs", "groups", "time"])
    if "KNeighbors" in path and role in ("weight", "weighs"):
        role = ""
    k = 2 if role == "time" else k  # else a first fold is of so few rows that they may be of one class
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(y=target)
    column = {"weight": weight, "weighs": weight, "groups": groups, "time": when}.get(role)
    (frame if column is None else frame.assign(w=column)).to_csv(folder / "table.csv", index=False)
    scheme, rows, folds = _parted(draw, role, goal, groups, when, seed, k, classifies=classifies)
    scaled = draw.random() < 0.5
    scoring = draw.choice(["accuracy", "f1_macro"] if classifies else ["r2", "neg_mean_absolute_error"])
    errors = ["neg_median_absolute_error", *(["neg_max_error"] if role != "weighs" else [])]
    other = draw.choice(["balanced_accuracy", "recall_macro"] if classifies else errors)
    also = [other] if draw.random() < 0.5 else []
    rule = draw.choice(["", "simple", "bound", "objectives"])
    bound = None
    if rule == "bound" and also:
        bound = round(draw.uniform(0.3, 0.8), 2) if classifies else -round(draw.uniform(0.3, 2.0), 2)
        scheme += f'\nconstraints = ["{also[0]} >= {bound}"]'
    elif rule == "objectives" and also:
        scheme += f'\nobjectives = ["{scoring}", "{also[0]}"]'
    elif rule == "simple":
        scheme += f'\nchoose = "simplest within 1 SE"\nsimple = {{ {name} = "low" }}'
    goals = rule in ("bound", "objectives") and bool(also)
    stop = draw.choice(["", "", "[stop]\nno_improvement = 2", "[stop]\nscore = 0.8", "[stop]\ntotal_seconds = 3600"])
    start = f"[start]\npoints = [{{ {name} = {values[2]} }}]" if draw.random() < 0.3 else ""
    step = type(model).__name__.lower()
    text = f"""
title = "Preset {seed}"
[data]
source = "csv:table.csv"
target = "y"
seed = {seed % 1000}
[model]
estimator = "sklearn.{path}"
params = {{ {params} }}
{'prepare = ["standard"]' if scaled else ""}
[space]
{name} = {values}
[score]
scoring = "{scoring}"
also = {also}
folds = {k}
{scheme}
{stop}
{start}
{_methods(draw, seed % 1000, goals=goals)}
"""
    by_hand = make_pipeline(StandardScaler(), model) if scaled else model
    named = f"{step}__{name}" if scaled else name
    weights = weight if role in ("weight", "weighs") else None
    one = Drawn(text, by_hand, named, values, X, goal, rows, folds, scoring, weights, also, bound, rule == "simple")
    one.weighs = role == "weighs"
    return one


def _parted(
    draw: random.Random,
    role: str,
    goal: np.ndarray,
    groups: np.ndarray,
    when: np.ndarray,
    seed: int,
    k: int,
    *,
    classifies: bool,
) -> tuple[str, tuple[np.ndarray, np.ndarray], list[tuple[np.ndarray, np.ndarray]]]:
    """Return what `[score]` says of folds, the training and test rows, and the folds."""
    places = np.arange(len(goal))
    if role == "groups":
        train, test = next(
            ms.GroupShuffleSplit(n_splits=1, test_size=0.2, random_state=seed % 1000).split(places, None, groups)
        )
        return 'groups = "w"', (train, test), list(ms.GroupKFold(k).split(train, goal[train], groups[train]))
    if role == "time":
        order = np.argsort(when, kind="stable")
        cut = len(order) - math.ceil(0.2 * len(order))
        return 'time = "w"', (order[:cut], order[cut:]), list(ms.TimeSeriesSplit(k).split(order[:cut]))
    train, test = ms.train_test_split(places, test_size=0.2, random_state=seed % 1000)
    shuffled = ms.StratifiedKFold if classifies else ms.KFold
    repeated = ms.RepeatedStratifiedKFold if classifies else ms.RepeatedKFold
    said, cv = draw.choice(
        [
            ("", ms.StratifiedKFold(k) if classifies else ms.KFold(k)),
            ('cv = "kfold"', ms.KFold(k)),
            ('cv = "shuffled"\nseed = 5', shuffled(k, shuffle=True, random_state=5)),
            ('cv = "repeated"\nrepeats = 2\nseed = 5', repeated(n_splits=k, n_repeats=2, random_state=5)),
            ('cv = "sklearn.model_selection.ShuffleSplit"\nseed = 5', ms.ShuffleSplit(k, random_state=5)),
        ]
    )
    weigh = {"weight": '\nweight = "w"', "weighs": '\nweight = "w"\nweigh_scores = true'}.get(role, "")
    return said + weigh, (train, test), list(cv.split(train, goal[train]))


def _methods(draw: random.Random, seed: int, *, goals: bool) -> str:
    """Return the methods: the grid, and two others."""
    text = '[[method]]\nkind = "grid"\n'
    for place, (kind, more) in enumerate(draw.sample(METHODS[:-2] if goals else METHODS, 2)):
        text += f'[[method]]\nkind = "{kind}"\nname = "m{place}"\n{more}\nseed = {seed}\n'
    return text


def searched(one: Drawn) -> tuple[np.ndarray, list[float], list[float]]:
    """Return each value's fold scores, further scores, and test score, by a plain loop."""
    train, test = one.rows
    metrics = [get_scorer(name) for name in (one.scoring, *one.also)]
    scores, others, tests = [], [], []

    def fitted(value: Any, rows: np.ndarray) -> Any:
        model, more = clone(one.model).set_params(**{one.name: value}), {}
        if one.weight is not None:
            step = f"{model.steps[-1][0]}__sample_weight" if hasattr(model, "steps") else "sample_weight"
            more = {step: one.weight[rows]}
        return model.fit(one.X[rows], one.y[rows], **more)

    def score(metric: Any, model: Any, rows: np.ndarray) -> float:
        more = {"sample_weight": one.weight[rows]} if one.weighs and one.weight is not None else {}
        return float(metric(model, one.X[rows], one.y[rows], **more))

    for value in one.values:
        models = [fitted(value, train[rows]) for rows, _ in one.folds]
        by_metric = [
            [score(metric, model, train[held]) for model, (_, held) in zip(models, one.folds, strict=True)]
            for metric in metrics
        ]
        scores.append(by_metric[0])
        others.append(float(np.mean(by_metric[-1])))
        tests.append(score(metrics[0], fitted(value, train), test))
    return np.array(scores), others, tests


def winner(scores: list[list[float]], keeps: list[bool], values: list[Any], *, simple: bool) -> int | None:
    """Return the place of the winner: the best mean, the first of equal ones, or the simplest within one error."""
    means = [float(np.mean(folds)) if kept else -math.inf for folds, kept in zip(scores, keeps, strict=True)]
    best = int(np.argmax(means)) if any(keeps) else None
    if best is None or not simple:
        return best
    least = means[best] - float(np.std(scores[best], ddof=1)) / math.sqrt(len(scores[best]))
    near = [place for place, mean in enumerate(means) if mean >= least]
    return min(near, key=lambda place: (values[place], -means[place], place))


@pytest.mark.parametrize("seed", range(FIRST, FIRST + (SOAK or 6)))
def test_the_winner_is_a_plain_loops_however_a_run_is_carried_out(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tunetop.engine.scoring.scores.SLOW_DRAWS", 8)  # intervals are no part of this
    one = drawn(seed, tmp_path)
    with threadpool_limits(1), np.errstate(all="ignore"):
        scores, others, tests = searched(one)
    keeps = [one.bound is None or other >= one.bound for other in others]
    preset = preset_of(one.text, tmp_path)
    states = [
        run_through(preset, tmp_path / f"runs-{workers}-{together}", workers=workers, together=together)
        for workers in (1, 2)
        for together in (False, True)
    ]
    for state in states:
        for method in list(state.methods.values())[1:]:
            check(method, one, scores, tests, keeps)
    for trial in (trial for state in states for trial in state.trials):
        # where several folds fail, the first to do so is told, as quick as each worker is: what they say may differ
        trial.error = trial.error.partition(":")[0]
    kept = [trials_of(state) for state in states]
    assert kept[1:] == kept[:1] * 3


def check(method: MethodState, one: Drawn, scores: np.ndarray, tests: list[float], keeps: list[bool]) -> None:
    """Hold a method's trials and its winner against the plain loop's."""
    if method.plan.kind == "halving":
        return  # of parts of the rows; see `engine/search/test_halving.py`
    done = [trial for trial in in_order(method) if trial.phase == "done"]
    places = [one.values.index(*trial.params.values()) for trial in done]
    np.testing.assert_allclose([trial.known_scores for trial in done], scores[places], rtol=0, atol=1e-12)
    if method.plan.kind == "grid" and not (method.result and method.result.reason):
        assert places == list(range(len(one.values)))
    own = winner(
        [trial.known_scores for trial in done],
        [keeps[p] for p in places],
        [one.values[p] for p in places],
        simple=one.simple,
    )
    assert method.result is not None
    assert method.result.best == (None if own is None else done[own].number)
    if own is not None:
        assert method.test_score == pytest.approx(tests[places[own]], abs=1e-12)
