"""A preset made concrete: its estimator, its data split into training and test rows, its folds and its scorer.

Here scikit-learn is imported and every promise of the preset that only it can keep is checked: the estimator and its
parameters, the data and its target, the scorer, and that each class has enough rows for the folds.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ..data.codes import counted
from ..data.dataset import Dataset, Split, split
from ..data.folds import Folds, folds_of
from ..data.loading import load_dataset
from ..data.readings import Reading
from ..data.rows import Numbers, all_finite
from ..errors import PresetError
from ..model.chains import assumptions, plan
from ..model.estimators import build, check_space, name_of, parameters_of
from ..model.prepare import input_tags, left_to, preparation
from ..model.values import Values
from ..preset.by_name import takes_table
from ..preset.choosing import check_folds
from ..preset.columns import Columns, names_of
from ..preset.imports import ALLOWED, Imports
from ..preset.preset import Preset
from ..preset.steps import WORDS, name_of_step, names_of_steps
from ..scoring.checks import check_metric, check_responses, check_weights, keeps, keys_of, notes_on_folds
from ..scoring.detectors import check_detector, detects
from ..scoring.metrics import Metric, metrics_of
from ..scoring.positive import check_positive
from ..scoring.reach import check_goals
from ..search.base import ROWS
from ..text import clean
from .checks import check_choices, check_parameters, notes_on_chance
from .feature_checks import check_values

BOOSTERS = ("xgboost", "lightgbm", "catboost")
"""Libraries whose fits can end by rows that they are not fitted on."""

Task = Literal["classification", "regression", "unlabelled"]


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
    leaks: tuple[str, ...] = ()
    """Features that tell the target by themselves."""


@dataclass(frozen=True)
class Problem:
    """Everything that a run needs to know beside the search space."""

    preset: Preset
    estimator: Any
    task: Task
    split: Split
    folds: Folds
    """For each fold the rows of `split.train` that it is fitted on, and those that it is scored on."""
    metrics: tuple[Metric, ...]
    """The one that leads, and those that are recorded beside it."""
    weights: tuple[np.ndarray | None, np.ndarray | None]
    """How much each training row and each test row counts; None: all alike."""
    columns: Columns
    labelled: bool
    """Whether what is predicted can be held against a target; else rows are scored by themselves."""
    values: Values
    """How the preset's parameters are read."""
    card: Card
    readings: tuple[Reading, ...] = ()
    """How each feature's column was read."""
    labels: tuple[str, ...] = ()
    """The classes as the data has them, by code."""

    @property
    def comparable(self) -> bool:
        """Whether there is one target, which predictions can be held against row by row."""
        return self.labelled and self.split.train_target.ndim == 1

    @property
    def of_classes(self) -> bool:
        """Whether targets are read as classes, as those that clusters are held against are too."""
        return self.task == "classification" or bool(self.values.classes)

    @property
    def fold_ratio(self) -> float:
        """Rows that a fold is scored on for each that it is fitted on, on average."""
        return float(np.mean([len(scored) / len(fitted) for fitted, scored in self.folds]))


def keeps_predictions(problem: Problem) -> bool:
    """Tell whether trials keep their out-of-fold predictions, for the bias correction of the winner's score."""
    return keeps(problem.preset.score, problem.metrics[0], problem.folds, problem.split.train_target)


def load_problem(preset: Preset, allowed: tuple[str, ...] = ALLOWED) -> Problem:
    """Return the preset's problem, checked; raise `PresetError` for whatever does not hold."""
    from sklearn.base import is_classifier, is_clusterer, is_regressor

    values = Values(Imports(preset.path, preset.code, allowed))
    probe = build(preset.model, (), values)
    check_parameters(probe, preset.space.parameters, values)
    metrics = metrics_of(preset.score, values)
    detector = detects(probe, metrics[0])
    classification = bool(is_classifier(probe)) or detector
    check_goals(preset.goals, metrics, preset.path)
    labelled = metrics[0].labelled or classification or is_regressor(probe)
    dataset = load_dataset(preset, classification or is_clusterer(probe), values.imports, labelled=labelled)
    _check_fit(probe, dataset, preset)
    detected = [check_detector(probe, dataset, preset)] if detector else []
    values = replace(values, classes=dataset.classes, moved=dataset.moved)
    metrics = metrics_of(preset.score, values)
    # what is done before the split leaves one array of numbers
    columns = () if preset.model.prepare_before_split or dataset.as_is else dataset.columns
    estimator = build(preset.model, columns, values)
    check_space(estimator, preset.space, values)
    model = getattr(estimator, "named_steps", {}).get("model", estimator)
    prepared = plan(preset.model.prepare, columns, left_to(model))
    _check_resources(estimator, preset, name_of(estimator))
    parts = _split(dataset, preset, values)
    task: Task = "classification" if classification else "regression" if labelled else "unlabelled"
    _check_rows(parts, preset, dataset.classes, name_of(estimator), labelled=labelled)
    _check_early_stopping(estimator, preset)
    check_positive(dataset, metrics, preset)
    check_values(dataset, parts, estimator, prepared.categories, preset)
    roles = dataset.roles.of(parts.train_rows)
    folds = folds_of(parts.train_target, roles, preset, values, classification)
    check_folds(preset.rule, len(folds), preset.path)
    check_weights(dataset.roles.weight, parts, folds, preset)
    for one, key in zip(metrics, keys_of(preset.score), strict=True):
        check_metric(one, key, parts, folds, preset, classification or bool(dataset.classes))
    notes = [
        *detected,
        *assumptions(prepared, model),
        *_missing(dataset, parts, estimator, preset),
        *check_responses(metrics, estimator, preset, values),
        *notes_on_folds(parts, folds, roles, preset, values),
        *notes_on_chance(estimator, preset, len(parts.train_target)),
    ]
    check_choices(estimator, preset.space, parameters_of, values)
    return Problem(
        preset,
        estimator,
        task,
        parts,
        folds,
        metrics,
        (roles.weight, None if dataset.roles.weight is None else dataset.roles.weight[parts.test_rows]),
        columns,
        labelled,
        values,
        _card(dataset, parts, preset, task, notes),
        dataset.readings,
        dataset.labels,
    )


def _check_resources(estimator: Any, preset: Preset, name: str) -> None:
    known = estimator.get_params()
    for index, method in enumerate(preset.methods):
        resource = method.resource
        if resource != ROWS and not set(parameters_of(estimator, {resource: 1})) <= set(known):
            key = f"method[{index}] ({method.kind}).resource"
            raise PresetError(preset.path, key, f"{name} has no parameter {resource!r}", "rows, or a whole-number one")


def _check_fit(estimator: Any, dataset: Dataset, preset: Preset) -> None:
    """Raise `PresetError` for targets and weights that the estimator's fit cannot take as they are meant."""
    _check_targets(estimator, dataset, preset)
    model = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    name = name_of(estimator)
    if type(model).__module__.startswith("sklearn.semi_supervised.") and "-1" in dataset.labels:
        found = f"holds -1, which {name} takes for no label: such rows cannot be scored, and here it would be a class"
        allowed = 'labels in all rows; missing = ["-1"] and missing_target = "drop" leave the others out'
        raise PresetError(preset.path, "data.target", found, allowed)
    parameters = inspect.signature(model.fit).parameters.values() if hasattr(model, "fit") else ()
    takes = any(one.name == "sample_weight" or one.kind == one.VAR_KEYWORD for one in parameters)
    if preset.score.weight is not None and not takes:
        allowed = "an estimator whose fit takes sample_weight, or no weight"
        raise PresetError(preset.path, "score.weight", f"{name} takes no weights", allowed)


def _check_targets(estimator: Any, dataset: Dataset, preset: Preset) -> None:
    """Raise `PresetError` for several targets where scikit-learn says that the estimator takes one."""
    from sklearn.utils import get_tags

    several = dataset.target.ndim == 2
    if several and hasattr(estimator, "__sklearn_tags__") and not _takes_several(get_tags(estimator)):
        found = f"{dataset.target.shape[1]} columns, and {name_of(estimator)} predicts one"
        wrapped = "sklearn.multioutput.MultiOutputRegressor"
        raise PresetError(preset.path, "data.target", found, "one column", f"{wrapped} has an estimator for each")


def _takes_several(tags: Any) -> bool:
    of_classes = tags.classifier_tags is not None and tags.classifier_tags.multi_label
    return tags.target_tags.multi_output or of_classes or tags.estimator_type is None


def _check_early_stopping(estimator: Any, preset: Preset) -> None:
    model = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if preset.model.early_stopping is not None and type(model).__module__.partition(".")[0] not in BOOSTERS:
        found = f"{name_of(estimator)} has none by rows kept back"
        raise PresetError(preset.path, "model.early_stopping", found, f"an estimator of {', '.join(BOOSTERS)}")
    rounds = preset.model.params.get("early_stopping_rounds")
    refuses = type(model).__module__.partition(".")[0] in ("xgboost", "lightgbm")
    if rounds is not None and preset.model.early_stopping is None and refuses:
        allowed = f"early_stopping = {{ rounds = {rounds}, share = 0.1 }} in [model] instead"
        found = "ends rounds by rows that a fit is not given"
        raise PresetError(preset.path, "model.params.early_stopping_rounds", found, allowed)


def _split(dataset: Dataset, preset: Preset, values: Values) -> Split:
    steps = preset.model.prepare_before_split
    if not steps:
        return split(dataset, preset)
    return split(dataset, preset, preparation(steps, dataset.columns, values))


def _check_rows(
    parts: Split, preset: Preset, classes: tuple[str, ...], estimator: str, *, labelled: bool = True
) -> None:
    folds, file = preset.score.folds, preset.path
    if preset.score.scheme in ("", "stratified", "kfold", "shuffled", "repeated") and folds > len(parts.train_target):
        rows = len(parts.train_target)
        found = f"found {folds} folds for {rows} training {'rows' if rows != 1 else 'row'}"
        raise PresetError(file, "score.folds", found, f"2 to {rows}" if rows > 1 else "a table with more rows")
    if not classes:
        if parts.train_target.ndim == 1 and labelled and not (parts.train_target != parts.train_target[0]).any():
            raise PresetError(file, "data.target", "the training rows hold one value only", "at least two")
        return
    codes, counts = counted(parts.train_target)
    if len(codes) > 1 and counts.max() < folds and preset.score.scheme in ("", "stratified", "shuffled", "repeated"):
        if counts.max() == 1:
            found = f"each of {len(codes)} training rows has a class of its own"
            raise PresetError(file, "data.target", found, "classes that rows share, or a regressor, for numbers")
        label = classes[int(codes[counts.argmin()])]
        found = f"found {folds} folds, but class {label!r} has {counts.min()} training rows"
        raise PresetError(file, "score.folds", found, f"2 to {counts.max()}, or more rows of each class")
    if len(codes) < 2:
        raise PresetError(
            file, "data.target", "the training rows hold one class only", "at least two", f"For {estimator}"
        )


def _missing(dataset: Dataset, parts: Split, estimator: Any, preset: Preset) -> list[str]:
    """Return a note on values that are missing where the estimator takes none and no step fills them in."""
    counts = _missing_values(dataset, parts)
    model = getattr(estimator, "named_steps", {}).get("model", estimator)
    tags = input_tags(model)
    if not counts or "impute" in _words(preset) or takes_table(preset.model.params) or tags is None or tags.allow_nan:
        return []
    columns = [f"{clean(name, 80)} ({count})" for name, count in counts.items()]
    shown = ", ".join(columns[:5]) + (f" and {len(columns) - 5} more columns" if len(columns) > 5 else "")
    name = type(model).__name__
    if any(name_of_step(step).endswith("Imputer") for step in _words(preset)):
        return []
    known = type(model).__module__.startswith("sklearn.") and all(step in WORDS for step in _words(preset))
    if known and "table" not in _words(preset):
        found = f"values are missing in {shown}, and {name} takes none"
        raise PresetError(preset.path, "model.prepare", found, 'prepare = ["impute", …], which fills them in')
    return [f'values are missing in {shown}, and {name} may refuse them: prepare = ["impute"] fills them in']


def _words(preset: Preset) -> list[Any]:
    """Return the words of all steps."""
    lists = [part for one in (preset.model.prepare, preset.model.prepare_before_split) for part in _lists(one)]
    return [step for steps in lists for step in steps]


def _lists(prepare: Any) -> list[list[Any]]:
    return [prepare] if isinstance(prepare, list) else list(prepare.values())


def _missing_values(dataset: Dataset, parts: Split) -> dict[str, int]:
    """Return how many values are missing, by column; a missing category is one more category."""
    names = [column.name for column in dataset.columns]
    if dataset.as_is:
        return {}
    if hasattr(dataset.features, "tocsr"):
        cells = dataset.features.tocoo()
        places, numbers = np.unique(cells.col[np.isnan(cells.data)], return_counts=True)
        return {names[place]: int(count) for place, count in zip(places, numbers, strict=True)}
    if isinstance(dataset.features, np.ndarray | Numbers):
        if isinstance(dataset.features, Numbers):
            if parts.finite:
                return {}
            arrays = [parts.train, parts.test]
        elif all_finite(dataset.features):
            return {}
        else:
            arrays = [dataset.features]
        counts = zip(names, np.sum([np.isnan(rows).sum(axis=0) for rows in arrays], axis=0).tolist(), strict=True)
    else:
        frame = dataset.features[names_of(dataset.columns, "number", "date")]
        counts = frame.isna().sum().items()
    return {str(name): int(count) for name, count in counts if count}


def _card(dataset: Dataset, parts: Split, preset: Preset, task: Task, more_notes: list[str]) -> Card:
    notes = [
        f"'{step}' is fitted before the split: test rows leak in and flatter scores"
        for step in names_of_steps(preset.model.prepare_before_split)
    ]
    classes: dict[str, int] = {}
    if task == "classification" and dataset.target.ndim == 1:
        for label, count in zip(*counted(dataset.target), strict=True):
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
        leaks=dataset.leaks,
    )
