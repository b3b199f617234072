"""What columns hold that may be meant otherwise than it was read: a line each, with the key that changes it.

Whatever the kinds of columns (`kinds`) were guessed to be, a person who looks at the values may see more in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ..preset.columns import quoted
from ..text import clean
from .dates import may_be_dates
from .numerals import NUMBER, marked, number
from .rough_numbers import like_rough

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
    rows, key = sum(map(counts.__getitem__, texts)), quoted(name)
    out = f"drop = [{key}] leaves it out"
    found = _otherwise(key, texts, counts, rows) or _alike(texts, counts)
    if len(texts) == 1 and rows > 1:
        found = f"one value in all rows that have one; {out}"
    elif not found and len(texts) == rows > 20:
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
        return f'{_like(texts[0])} looks like a span of time, {of}; [columns] {key} = "span" reads it as seconds'
    if value := like_rough(texts):
        return f'{_like(texts[0])} may be the number {value}, {of}; [columns] {key} = "number" reads it as one'
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
    letters = [" ".join(words) for words in map(str.split, map(str.casefold, texts))]
    if len(set(letters)) == len(texts):
        return ""
    by_letters: dict[str, list[str]] = {}
    for text, same in zip(texts, letters, strict=True):
        by_letters.setdefault(same, []).append(text)
    groups = [sorted(group, key=lambda text: -counts[text]) for group in by_letters.values() if len(group) > 1]
    if not groups:
        return ""
    shown = "; ".join(" and ".join(map(_like, group[:3])) for group in groups[:2]) + ("; …" if len(groups) > 2 else "")
    return f"categories that differ in capital letters or blanks alone: {shown}; write each in one way"


def _like(text: str) -> str:
    return clean(repr(text), 24)


def in_numbers(name: str, series: Any) -> list[str]:
    """Return what plain numbers may be besides: days, codes, names of rows, a word for no value."""
    values, shown, key = series.to_numpy(), clean(name, 40), quoted(name)
    if not len(values):
        return []
    if len(values) > 1 and (values[:100] == values[0]).all() and (values == values[0]).all():
        return [f"{shown}: one value in all rows; drop = [{key}] leaves it out"]
    low, high = np.fmin.reduce(values), np.fmax.reduce(values)  # NaN where all are
    if found := next((told for end in (low, high) if (told := _stands_for_none(values, end))), ""):
        return [f"{shown}: {found}"]
    if series.dtype.kind not in "iu":
        return []
    if max(abs(int(low)), abs(int(high))) > 2**53:
        return [f'{shown}: {high} is rounded as a number; [columns] {key} = "category" keeps all its digits']
    if low >= 19000101 and high <= 21001231 and _are_days(series):
        return [f'{shown}: {low} looks like a date, taken as a number; [columns] {key} = "%Y%m%d" reads it as one']
    if low >= 20000 and high <= 60000 and _DATED.search(name):
        return [f"{shown}: {low} looks like a date as Excel counts days, taken as a number; export it as 2024-01-31"]
    if names_rows(name, series):
        return [f"{shown}: all different, as if it named the rows, taken as a number; drop = [{key}] leaves it out"]
    return []


def names_rows(name: str, series: Any) -> bool:
    """Tell whether whole numbers are all different, in a column that is called an id."""
    called = _ID.search(name) is not None
    return called and series.dtype.kind in "iu" and len(series) > 20 and bool(series.is_unique)


_ID = re.compile(r"(^|[_ .-])(id|uuid|guid)$|[a-z]I[dD]$", re.IGNORECASE | re.ASCII)


def _stands_for_none(values: Any, end: Any) -> str:
    """Return what to say of the least or greatest number where it stands in several rows, far from all others."""
    nines = abs(end) >= 99 and abs(end) < 1e7 and set(f"{abs(end):g}") == {"9"}
    if not nines and end != -1:
        return ""
    others = values[(values != end) & ~np.isnan(values)] if values.dtype.kind == "f" else values[values != end]
    count = len(values) - len(others) - (int(np.isnan(values).sum()) if values.dtype.kind == "f" else 0)
    if count < 2 or len(others) < 2 or len(np.unique(others[:1000])) <= _MANY:
        return ""
    low, high = others.min(), others.max()
    far = low >= 0 if end == -1 else (low - end if end < 0 else end - high) > 2 * max(high - low, abs(high))
    if not far:
        return ""
    return f'{end:g} in {count} rows, far from all others; missing = ["{end:g}"] takes it as no value'


_FRACTION = re.compile(r"[+-]?\d+\.\d+")
_CODE = re.compile(r"0\d+|\+\d{7,}")
"""Digits that are no number's: zeros in front, a telephone's."""

_DATED = re.compile(r"date|day|datum|fecha|tag\b|_at$|_on$", re.IGNORECASE)

_TOTALS = {
    "total",
    "totals",
    "grand total",
    "sum",
    "subtotal",
    "average",
    "mean",
    "summe",
    "gesamt",
    "mittelwert",
    "totale",
}


def _are_days(series: Any) -> bool:
    try:
        pd.to_datetime(pd.Series(np.unique(series)).astype("str"), format="%Y%m%d")
    except ValueError:
        return False
    return True


def in_lines(
    records: Sequence[Sequence[str]], frame: Any, file: str, likely: Mapping[str, tuple[Any, str]], *, named: bool
) -> list[str]:
    """Return what a file's header, its first lines and its last row may be besides what they are read as.

    `records` are the first lines' values as written, the header's among them unless the columns are `named` otherwise;
    `frame` is the table that was read; `likely` are keys that seem to be meant, with the reasons.
    """
    if len(records) < 2:
        return []
    notes = [
        f"{clean(file, 60)}: {why}; data.{key} = {json.dumps(to)} {_KEYS[key]}" for key, (to, why) in likely.items()
    ]
    header = [] if named else [name.strip() for name in records[0]]
    if twice := [name for place, name in enumerate(header) if name and name in header[:place]]:
        one = clean(twice[0], 40)
        notes.append(f"{len(twice) + 1} columns have the name {one}: the second is {one}.1; data.drop leaves it out")
    for at, name in enumerate(frame.columns):
        written = [record[at].strip() for record in records[not named :] if at < len(record)]
        if frame[name].dtype.kind in "iu" and (codes := [one for one in written if _CODE.fullmatch(one)]):
            notes.append(
                f"{clean(name, 40)}: {codes[0]} is read as {int(codes[0])}; [columns] can say that it is a category"
            )
    return notes


_KEYS = {"header": "takes it as a row", "footer": "leaves it out"}


def with_totals(frame: Any) -> str:
    """Return what a last row holds that sums up the others, "" where nothing says so."""
    last = [str(value).strip() for value in frame.iloc[-1] if isinstance(value, str)]
    totals = [value for value in last if value.casefold().strip(":") in _TOTALS]
    return f"its last row holds {_like(totals[0])}, as if it summed up the others" if totals else ""


def without_header(names: Sequence[str], frame: Any) -> str:
    """Return what a header holds that are values like those below it, "" where they are names.

    They are values where one is a fraction, and where all are numbers above numbers, or texts of their own columns:
    but for numbers that go on one by one, as years do, and pandas' own names.
    """
    plain = [name.strip() for name in names]
    shown = f"its first line holds {', '.join(clean(name, 20) for name in plain[:3])}, as if it were values"
    if any(_FRACTION.fullmatch(name) for name in plain):
        return shown
    whole = [int(name) for name in plain if re.fullmatch(r"[+-]?\d{1,15}", name)]
    steps = {after - before for before, after in pairwise(whole)}
    years = all(1000 <= one < 3000 for one in whole) and min(steps, default=1) > 0
    if len(plain) < 2 or not whole or years or steps == {1}:
        return ""
    return shown if all(_is_value(name, frame.iloc[:, at]) for at, name in enumerate(plain)) else ""


def _is_value(name: str, column: Any) -> bool:
    if column.dtype.kind in "iuf":
        return bool(NUMBER.fullmatch(name))
    texts = column.dropna().astype("str").str.strip()
    apart = len(texts) > 20 and texts.nunique() > 0.5 * len(texts)
    return name in set(texts) or (apart and not name.isidentifier())
