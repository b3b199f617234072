"""Rows that have no target: refused with what to write, or left out where the preset says so.

A cell is no target where it is empty or blank, or where it holds what the preset takes as missing. `NA`, `None` and
the like are classes, as they stand there; among numbers, where they can be none, they are no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..errors import PresetError
from ..preset.preset import Preset
from ..text import clean
from .numerals import NUMBER
from .readings import PANDAS_MISSING

DROP = "drop"


def absent(series: Any, missing: Sequence[str], *, classes: bool) -> np.ndarray:
    """Return which rows of a column hold no target, shape (rows,)."""
    if series.dtype.kind in "iuf":
        given = [float(text) for text in missing if NUMBER.fullmatch(text)]
        return np.asarray(series.isna() | series.isin(given) if given else series.isna(), dtype=bool)
    codes, values = pd.factorize(series)
    words = {"", *missing} | (set() if classes else PANDAS_MISSING)
    gone = np.array([str(value).strip() in words for value in values] + [True], dtype=bool)
    return gone[codes]


def with_target(aims: Sequence[Any], names: Sequence[str], where: str, preset: Preset, *, classes: bool) -> np.ndarray:
    """Return which rows have a value in each of the target's columns, shape (rows,).

    Raises `PresetError` where some do not, unless the preset leaves them out. `where` says of which file or value the
    rows are.
    """
    rows = len(aims[0])
    there = np.ones(rows, dtype=bool)
    for aim, name in zip(aims, names, strict=True):
        gone = absent(aim, preset.data.missing, classes=classes)
        if gone.any() and preset.data.missing_target != DROP:
            more = int(gone.sum()) - 1
            others = f" and {more} more {'have' if more else 'has'}" if more else " has"
            found = f"row {int(gone.argmax()) + 1}{others} no value in {clean(name, 60)!r}{where}"
            allowed = f'a value in every row, or missing_target = "{DROP}", which leaves them out'
            if aim[~gone].nunique() == 1:
                only = clean(repr(aim[~gone].iloc[0]), 40)
                allowed = f"a word for the other class where there is none: {only} is the only one"
            raise PresetError(preset.path, "data.target", found, allowed)
        there &= ~gone
    if rows and not there.any():
        shown = ", ".join(clean(name, 60) for name in names)
        raise PresetError(preset.path, "data.target", f"{shown} has no value in any row{where}", "a value in some rows")
    return there


def note(there: np.ndarray, where: str) -> list[str]:
    """Return what to say of rows that are left out."""
    left = int((~there).sum())
    return [f"{left} of {len(there)} rows{where} have no target and are left out (data.missing_target)"] if left else []
