"""What columns hold that may be meant otherwise than it was read: a line each, with the key that changes it.

Whatever the kinds of columns (`kinds`) were guessed to be, a person who looks at the values may see more in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..text import clean
from .columns import quoted
from .dates import may_be_dates
from .numerals import marked, number

_MANY = 10
"""Different numbers from which on a column is hardly one of categories."""

_LOOKED_AT = 1000
"""Different texts of which none is a number: then the others are not looked at."""

_SPAN = re.compile(
    r"(\d+ ?(d|days?|h|hrs?|hours?|m|min|mins|minutes?|s|secs?|seconds?)\b\.?[ ,]*)+\d*|\d{2,}:\d{2}(:\d{2}(\.\d+)?)?|"
    r"P(T?\d+[YMWDHS])+|\d+ days? [\d:.]+",
    re.IGNORECASE | re.ASCII,
)
_RANGE = re.compile(r"[\d.,]+ ?(-|–|to|\.\.) ?[\d.,]+|[<>≤≥~] ?=? ?[\d.,]+|[\d.,]+ ?\+", re.ASCII)


def in_category(name: str, texts: Sequence[str], counts: Mapping[str, int]) -> list[str]:
    """Return what may be meant otherwise in a column that was taken as one of categories: one line, or none.

    `texts` are its different values; `counts` says in how many rows each stands.
    """
    rows, key = sum(counts[text] for text in texts), quoted(name)
    out = f"drop = [{key}] leaves it out"
    found = _otherwise(key, texts, counts, rows) or _alike(texts, counts)
    if not found and len(texts) == rows > 20:
        found = f"all different; {out}"
    elif not found and len(texts) > 0.5 * rows > 10:
        found = f"{len(texts)} different texts in {rows} rows, taken as categories; {out}"
    return [f"{clean(name, 40)}: {found}"] if found else []


def _otherwise(key: str, texts: Sequence[str], counts: Mapping[str, int], rows: int) -> str:
    """Return what else most of the values look like: dates, spans of time, ranges, numbers among other things."""
    of = "taken as categories, without an order"
    if form := may_be_dates(texts):
        return f"{_like(texts[0])} looks like a date, {of}; [columns] {key} = {form} reads it as one"
    if all(_SPAN.fullmatch(text) for text in texts):
        return f"{_like(texts[0])} looks like a span of time, {of}; write them as numbers, say of minutes"
    if len(texts) > _LOOKED_AT and not any(map(marked, texts[:_LOOKED_AT])):
        return ""
    numbers = {text: part.mark for text in texts if (part := marked(text)) and _is_number(part.number)}
    ranges = [text for text in texts if _RANGE.fullmatch(text)]
    if len(ranges) > 1 and len({*ranges, *numbers}) == len(texts):
        return f'{_like(ranges[0])} looks like a range, {of}; [columns] {key} = ["…"] lists them in their order'
    if len(numbers) == len(texts):
        different = ", ".join(map(_like, {mark: text for text, mark in numbers.items()}.values()))
        return f"numbers with different marks ({clean(different, 60)}), {of}; write them in one unit"
    known = sum(counts[text] for text in numbers)
    if len(numbers) > _MANY and known >= 0.5 * rows:
        odd = ", ".join(map(_like, [text for text in texts if text not in numbers][:3]))
        return f"{known} of {rows} are numbers, others {odd}: {of}; data.missing can list what says nothing"
    return ""


def _is_number(text: str) -> bool:
    return number(text, ".") is not None or number(text, ",") is not None


def _alike(texts: Sequence[str], counts: Mapping[str, int]) -> str:
    """Return which values differ in capitals or inner blanks alone."""
    by_letters: dict[str, list[str]] = {}
    for text in texts:
        by_letters.setdefault(" ".join(text.casefold().split()), []).append(text)
    groups = [sorted(group, key=lambda text: -counts[text]) for group in by_letters.values() if len(group) > 1]
    if not groups:
        return ""
    shown = "; ".join(" and ".join(map(_like, group[:3])) for group in groups[:2]) + ("; …" if len(groups) > 2 else "")
    return f"categories that differ in capital letters or blanks alone: {shown}; write each in one way"


def _like(text: str) -> str:
    return clean(repr(text), 24)


def in_numbers(name: str, series: Any) -> list[str]:
    """Return what whole numbers may be besides numbers: days such as 20240131."""
    if series.dtype.kind not in "iu" or not len(series):
        return []
    low, high = int(series.min()), int(series.max())
    if not (19000101 <= low < high <= 21001231):
        return []
    try:
        pd.to_datetime(pd.Series(np.unique(series)).astype("str"), format="%Y%m%d")
    except ValueError:
        return []
    kind = f'[columns] {quoted(name)} = "%Y%m%d" reads it as one'
    return [f"{clean(name, 40)}: {low} looks like a date, taken as a number; {kind}"]
