"""Checks of a score before the first fit: whether it fits the data, and whether each fold can have one."""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..data.codes import counted
from ..data.dataset import Split
from ..data.folds import Folds, Roles, part_the_rows
from ..errors import PresetError
from ..model.estimators import fresh, parameters_of
from ..model.values import Values
from ..preset.preset import Preset
from ..preset.specs import ScoreSpec
from ..text import clean
from .dummies import dummies
from .metrics import Metric, has_positive
from .scores import can_be_resampled

_MOST_ROWS = 2_000
"""Rows of classes that a dummy is scored on, about: whether a score is defined depends on which classes there are."""

_MOST_LOOKED_AT = 64
"""Configurations that are asked what they can do, and kinds of folds that a dummy is scored on, at most."""


def keys_of(score: ScoreSpec) -> list[str]:
    """Return the key of each metric, the leading one first."""
    return ["score.scoring", *(f"score.also[{index}]" for index in range(len(score.also)))]


def keeps(score: ScoreSpec, leading: Metric, folds: Folds, target: np.ndarray) -> bool:
    """Tell whether trials keep their out-of-fold predictions: each row has one then, and the score is their mean."""
    plain, rows = score.scoring == leading.name and not score.weigh_scores and target.ndim == 1, len(target)
    return plain and can_be_resampled(leading.name, rows) and part_the_rows(folds, rows)


def check_metric(one: Metric, key: str, parts: Split, folds: Folds, preset: Preset, classification: bool) -> None:
    """Score dummies on the training rows, on folds and on the test rows: what scores none of them scores no model."""
    file = preset.path
    function = getattr(one.scorer, "_score_func", None)
    if function is None:
        return  # of one's own, and of the estimator and the rows themselves
    if classification and function.__module__.endswith("_regression"):
        raise PresetError(file, key, f"{one.name!r} scores regressors", "a scorer for classifiers, such as accuracy")
    able = [*dummies(one, classification)]
    target = _some(parts.train_target)
    places = [("the training rows", target, target, 0), *_kinds_of_folds(folds, parts.train_target)]
    if key == "score.scoring":
        places.append(("the test rows", target, _some(parts.test_target), len(parts.test_target)))
    for where, fitted, scored, rows in places:
        _check_part(one, key, able, (fitted, scored), (where, rows), preset)
    if key == "score.scoring" and classification and has_positive(one) and not (parts.test_target == 1).any():
        where, _, scored, rows = places[-1]
        raise _undefined(one, key, (where, rows), scored, "none is of the positive class", preset)


def _check_part(
    one: Metric,
    key: str,
    dummies: list[Any],
    targets: tuple[np.ndarray, np.ndarray],
    of: tuple[str, int],
    preset: Preset,
) -> None:
    """Raise `PresetError` where no dummy, fitted on the first of the targets, has a score on the second."""
    fitted, scored = targets
    errors: list[PresetError] = []
    for dummy in dummies:
        dummy.fit(np.zeros((len(fitted), 1)), fitted)
        try:
            return _check_score(one, key, dummy, scored, of, preset)
        except PresetError as error:
            errors.append(error)
    raise errors[0]


def check_weights(weight: np.ndarray | None, parts: Split, folds: Folds, preset: Preset) -> None:
    """Raise `PresetError` where the rows of a fold, or the test rows, weigh nothing together."""
    if weight is None:
        return
    trained, name = weight[parts.train_rows], preset.score.weight
    places = [(f"those that fold {number} is fitted on", trained[rows]) for number, (rows, _) in enumerate(folds)]
    if preset.score.weigh_scores:
        places += [(f"those that fold {number} scores", trained[rows]) for number, (_, rows) in enumerate(folds)]
        places.append(("the test rows", weight[parts.test_rows]))
    if empty := next((where for where, weights in places if not weights.any()), ""):
        found = f"{name!r} is 0 in all rows of a part: {empty}"
        raise PresetError(preset.path, "score.weight", found, "some weight in each part, or no weigh_scores")


def _some(codes: np.ndarray, rows: np.ndarray | None = None, every: int = 0) -> np.ndarray:
    """Return some rows' targets: of many classes a part, evenly taken, and each class once more.

    What is defined for these is for all. Where there are `every` many classes in all, a part may show each of them.
    """
    count = len(codes) if rows is None else len(rows)
    if codes.ndim > 1 or codes.dtype.kind not in "iu" or count <= _MOST_ROWS:
        return codes if rows is None else codes[rows]
    step = slice(None, None, count // _MOST_ROWS + 1)
    part = codes[step] if rows is None else codes[rows[step]]
    known, _ = counted(part)
    if len(known) != every:
        known, _ = counted(codes if rows is None else codes[rows])
    return np.concatenate([part, known])


def _of_several(name: str) -> str:
    """Return the scorers of several classes that go by a name with more behind it: roc_auc_ovr, f1_macro."""
    from sklearn.metrics import get_scorer_names

    return ", ".join(other for other in get_scorer_names() if other.startswith(f"{name}_"))


def _check_score(one: Metric, key: str, dummy: Any, target: np.ndarray, of: tuple[str, int], preset: Preset) -> None:
    task = "classification" if hasattr(dummy, "classes_") else "regression"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            more = {"sample_weight": np.ones(len(target))} if preset.score.weigh_scores else {}
            score = one.scorer(dummy, np.zeros((len(target), 1)), target, **more)
    except Exception as error:  # noqa: BLE001 - a metric of one's own may throw what it likes
        if not of[1]:
            held = f", of {len(np.unique(target))} classes" if task == "classification" and target.ndim == 1 else ""
            found = f"{one.name!r} does not fit this data{held}: {error}"
            raise PresetError(preset.path, key, found, _of_several(one.name) or f"a scorer for {task}") from None
        raise _undefined(one, key, of, target, str(error), preset) from None
    if np.ndim(score):
        found = f"{one.name!r} gives {np.size(score)} numbers"
        raise PresetError(preset.path, key, found, 'one number, as with average = "macro" or multioutput')
    if isinstance(score, float | np.floating) and not np.isfinite(score) and of[1]:
        raise _undefined(one, key, of, target, f"it would be {score}", preset)


def _undefined(one: Metric, key: str, of: tuple[str, int], target: np.ndarray, why: str, preset: Preset) -> PresetError:
    """Return the error about a part of the rows, of which `of` says the name and how many there are."""
    where, rows = of
    held = f"{rows} rows" if rows > 1 else "one row"
    if target.dtype.kind in "iub":
        kinds = len(np.unique(target))
        held += f" of {kinds} classes" if kinds > 1 else " of one class"
    hint = "data.stratify = true keeps the shares of classes, score.cv says how rows are parted"
    return PresetError(
        preset.path, key, f"{one.name!r} is undefined on {where}, {held}: {clean(why, 120)}", "another scorer", hint
    )


def _kinds_of_folds(folds: Folds, target: np.ndarray) -> Iterator[tuple[str, np.ndarray, np.ndarray, int]]:
    """Yield the targets of folds, one of each kind: by the classes they are fitted and scored on, or by few rows."""
    seen: set[Any] = set()
    codes = target.dtype.kind in "iub"
    every = len(counted(target)[0]) if codes else 0
    for number, (fitted, scored) in enumerate(folds):
        some = _some(target, fitted, every), _some(target, scored, every)
        kind = (*(tuple(counted(one)[0].tolist()) for one in some if codes), len(scored) == 1)
        if kind not in seen and len(seen) < _MOST_LOOKED_AT:
            seen.add(kind)
            yield f"fold {number}", *some, len(scored)


def check_responses(metrics: tuple[Metric, ...], estimator: Any, preset: Preset, values: Values) -> list[str]:
    """Return notes where some configurations cannot be scored; raise `PresetError` where none can, as it has to be.

    Whether an estimator has probabilities may hang on its parameters, so each configuration is asked.
    """
    asked, (leading, *others) = [*_configurations(estimator, preset, values)], metrics
    untuned, unable = leading.asks_too_much(estimator), sum(bool(leading.asks_too_much(one)) for one in asked)
    if unable and unable == len(asked):
        raise PresetError(
            preset.path,
            "score.scoring",
            untuned or f"{leading.name!r} can score no configuration",
            "a scorer of predictions, such as accuracy, or an estimator that has it",
        )
    notes = []
    for place, one in enumerate(others):
        if asked and all(why := [one.asks_too_much(configuration) for configuration in asked]):
            notes.append(f"score.also[{place}] will have no score: {why[0]}")
            if one.name in preset.goals.figures:
                told = "another metric, or an estimator that has it"
                raise PresetError(preset.path, f"score.also[{place}]", f"a goal, and {why[0]}", told)
    if untuned:
        return [f"the untuned baseline will fail: {untuned}; set in params what the space has instead", *notes]
    if unable:
        needs = " or ".join(leading.needs)
        return [f"{unable} of {len(asked)} configurations will fail: {leading.name!r} needs {needs}", *notes]
    return notes


def _configurations(estimator: Any, preset: Preset, values: Values) -> Iterator[Any]:
    """Yield the estimator with each combination of choices, the first of them where there are many."""
    dimensions = [one for one in preset.space.dimensions if one.scale == "choice"]
    choices = itertools.product(*([choice.arguments for choice in one.choices] for one in dimensions))
    for bundles in itertools.islice(choices, _MOST_LOOKED_AT):
        arguments = {name: value for bundle in bundles for name, value in bundle.items()}
        with contextlib.suppress(ValueError, TypeError):  # of a combination that its own fit refuses
            configuration: Any = fresh(estimator)
            yield configuration.set_params(**parameters_of(estimator, arguments, values))


def notes_on_folds(parts: Split, folds: Folds, roles: Roles, preset: Preset, values: Values) -> list[str]:
    """Return what to know about the folds: classes with too few rows, rows that are never scored."""
    score, notes = preset.score, []
    target = parts.train_target
    if values.classes and target.ndim == 1:
        notes += _notes_on_classes(parts, score, values.classes)
    if score.scheme and not part_the_rows(folds, len(target)):
        scored = np.bincount(np.concatenate([scored for _, scored in folds]), minlength=len(target))
        most, never = int(scored.max()), int((scored == 0).sum())
        notes.append(
            f"{len(folds)} folds by {_scheme(score)}: rows are scored up to {most} times, {never} of them never"
        )
    elif score.scheme:
        notes.append(f"{len(folds)} folds by {_scheme(score)}")
    if preset.model.early_stopping is not None and (roles.groups is not None or roles.time is not None):
        kind = "groups" if roles.groups is not None else "times"
        notes.append(f"early_stopping keeps back rows at random, of the same {kind} as those that are fitted as well")
    if roles.time is not None and (torn := sum(_torn(roles.time, *fold) for fold in folds)):
        notes.append(f"{torn} of {len(folds)} folds are fitted and scored on rows of the same time as well")
    for role, name in score.roles.items():
        if name not in (preset.data.features or []):
            notes.append(f"{role}: the column {clean(name, 80)!r}, which is no feature")
    if score.weight is not None and not score.weigh_scores:
        told = "weight: rows weigh in fits, and alike in scores, where GridSearchCV.fit(…, sample_weight=…) weighs both"
        notes.append(f"{told}: weigh_scores = true")
    return notes


def _torn(time: np.ndarray, fitted: np.ndarray, scored: np.ndarray) -> bool:
    return bool(time[fitted].max() >= time[scored].min())


_MOST_CLASSES = 3
"""Classes that a note each is made on, at most."""


def _notes_on_classes(parts: Split, score: ScoreSpec, labels: tuple[str, ...]) -> list[str]:
    """Return a note on classes that the test rows alone hold, and on those with fewer training rows than folds."""
    trained = np.bincount(parts.train_target, minlength=len(labels))
    tested = np.bincount(parts.test_target, minlength=len(labels))
    notes = [
        f"class {labels[code]!r} is in the test rows alone, in {tested[code]} of them: no model can know it"
        for code in np.flatnonzero((trained == 0) & (tested > 0))[:_MOST_CLASSES]
    ]
    if score.scheme not in ("", "stratified", "shuffled", "repeated"):
        return notes
    few = np.flatnonzero((trained > 0) & (trained < score.folds))
    for code in few[:_MOST_CLASSES]:
        have = f"has {trained[code]} training rows for {score.folds} folds"
        notes.append(f"class {labels[code]!r} {have}: some hold none of it")
    if len(few) > _MOST_CLASSES:
        notes.append(f"{len(few) - _MOST_CLASSES} more classes have fewer training rows than there are folds")
    return notes


def _scheme(score: ScoreSpec) -> str:
    if score.scheme != "named":
        return score.scheme.replace("_", " ")
    return score.cv if isinstance(score.cv, str) else str((score.cv or {}).get("class"))
