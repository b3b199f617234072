"""Tables in JSON: a record a line, a list of records, or pandas' own forms; values keep the types of JSON."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pandas as pd

_PLAIN: dict[str, Any] = {"convert_axes": False, "dtype": False, "precise_float": True}
if tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1):
    # would make dates of the numbers in a column called `modified`; later ones do nothing of the kind
    _PLAIN["convert_dates"] = False


def json_options(path: Path) -> dict[str, Any]:
    """Return what `pandas.read_json` is told of a file, by its beginning; raise `ValueError` where it is no table."""
    openers: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    with openers.get(path.suffix, open)(path, "rt", encoding="utf-8-sig") as lines:
        first = next((line for line in lines if line.strip()), "")
        more = any(line.strip() for line in lines)
    try:
        begun = json.loads(first)
    except ValueError:
        begun = None
    if isinstance(begun, dict) and (more or not _is_of_columns(begun)):
        return {"lines": True, **_PLAIN}
    if first.lstrip().startswith("["):
        return {"orient": "records", **_PLAIN}
    return {"orient": "split" if isinstance(begun, dict) and "data" in begun else "columns", **_PLAIN}


def _is_of_columns(document: dict[str, Any]) -> bool:
    """Tell whether one document holds a whole table, column by column or split."""
    return all(isinstance(value, dict | list) for value in document.values())


def read_json(path: Path) -> pd.DataFrame:
    """Return the table in a JSON file; raise `ValueError` where it holds none."""
    try:
        frame = pd.read_json(path, **json_options(path))
        held = [name for name in frame.columns if any(isinstance(value, list) for value in frame[name])]
        if len(frame) == 1 and held:
            raise ValueError(f"its rows stand under {held[0]!r}, which alone would be one")
        return frame
    except ValueError as error:
        raise ValueError(f"no table in JSON, such as a record a line or a list of records: {error}") from None
