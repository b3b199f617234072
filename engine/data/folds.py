"""Which rows are held out, and which rows each fold is fitted and scored on.

Folds are pairs of row indices into the training rows; they need not part the rows: in repeated, random or expanding
splits a row is scored several times or never. Whatever the scheme, it is scikit-learn's own splitter that is asked.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import PresetError, found
from ..model.values import Values
from ..preset.preset import Preset
from ..preset.specs import ScoreSpec
from ..text import clean
from .codes import small

MOST_FOLDS = 1000

Folds = list[tuple[np.ndarray, np.ndarray]]
"""Row indices to fit on and to score on, a pair a fold."""


@dataclass(frozen=True)
class Roles:
    """What columns say of rows without being features, each of shape (rows,) or None."""

    groups: np.ndarray | None = None
    """A whole number for each value of the column."""
    time: np.ndarray | None = None
    """Numbers whose order is that of the rows in time."""
    predefined: np.ndarray | None = None
    """The number of the fold that each row is scored in; -1: in none."""
    weight: np.ndarray | None = None

    def of(self, rows: np.ndarray) -> Roles:
        """Return the roles of some rows."""
        parts = (self.groups, self.time, self.predefined, self.weight)
        return Roles(*(None if part is None else part[rows] for part in parts))


def by_order(score: ScoreSpec) -> bool:
    """Tell whether folds go by time, and no column says it: rows stand in its order then."""
    named = score.cv.get("class") if isinstance(score.cv, dict) else score.cv
    return score.time is None and score.groups is None and str(named).endswith(".TimeSeriesSplit")


def held_out(target: np.ndarray, roles: Roles, preset: Preset) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of training and test rows, as the scheme of the folds has it.

    Whole groups and the latest rows are held out where folds go by groups or time; else they are parted by the
    splitters that `train_test_split` asks.
    """
    from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit, StratifiedShuffleSplit

    spec = preset.data
    if roles.groups is not None and not (roles.groups != roles.groups[0]).any():
        raise PresetError(preset.path, "score.groups", "all rows are of one group", "a column of several groups")
    kind = "groups" if roles.groups is not None else "time" if roles.time is not None else ""
    if kind and spec.stratify:
        raise PresetError(preset.path, "data.stratify", "found true", f"nothing beside folds by {kind}")
    try:
        if roles.time is not None:
            return _latest(roles.time, spec.test_size)
        by_class = StratifiedShuffleSplit if spec.stratify else ShuffleSplit
        kind = by_class if roles.groups is None else GroupShuffleSplit
        parts = kind(n_splits=1, test_size=spec.test_size, random_state=spec.seed)
        labels = small(target) if spec.stratify else None
        train, test = next(parts.split(np.empty(len(target), np.int8), labels, roles.groups))
    except ValueError as error:
        key = "data.stratify" if spec.stratify else "data.test_size"
        allowed = "false, where values of the target are rare" if spec.stratify else "a share that leaves rows in both"
        raise PresetError(preset.path, key, f"the rows cannot be split: {clean(error, 160)}", allowed) from None
    return train, test


def _latest(time: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows in order of time, the last share of them held out; rows of one time stay together."""
    order = np.argsort(time, kind="stable")
    cut = len(order) - int(np.ceil(share * len(order)))
    cut = int(np.searchsorted(time[order], time[order][cut], side="left"))
    if cut == 0:
        raise ValueError("all rows that are not held out are of the same time")
    return order[:cut], order[cut:]


def folds_of(target: np.ndarray, roles: Roles, preset: Preset, values: Values, classification: bool) -> Folds:
    """Return the folds of the training rows; raise `PresetError` where they cannot be made so."""
    score, file = preset.score, preset.path
    as_it_is = score.scheme not in ("time", "named")
    labels = small(target) if as_it_is else target
    splitter = splitter_of(score, roles, labels, values, classification)
    order = np.arange(len(target))
    if score.scheme == "time":
        order = np.argsort(roles.time, kind="stable")  # pyright: ignore[reportArgumentType, reportCallIssue]
    groups = roles.groups if as_it_is or roles.groups is None else roles.groups[order]
    key = "score.cv" if score.scheme else "score.folds"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a rare class, a note tells by its label
            pairs: Any = splitter.split(order, labels if as_it_is else target[order], groups)
            folds = list(pairs) if as_it_is else [(order[fitted], order[scored]) for fitted, scored in pairs]
    except (ValueError, TypeError) as error:
        found = f"the rows cannot be split: {clean(error, 160)}"
        raise PresetError(file, key, found, "fewer folds, or a smaller gap, or more rows") from None
    if not 1 <= len(folds) <= MOST_FOLDS:
        raise PresetError(file, key, f"gives {len(folds)} folds", f"1 to {MOST_FOLDS} folds")
    empty = next((place for place, (fitted, scored) in enumerate(folds) if not len(fitted) or not len(scored)), None)
    if empty is not None:
        raise PresetError(file, key, f"fold {empty} has no rows to fit or to score", "rows in each fold")
    return folds


def part_the_rows(folds: Sequence[tuple[np.ndarray, np.ndarray]], rows: int) -> bool:
    """Tell whether each row is scored in one fold and no other."""
    scored = np.concatenate([scored for _, scored in folds])
    return len(scored) == rows and len(np.unique(scored)) == rows


def splitter_of(score: ScoreSpec, roles: Roles, target: Any, values: Values, classification: bool) -> Any:
    """Return scikit-learn's splitter for a scheme."""
    from sklearn import model_selection as ms

    folds, seed = score.folds, score.seed
    if score.scheme == "":
        # any of a target's whole numbers tells that all are classes
        known = target[:1] if target.ndim == 1 and target.dtype.kind == "i" else target
        return ms.check_cv(folds, known, classifier=classification)
    if score.scheme == "named":
        return _named(score, values)
    shuffled = ms.StratifiedKFold if classification else ms.KFold
    repeated = ms.RepeatedStratifiedKFold if classification else ms.RepeatedKFold
    makers: Mapping[str, Callable[[], Any]] = {
        "stratified": lambda: ms.StratifiedKFold(folds),
        "kfold": lambda: ms.KFold(folds),
        "shuffled": lambda: shuffled(folds, shuffle=True, random_state=seed),
        "repeated": lambda: repeated(n_splits=folds, n_repeats=score.repeats, random_state=seed),
        "group": lambda: ms.GroupKFold(folds),
        "stratified_group": lambda: ms.StratifiedGroupKFold(folds),
        "leave_one_group_out": ms.LeaveOneGroupOut,
        "time": lambda: ms.TimeSeriesSplit(folds, gap=score.gap),
        "predefined": lambda: ms.PredefinedSplit(roles.predefined),
        "leave_one_out": ms.LeaveOneOut,
    }
    return makers[score.scheme]()


def _named(score: ScoreSpec, values: Values) -> Any:
    """Return a splitter by import path; `folds` and `seed` are its own where it takes them and nothing else is said."""
    written = {"class": score.cv} if isinstance(score.cv, str) else dict(score.cv or {})
    path, params = written.get("class"), written.get("params", {})
    if not isinstance(path, str) or not isinstance(params, dict) or set(written) - {"class", "params"}:
        example = '{ class = "sklearn.model_selection.ShuffleSplit", params = { n_splits = 5 } }'
        raise PresetError(values.imports.file, "score.cv", found(score.cv), example)
    kind: Any = values.imports.part(path, "score.cv")
    known = inspect.signature(kind).parameters
    if not hasattr(kind, "split"):
        raise PresetError(values.imports.file, "score.cv", f"{path!r} is no splitter", "a class with split")
    read = {name: values.read(value, f"score.cv.params.{name}", name) for name, value in params.items()}
    own = {"n_splits": score.folds, "random_state": score.seed}
    takes_seed = "shuffle" not in known or read.get("shuffle", False)
    own = {name: value for name, value in own.items() if name in known and (name != "random_state" or takes_seed)}
    try:
        return kind(**(own | read))
    except (TypeError, ValueError) as error:
        raise PresetError(values.imports.file, "score.cv.params", str(error)) from None
