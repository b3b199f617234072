"""A preset made concrete: its estimator, its data split into training and test rows, its folds and its scorer.

Here scikit-learn is imported and every promise of the preset that only it can keep is checked: the estimator and its
parameters, the data and its target, the scorer, and that each class has enough rows for the folds.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ..errors import PresetError, choose
from ..search.base import ROWS
from ..text import clean
from .checks import check_choices, check_parameters
from .columns import Columns, names_of
from .data import Dataset, Split, split
from .imports import ALLOWED, Imports
from .loading import load_dataset
from .model import build, check_space, name_of, parameters_of
from .prepare import preparation
from .preset import Preset
from .scores import can_be_resampled
from .values import Values

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Card:
    """What the picker shows of a preset's data."""

    rows: int
    features: int
    train_rows: int
    test_rows: int
    task: Task
    classes: dict[str, int]
    """Class -> rows; empty for regression."""
    notes: tuple[str, ...]
    """What to know before one trusts the scores, such as a scaler fitted before the split."""
    columns: Columns = ()
    positive: str = ""
    """Which class of two is known to be the positive one."""


@dataclass(frozen=True)
class Problem:
    """Everything that a run needs to know beside the search space."""

    preset: Preset
    estimator: Any
    task: Task
    split: Split
    folds: list[tuple[np.ndarray, np.ndarray]]
    """For each fold the rows of `split.train` that it is fitted on, and those that it is scored on."""
    columns: Columns
    values: Values
    """How the preset's parameters are read."""
    card: Card


def keeps_predictions(problem: Problem) -> bool:
    """Tell whether trials keep their out-of-fold predictions, for the bias correction of the winner's score."""
    return can_be_resampled(problem.preset.score.scoring, len(problem.split.train_target))


def load_problem(preset: Preset, allowed: tuple[str, ...] = ALLOWED) -> Problem:
    """Return the preset's problem, checked; raise `PresetError` for whatever does not hold."""
    from sklearn.base import is_classifier

    values = Values(Imports(preset.path, preset.code, allowed))
    probe = build(preset.model, (), values)
    check_parameters(probe, preset.space.parameters, values)
    classification = bool(is_classifier(probe))
    dataset = load_dataset(preset, classification)
    values = replace(values, classes=dataset.classes)
    # what is done before the split leaves one array of numbers
    columns = () if preset.model.prepare_before_split else dataset.columns
    estimator = build(preset.model, columns, values)
    check_space(estimator, preset.space, values)
    _check_resources(estimator, preset, name_of(estimator))
    parts = _split(dataset, preset)
    task: Task = "classification" if classification else "regression"
    _check_rows(parts, preset, task, name_of(estimator))
    _check_scorer(estimator, parts, preset, task)
    check_choices(estimator, preset.space, parameters_of, values)
    return Problem(
        preset,
        estimator,
        task,
        parts,
        _folds(parts, preset, classification),
        columns,
        values,
        _card(dataset, parts, preset, task, _missing(dataset, estimator, preset)),
    )


def _check_resources(estimator: Any, preset: Preset, name: str) -> None:
    known = estimator.get_params()
    for index, method in enumerate(preset.methods):
        resource = method.resource
        if resource != ROWS and not set(parameters_of(estimator, {resource: 1})) <= set(known):
            key = f"method[{index}] ({method.kind}).resource"
            raise PresetError(preset.path, key, f"{name} has no parameter {resource!r}", "rows, or a whole-number one")


def _split(dataset: Dataset, preset: Preset) -> Split:
    steps = preset.model.prepare_before_split
    if not steps:
        return split(dataset, preset)
    return split(dataset, preset, preparation(steps, dataset.columns))


def _folds(parts: Split, preset: Preset, classification: bool) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import check_cv

    folds: Any = check_cv(preset.score.folds, parts.train_target, classifier=classification)
    return list(folds.split(np.zeros(len(parts.train_target)), parts.train_target))


def _check_rows(parts: Split, preset: Preset, task: Task, estimator: str) -> None:
    folds, file = preset.score.folds, preset.path
    if folds > len(parts.train_target):
        found = f"found {folds} folds for {len(parts.train_target)} training rows"
        raise PresetError(file, "score.folds", found, f"2 to {len(parts.train_target)}")
    if task == "regression":
        return
    labels, counts = np.unique(parts.train_target, return_counts=True)
    if len(labels) < 2:
        raise PresetError(
            file, "data.target", "the training rows hold one class only", "at least two", f"For {estimator}"
        )
    if counts.min() < folds:
        label = labels[int(counts.argmin())]
        found = f"found {folds} folds, but class {label} has {counts.min()} training rows"
        raise PresetError(file, "score.folds", found, f"2 to {max(counts.min(), 2)}, or more rows of that class")


def _check_scorer(estimator: Any, parts: Split, preset: Preset, task: Task) -> None:
    """Score a dummy on the training rows: what it cannot score, the estimator cannot either."""
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.metrics import get_scorer, get_scorer_names

    name, file, key = preset.score.scoring, preset.path, "score.scoring"
    try:
        scorer = get_scorer(name)
    except ValueError:
        names = get_scorer_names()
        raise PresetError(file, key, f"there is no scorer {name!r}", ", ".join(names), choose(name, names)) from None
    if task == "classification" and scorer._score_func.__module__.endswith("_regression"):
        raise PresetError(file, key, f"{name!r} scores regressors", "a scorer for classifiers, such as accuracy")
    methods = getattr(scorer, "_response_method", "predict")
    methods = (methods,) if isinstance(methods, str) else methods
    if not any(hasattr(estimator, method) for method in methods) and not getattr(estimator, "named_steps", None):
        found = f"{name!r} needs {' or '.join(methods)}, which {type(estimator).__name__} does not have"
        raise PresetError(file, key, found, "a scorer of predictions, such as accuracy")
    dummy: Any = DummyClassifier() if task == "classification" else DummyRegressor()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            scorer(dummy.fit(parts.train, parts.train_target), parts.train, parts.train_target)
    except (ValueError, TypeError) as error:
        raise PresetError(file, key, f"{name!r} does not fit this data: {error}", f"a scorer for {task}") from None


def _missing(dataset: Dataset, estimator: Any, preset: Preset) -> list[str]:
    """Return a note on values that are missing where the estimator takes none and no step fills them in."""
    from sklearn.utils import get_tags

    counts = _missing_values(dataset)
    steps = (*preset.model.prepare, *preset.model.prepare_before_split)
    model = getattr(estimator, "named_steps", {}).get("model", estimator)
    if not counts or "impute" in steps or not hasattr(model, "__sklearn_tags__"):
        return []
    if get_tags(model).input_tags.allow_nan:
        return []
    columns = [f"{clean(name, 80)} ({count})" for name, count in counts.items()]
    shown = ", ".join(columns[:5]) + (f" and {len(columns) - 5} more columns" if len(columns) > 5 else "")
    return [
        f"values are missing in {shown}, and {type(model).__name__} may refuse them: "
        'prepare = ["impute"] fills them in, inside each fold'
    ]


def _missing_values(dataset: Dataset) -> dict[str, int]:
    """Return how many values are missing, by column; a missing category is one more category."""
    names = [column.name for column in dataset.columns]
    if isinstance(dataset.features, np.ndarray):
        counts = zip(names, np.isnan(dataset.features).sum(axis=0).tolist(), strict=True)
    else:
        frame = dataset.features[names_of(dataset.columns, "number", "date")]
        counts = frame.isna().sum().items()
    return {str(name): int(count) for name, count in counts if count}


def _card(dataset: Dataset, parts: Split, preset: Preset, task: Task, more_notes: list[str]) -> Card:
    notes = [
        f"'{step}' is fitted before the split: test rows leak in and flatter scores"
        for step in preset.model.prepare_before_split
    ]
    classes: dict[str, int] = {}
    if task == "classification":
        for label, count in zip(*np.unique(dataset.target, return_counts=True), strict=True):
            named = dataset.classes[int(label)] if dataset.classes else str(label)
            classes[named] = classes.get(named, 0) + int(count)
    return Card(
        rows=len(dataset.target),
        features=len(dataset.columns),
        train_rows=len(parts.train_target),
        test_rows=len(parts.test_target),
        task=task,
        classes=classes,
        notes=(*notes, *dataset.notes, *more_notes),
        columns=dataset.columns,
        positive=dataset.positive,
    )
