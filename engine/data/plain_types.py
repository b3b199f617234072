"""Columns of a DataFrame that somebody made, with numpy's types where pandas has further ones for the same.

Nullable integers and floats become numbers with NaN, nullable booleans True, False or nothing, sparse columns dense
ones, spans of time seconds.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from ..errors import PresetError
from ..text import clean


def plain(name: str, series: Any, file: str) -> Any:
    """Return a column with a plain type; raise `PresetError` for one that nothing can be made of."""
    if isinstance(series.dtype, pd.SparseDtype):
        series = series.sparse.to_dense()
    kind = series.dtype.kind
    if kind == "c":
        raise PresetError(file, f"columns.{clean(name, 60)}", "found complex numbers", "their parts, a column each")
    if kind == "m":
        return series.dt.total_seconds()
    if kind == "O":
        return _of_objects(series)
    if isinstance(series.dtype, np.dtype) or kind not in "biuf":
        return series
    whole = not series.isna().any()
    if kind == "b":
        return series.astype("bool") if whole else series.map({True: "True", False: "False"}).astype("object")
    return pd.Series(series.to_numpy(dtype=f"{kind}8" if whole else "f8", na_value=np.nan), index=series.index)


def _of_objects(series: Any) -> Any:
    """Return decimal numbers as numbers and bytes as text, whatever else as it is."""
    first = series.iloc[series.notna().argmax()] if len(series) else None
    if isinstance(first, Decimal | bytes):
        inferred = pd.api.types.infer_dtype(series, skipna=True)
        if inferred == "decimal":
            numbers: Any = pd.to_numeric(series)
            return numbers.astype("float64")
        if inferred == "bytes":
            return series.str.decode("utf-8", errors="replace")
    return series


def note_on_type(name: str, series: Any) -> list[str]:
    """Return what becomes of spans of time and of hours in time zones."""
    if series.dtype.kind == "m":
        return [f"{clean(name, 40)}: spans of time, as seconds"]
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        return [f"{clean(name, 40)}: the hours are those of {clean(series.dtype.tz, 40)}"]
    return []


def cannot_hold(name: str, series: Any, file: str) -> PresetError:
    """Return the error about a column whose cells are lists, tables or the like."""
    values = (type(value).__name__ for value in series if isinstance(value, list | dict | set | np.ndarray))
    found = f"found {next(values, 'objects')} in a cell"
    shown = clean(name, 60)
    return PresetError(file, f"columns.{shown}", found, f'one value a cell, or drop = ["{shown}"]')
