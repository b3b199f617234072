"""Columns that say something of rows: which belong together, when they were, which fold scores them, their weight."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import PresetError
from ..preset.columns import named
from ..preset.preset import Preset
from .folds import Roles
from .kinds import Said, typed


def role_columns(preset: Preset, known: list[str]) -> dict[str, str]:
    """Return the columns that have a role in the preset's score, by role."""
    return {role: named(name, known, f"score.{role}", preset.path) for role, name in preset.score.roles.items()}


def roles_of(frame: Any, rows: int, columns: dict[str, str], said: Said) -> Roles:
    """Return what those columns of a table say of its rows; raise `PresetError` where they cannot say it.

    Of more than the first `rows`, which are a test set of the author's own, weights alone are asked.
    """
    roles = Roles()
    for role, name in columns.items():
        reader = {"groups": _groups, "time": _time, "predefined": _predefined, "weight": _weight}[role]
        roles = replace(roles, **{role: reader(frame if role == "weight" else frame[:rows], name, said)})
    return roles


def _groups(frame: Any, name: str, said: Said) -> np.ndarray:
    """Return groups as codes in the order of their values, which is what scikit-learn's splitters go by."""
    texts = frame[name].astype("str").str.strip()
    _complete(frame[name].isna() | (texts == ""), "groups", name, said)
    kind, column = _typed(frame, name, said)
    return np.unique(column.to_numpy() if kind == "number" else texts.to_numpy(dtype=str), return_inverse=True)[1]


def _time(frame: Any, name: str, said: Said) -> np.ndarray:
    kind, column = _typed(frame, name, said)
    if kind not in ("number", "date"):
        raise PresetError(said.file, "score.time", f"{name!r} holds {kind}", "a column of dates or numbers")
    _complete(column.isna(), "time", name, said)
    return column.to_numpy().astype("int64") if kind == "date" else column.to_numpy(dtype=np.float64)


def _predefined(frame: Any, name: str, said: Said) -> np.ndarray:
    values = _numbers(frame, name, "predefined", said)
    if (values != np.round(values)).any() or values.min() < -1:
        raise PresetError(said.file, "score.predefined", f"{name!r} holds {values.min():g}", "whole numbers from -1")
    return values.astype(np.int64)


def _weight(frame: Any, name: str, said: Said) -> np.ndarray:
    values = _numbers(frame, name, "weight", said)
    if values.min() < 0 or not values.any():
        raise PresetError(said.file, "score.weight", f"{name!r} holds {values.min():g}", "weights of 0 or more")
    return values


def _numbers(frame: Any, name: str, role: str, said: Said) -> np.ndarray:
    kind, column = _typed(frame, name, said)
    if kind not in ("number", "yes/no"):
        raise PresetError(said.file, f"score.{role}", f"{name!r} holds {kind}", "a column of numbers")
    _complete(column.isna(), role, name, said)
    return column.to_numpy(dtype=np.float64)


def _typed(frame: Any, name: str, said: Said) -> tuple[str, Any]:
    one = typed(frame[[name]], replace(said, columns={}))
    return one.columns[0].kind, one.frame[name]


def _complete(missing: Any, role: str, name: str, said: Said) -> None:
    if missing.any():
        row = int(np.asarray(missing).argmax()) + 1
        raise PresetError(said.file, f"score.{role}", f"row {row} has no value in {name!r}", "a value in every row")
