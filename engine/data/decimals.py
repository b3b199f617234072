"""What marks decimals in a table, seen from all its columns."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from .numerals import THOUSANDS, parts_thousands, with_comma
from .readings import PANDAS_MISSING


def decimal_of(frame: pd.DataFrame, told: Collection[str], separator: str) -> str | None:
    """Return the comma where a file's columns prove that it marks decimals, None where nothing says so.

    Columns whose kind is `told` prove nothing; `separator` is the file's.
    """
    for name, dtype in frame.dtypes.items():
        if dtype.kind not in "OTU" or name in told:
            continue
        if not all(map(with_comma, _different(frame[name][:1000]))):
            continue  # most columns are something else, as some of their rows tell
        texts = _different(frame[name])
        commas = [text for text in texts if "," in text]
        if not all(map(with_comma, texts)):
            continue
        if any(map(parts_thousands, texts)):
            return ","
        if not commas:
            continue
        if separator != "," or not all(THOUSANDS.fullmatch(t) and not t.startswith("0,") for t in commas):
            return ","
    return None


def _different(series: Any) -> list[str]:
    """Return the different texts of a column that are values, of very many the first ones."""
    try:
        texts = [str(text).strip() for text in series.dropna().unique()[:2000]]
    except TypeError:
        return []  # of what stands in its cells, the column's own reading tells
    return [text for text in texts if text not in PANDAS_MISSING]
