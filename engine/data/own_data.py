"""Data that a function of one's own gives: `source = "python:mydata:load"`.

What it returns is a DataFrame, a pair (X, y), or a table of `X`, `y`, `X_test`, `y_test` and of further values a row,
which `[score]` names as it names columns (`groups`, `weight`, …). X is a DataFrame, an array, a sparse matrix, or a
list of texts. It is called once, by the run; workers share what it gave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from ..errors import PresetError
from ..preset.columns import Column, chosen_names
from ..preset.imports import ALLOWED, OWN, Imports
from ..preset.preset import Preset
from ..preset.specs import UNLABELLED
from ..text import clean
from .dataset import Dataset
from .kinds import Said
from .other_tables import distinct
from .readings import Reading
from .roles import role_columns, roles_of
from .rows import rows_of
from .shared_rows import notes_on_shared_rows
from .table import aim_of, dataset_from
from .without_target import note, with_target

_ALLOWED = 'a DataFrame, (X, y), or { "X": …, "y": …, "X_test": …, "y_test": …, "groups": … }'
_TEXT = "text"


@dataclass(frozen=True)
class _Given:
    """What came back: features and target to train on, to test on where given, and further values a row."""

    X: Any
    y: Any = None
    X_test: Any = None
    y_test: Any = None
    more: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def own_dataset(preset: Preset, classes: bool, imports: Imports, *, labelled: bool) -> Dataset:
    """Return the data of a preset whose source is a function; raise `PresetError` where it gives something else."""
    file, source = preset.path, preset.data.source
    if preset.data.test is not None:
        raise PresetError(
            file, "data.test", "found a test set beside python:", '"X_test" and "y_test" in what it gives'
        )
    given = _given(_called(source, imports, file), source, file)
    _check_lengths(given, source, file)
    given = _with_targets(given, preset, classes=classes) if labelled and given.y is not None else given
    dataset = _dataset(given, preset, classes, labelled)
    return replace(dataset, notes=(*given.notes, *dataset.notes))


def _with_targets(given: _Given, preset: Preset, *, classes: bool) -> _Given:
    """Return what was given without the rows that have no target."""
    there, noted = _there(given.y, "", preset, classes)
    if not there.all():
        kept = {name: np.asarray(values)[there] for name, values in given.more.items()}
        given = replace(given, X=rows_of(given.X, np.flatnonzero(there)), y=given.y[there], more=kept)
    if given.y_test is not None:
        tested, of_tests = _there(given.y_test, " of y_test", preset, classes)
        noted += of_tests
        given = replace(given, X_test=rows_of(given.X_test, np.flatnonzero(tested)), y_test=given.y_test[tested])
    return replace(given, notes=(*given.notes, *noted))


def _there(y: np.ndarray, where: str, preset: Preset, classes: bool) -> tuple[np.ndarray, list[str]]:
    columns = [pd.Series(column) for column in (y.T if y.ndim == 2 else [y])]
    names = ["y"] if y.ndim == 1 else [f"y[:, {place}]" for place in range(len(columns))]
    there = with_target(columns, names, where, preset, classes=classes)
    return there, note(there, where)


def _dataset(given: _Given, preset: Preset, classes: bool, labelled: bool) -> Dataset:
    if _are_texts(given.X):
        named = preset.model.estimator
        takes_texts = named.startswith(OWN) or named.partition(".")[0] not in ALLOWED
        if takes_texts or named == "sklearn.pipeline.Pipeline":
            return _of_arrays(_with_texts(given, _texts), preset, classes, labelled)
        given = _with_texts(given, lambda X: pd.DataFrame({_TEXT: _texts(X)}))
        preset = replace(preset, columns={_TEXT: "text"} | preset.columns)
    elif isinstance(given.X, np.ndarray) and given.X.dtype.kind not in "biuf":
        given = _with_texts(given, lambda X: pd.DataFrame(X, columns=pd.Index(_names(X.shape[1]))).infer_objects())
    if isinstance(given.X, pd.DataFrame):
        return _of_frames(given, preset, classes, labelled)
    return _of_arrays(given, preset, classes, labelled)


def _called(source: str, imports: Imports, file: str) -> Any:
    made = imports.own(source, "data.source")
    if not callable(made):
        return made
    try:
        return made()
    except Exception as error:
        reason = clean(f"{type(error).__name__}: {error}", 300)
        raise PresetError(file, "data.source", f"{source} failed: {reason}") from error


def _given(value: Any, source: str, file: str) -> _Given:
    """Return the parts of what came back."""
    if isinstance(value, pd.DataFrame):
        return _Given(value)
    if isinstance(value, tuple | list) and len(value) == 2 and _has_rows(value[0]) and not isinstance(value[0], str):
        return _Given(_plain(value[0]), _target(value[1]), notes=_notes(*value))
    if isinstance(value, Mapping):
        known = dict(value)
        features, target = known.pop("X", known.pop("data", None)), known.pop("y", known.pop("target", None))
        if _has_rows(features):
            tests = _plain(known.pop("X_test", None)), _target(known.pop("y_test", None))
            rows = _length(features)
            more = {str(name): one for name, one in known.items() if _has_rows(one) and _length(one) == rows}
            return _Given(_plain(features), _target(target), *tests, more=more, notes=_notes(features, target))
    got = f"a tuple of {len(value)}" if isinstance(value, tuple) else clean(type(value).__name__, 60)
    raise PresetError(file, "data.source", f"{source} gives {got}", _ALLOWED)


def _has_rows(value: Any) -> bool:
    return hasattr(value, "shape") or isinstance(value, list | tuple)


def _length(value: Any) -> int:
    return value.shape[0] if hasattr(value, "shape") else len(value)


def _plain(features: Any) -> Any:
    """Return features as a DataFrame, an array, a sparse matrix by rows, or a list of texts."""
    if features is None or isinstance(features, pd.DataFrame):
        return features
    if isinstance(features, pd.Series):
        return list(features) if features.dtype.kind in "OUT" else features.to_numpy()
    if hasattr(features, "tocsr"):
        return features.tocsr()
    if isinstance(features, list) and all(isinstance(one, str) for one in features):
        return features
    return np.asarray(features)


def _target(y: Any) -> np.ndarray | None:
    """Return a target as an array of its values as they are: numpy alone would make NaN among texts the text nan."""
    if y is None:
        return None
    if hasattr(y, "tocsr"):
        y = y.toarray()
    if not hasattr(y, "dtype") and not isinstance(y, pd.DataFrame):
        listed = list(y)
        nested = any(isinstance(value, list | tuple | np.ndarray) for value in listed[:1])
        y = np.asarray(listed) if nested else pd.Series(listed)
    array = y.to_numpy() if hasattr(y, "to_numpy") else np.asarray(y)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array


def _notes(features: Any, target: Any) -> tuple[str, ...]:
    """Return a note where rows are named alike in X and y, and stand in another order: places count, as always."""
    if not isinstance(features, pd.DataFrame) or not isinstance(target, pd.Series | pd.DataFrame):
        return ()
    ours, theirs = features.index, target.index
    if len(ours) != len(theirs) or ours.equals(theirs) or not ours.sort_values().equals(theirs.sort_values()):
        return ()
    return ("X and y name their rows alike, but in another order: each row of X goes with the row of y in its place",)


def _check_lengths(given: _Given, source: str, file: str) -> None:
    shape = given.X.shape if hasattr(given.X, "shape") else (len(given.X),)
    one = len(shape) == 1 and isinstance(given.X, np.ndarray) and given.X.dtype.kind not in "OUT"
    if one or len(shape) > 2 or 0 in shape:
        raise PresetError(file, "data.source", f"{source} gives X of shape {shape}", "rows of features")
    if given.y is not None and given.y.ndim > 2:
        raise PresetError(file, "data.source", f"{source} gives y of shape {given.y.shape}", "a value a row")
    if (given.X_test is None) != (given.y_test is None and given.y is not None) and given.y is not None:
        raise PresetError(file, "data.source", f"{source} gives one of X_test and y_test", "both, or neither")
    for one, other, names in ((given.X, given.y, "X and y"), (given.X_test, given.y_test, "X_test and y_test")):
        if other is not None and _length(one) != _length(other):
            found = f"{source} gives {names} of {_length(one)} and {_length(other)} rows"
            raise PresetError(file, "data.source", found, "as many of one as of the other")


def _are_texts(features: Any) -> bool:
    if isinstance(features, list):
        return True
    return isinstance(features, np.ndarray) and features.ndim == 1 and features.dtype.kind in "OUT"


def _texts(features: Any) -> np.ndarray:
    texts = np.empty(len(features), dtype=object)
    texts[:] = [str(text) for text in features]
    return texts


def _with_texts(given: _Given, made: Any) -> _Given:
    return replace(given, X=made(given.X), X_test=None if given.X_test is None else made(given.X_test))


def _names(count: int) -> list[str]:
    return [f"x{place}" for place in range(count)]


def _of_frames(given: _Given, preset: Preset, classes: bool, labelled: bool) -> Dataset:
    """Return the data of DataFrames, read as tables are: with the target as one more column."""
    aims = preset.data.target
    columns: dict[str, Any] = dict(given.more)
    if given.y is not None:
        name = aims if isinstance(aims, str) and aims not in given.X.columns else "target"
        y = given.y
        aims = [f"{name}{place}" for place in range(y.shape[1])] if y.ndim == 2 else name
        columns |= _columns_of(y, aims)
    idle = [name for name in given.more if name not in preset.score.roles.values() and name not in preset.data.drop]
    if idle and preset.data.features is None:
        # values that stand beside X are features where the preset lists them, as columns with a role are
        preset = replace(preset, data=msgspec.structs.replace(preset.data, drop=[*preset.data.drop, *idle]))
    frames = [_frame(given.X, columns)]
    if given.X_test is not None:
        tested = {} if given.y_test is None or aims is None else _columns_of(given.y_test, aims)
        frames.append(_frame(given.X_test, tested))
    if labelled and aims is None:
        raise PresetError(preset.path, "data.target", "missing", f"a column: {', '.join(map(str, given.X.columns))}")
    return dataset_from(frames, aims if labelled else None, preset, classes)


def _columns_of(y: np.ndarray, aims: str | list[str]) -> dict[str, Any]:
    return {aims: y} if isinstance(aims, str) else {name: y[:, place] for place, name in enumerate(aims)}


def _frame(features: pd.DataFrame, more: dict[str, Any]) -> pd.DataFrame:
    frame = features.reset_index(drop=True)
    frame.columns = pd.Index(distinct([str(name) for name in frame.columns]))
    return frame.assign(**{name: np.asarray(values) for name, values in more.items()})


def _of_arrays(given: _Given, preset: Preset, classes: bool, labelled: bool) -> Dataset:
    """Return the data of arrays, sparse matrices and texts: estimators get what they are."""
    spec, file, rows = preset.data, preset.path, _length(given.X)
    if labelled and given.y is None:
        hint = f"Without y, scoring is one of {', '.join(UNLABELLED)}"
        raise PresetError(file, "data.source", f"{spec.source} gives no y", _ALLOWED, hint)
    names = [_TEXT] if given.X.ndim == 1 else _names(given.X.shape[1])
    chosen = chosen_names(names, spec.features, spec.drop, file)
    features, tested = given.X, 0 if given.X_test is None else _length(given.X_test)
    if tested:
        features = _stacked(features, given.X_test)
    if chosen != names:
        features = features[:, [names.index(name) for name in chosen]]
    said = Said(file, {}, spec.missing, spec.decimal)
    more = pd.DataFrame({name: np.asarray(values) for name, values in given.more.items()}, index=range(rows))
    if "weight" in preset.score.roles and tested:
        raise PresetError(
            file, "score.weight", "found a test set of its own beside arrays", "DataFrames, which have it"
        )
    y = np.zeros(rows + tested)
    if labelled:
        y = given.y if not tested else np.concatenate([given.y, given.y_test])
    aim = pd.DataFrame(y) if y.ndim == 2 else pd.Series(y)
    goal = aim_of(aim, preset, classes=classes and labelled)
    shared = []
    if tested and isinstance(features, np.ndarray):
        shared = notes_on_shared_rows(pd.DataFrame(np.atleast_2d(features.T).T), goal.values, tested)
    return Dataset(
        features=features,
        target=goal.values,
        columns=tuple(Column(name, "text" if given.X.ndim == 1 else "number") for name in chosen),
        classes=goal.classes,
        positive=goal.positive,
        moved=goal.moved,
        test_rows=tested,
        roles=roles_of(more, rows, role_columns(preset, list(more.columns)), said),
        as_is=given.X.ndim == 1,
        readings=tuple(Reading(name, "number") for name in chosen) if isinstance(features, np.ndarray) else (),
        labels=goal.labels,
        notes=(*goal.notes, *shared),
    )


def _stacked(first: Any, second: Any) -> Any:
    if hasattr(first, "tocsr"):
        from scipy.sparse import vstack

        return vstack([first, second]).tocsr()
    return np.concatenate([first, second])
